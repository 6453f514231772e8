import FoundationEssentials
import NIOSSL
import ServingCertificates
import SwiftASN1
import X509

/// A certificate for 127.0.0.1, as the operator makes its own.
enum BenchmarkCertificate {
  static func serverConfiguration() throws -> TLSConfiguration {
    let validity = Date.now..<(Date.now + 86_400)
    let authority = try CertificateAuthority(validity: validity)
    let issued = try authority.issue(for: ServerNames(host: "127.0.0.1"), validity: validity)
    let certificate = try issued.certificate.serializeAsPEM().pemString
    let key = try issued.key.serializeAsPEM().pemString
    return .makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)).map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)))
  }
}
