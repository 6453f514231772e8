import NIOSSL
import RealComponents

/// A certificate for `localhost` that signs itself.
struct TestCertificate {
  /// What a server needs to use it.
  let server: TLSConfiguration
  /// What a client needs that trusts it, and no other.
  let client: TLSConfiguration

  /// Makes one with a key of its own.
  ///
  /// - Parameter name: the certificate is in `NAME.pem` of the folder.
  static func make(in folder: TemporaryFolder, name: String = "cert") async throws -> TestCertificate {
    let (file, keyFile) = (folder.path("\(name).pem"), folder.path("\(name)-key.pem"))
    try await outputOfCommand(
      "openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
        "-keyout", keyFile, "-out", file,
      ])
    let certificates = try NIOSSLCertificate.fromPEMFile(file)
    let key = try NIOSSLPrivateKey(file: keyFile, format: .pem)
    var client = TLSConfiguration.makeClientConfiguration()
    client.trustRoots = .certificates(certificates)
    client.certificateVerification = .noHostnameVerification
    client.applicationProtocols = ["h2"]
    return TestCertificate(
      server: .makeServerConfiguration(
        certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key)),
      client: client)
  }
}
