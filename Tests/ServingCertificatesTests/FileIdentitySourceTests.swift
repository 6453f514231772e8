import FoundationEssentials
import Glibc
import Logging
import RealComponents
import RecordedLog
import ServingCertificates
import Testing
import X509

@Suite("A certificate in files", .timeLimit(.minutes(1)))
struct FileIdentitySourceTests {
  /// Files as the kubelet mounts a Secret: each a link through `..data`, which is turned around as a whole.
  private struct Mount {
    let folder: TemporaryFolder
    let log = RecordedLog()

    func write(_ fields: [String: [UInt8]], as version: String) throws {
      for (name, bytes) in fields { try folder.write(String(decoding: bytes, as: UTF8.self), to: "\(version)/\(name)") }
      let manager = FileManager.default
      try manager.createSymbolicLink(atPath: folder.path("..tmp"), withDestinationPath: version)
      _ = rename(folder.path("..tmp"), folder.path("..data"))
      for name in fields.keys where !manager.fileExists(atPath: folder.path(name)) {
        try manager.createSymbolicLink(atPath: folder.path(name), withDestinationPath: "..data/\(name)")
      }
    }

    func source(names: ServerNames = testNames) -> FileIdentitySource {
      FileIdentitySource(
        paths: .init(
          certificate: folder.path("tls.crt"), key: folder.path("tls.key"), authorities: folder.path("ca.crt")),
        names: names, interval: .milliseconds(10), logger: log.logger)
    }
  }

  private func material() throws -> CertificateMaterial {
    try #require(
      try CertificateRotation(names: testNames).step(CertificateMaterial(), now: .now).material)
  }

  @Test("a mounted Secret that is replaced is served at once, and a half-written pair is not")
  func replaced() async throws {
    try await withTemporaryFolder { folder in
      let mount = Mount(folder: folder)
      let (first, second) = (try material(), try material())
      try mount.write(try fields(of: first), as: "1")
      let source = mount.source()
      try await source.load()
      try await withThrowingTaskGroup { group in
        group.addTask { await source.run() }
        var identities = source.identities().makeAsyncIterator()
        #expect(try await identities.next()?.identity == identity(of: first))

        var torn = try fields(of: first)
        torn["tls.crt"] = try fields(of: second)["tls.crt"]
        try mount.write(torn, as: "2")
        try await eventually("it is told") {
          mount.log.messages(.warning).contains {
            $0.contains("tls.key is not the key of the certificate in")
              && $0.contains("the last good xDS certificate is served on")
          }
        }
        #expect(source.awaited == nil)

        try mount.write(try fields(of: second), as: "3")
        #expect(try await identities.next()?.identity == identity(of: second))
        #expect(mount.log.messages(.notice).contains("the files of the xDS certificate are in order again"))
        #expect(mount.log.messages(.warning).count == 1)
        group.cancelAll()
      }
    }
  }

  @Test(
    "files with nothing to serve with are told by their path",
    arguments: [
      ("tls.crt", nil, "tls.crt: cannot be read: No such file or directory"), ("tls.key", "x", "has no private key"),
      ("ca.crt", "", "ca.crt has no certificate"),
      ("tls.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "has a private key that cannot be"),
      ("tls.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "the 1. one, that cannot be read"),
    ])
  func unusable(file: String, content: String?, problem: String) async throws {
    try await withTemporaryFolder { folder in
      let mount = Mount(folder: folder)
      var fields = try fields(of: try material())
      fields[file] = content.map { Array($0.utf8) }
      try mount.write(fields, as: "1")
      let error = await #expect(throws: IdentityFault.self) { try await mount.source().load() }
      #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
      #expect(error?.description.contains(folder.path(file)) == true, "\(String(describing: error))")
    }
  }

  @Test("one that no authority has signed, one that ended and one that begins later are refused")
  func refused() async throws {
    let labels = IdentityCheck.Labels(certificate: "tls.crt", key: "tls.key", authorities: "ca.crt")
    let check = IdentityCheck(labels: labels, names: testNames)
    let (first, second) = (try material(), try material())
    var mixed = try identity(of: first)
    mixed.authorities = try identity(of: second).authorities
    for (identity, now, problem) in [
      (mixed, Date.now, "no authority in ca.crt has signed the certificate in tls.crt"),
      (try identity(of: first), Date.now + 91 * 86_400, "the certificate in tls.crt ended at 20"),
      (try identity(of: first), Date.now - 86_400, "the certificate in tls.crt begins at 20"),
    ] {
      let error = await #expect(throws: IdentityFault.self) { try await check.check(identity, now: now) }
      #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
    }
    let checked = try await check.check(try identity(of: first), now: .now)
    #expect(checked.isForServer)
    #expect(checked.end == first.certificate?.notValidAfter)
  }

  @Test("a certificate for other names is served, with a warning")
  func otherNames() async throws {
    try await withTemporaryFolder { folder in
      let mount = Mount(folder: folder)
      try mount.write(try fields(of: try material()), as: "1")
      try await mount.source(names: ServerNames(host: "xds.example.com")).load()
      #expect(mount.log.messages(.warning).count { $0.contains("issue one for xds.example.com") } == 1)
    }
  }
}
