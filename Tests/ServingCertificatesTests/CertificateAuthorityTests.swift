import FoundationEssentials
import RealComponents
import ServingCertificates
import Testing
import X509

@Suite("The authority of xDS")
struct CertificateAuthorityTests {
  private let year: TimeInterval = 365 * 86_400

  @Test("clients believe its certificates under each name, and under no other")
  func names() async throws {
    let authority = try CertificateAuthority(validity: testStart..<(testStart + year))
    let issued = try authority.issue(for: testNames, validity: testStart..<(testStart + 86_400)).certificate
    for host in [
      "kgateway.kgateway-system.svc", "kgateway.kgateway-system.svc.cluster.local", "kgateway.kgateway-system",
    ] {
      #expect(await isBelieved(issued, by: [authority.certificate], at: testStart + 60, as: host))
    }
    #expect(await !isBelieved(issued, by: [authority.certificate], at: testStart + 60, as: "localhost"))
    #expect(await !isBelieved(issued, by: [authority.certificate], at: testStart + 90_000))
    let other = try CertificateAuthority(validity: testStart..<(testStart + year))
    #expect(await !isBelieved(issued, by: [other.certificate], at: testStart + 60))
  }

  @Test("an authority may sign servers' certificates only, and a certificate may be a server's only")
  func usage() throws {
    let authority = try CertificateAuthority(validity: testStart..<(testStart + year))
    let issued = try authority.issue(for: testNames, validity: testStart..<(testStart + 86_400)).certificate
    #expect(
      try authority.certificate.extensions.basicConstraints == .isCertificateAuthority(maxPathLength: 0))
    #expect(try authority.certificate.extensions.keyUsage == KeyUsage(keyCertSign: true, cRLSign: true))
    #expect(try issued.extensions.basicConstraints == .notCertificateAuthority)
    #expect(try issued.extensions.keyUsage == KeyUsage(digitalSignature: true))
    #expect(try issued.extensions.extendedKeyUsage == ExtendedKeyUsage([.serverAuth]))
    #expect(issued.serialNumber.bytes.count >= 16)
    #expect(
      try authority.issue(for: testNames, validity: testStart..<(testStart + 86_400)).certificate.serialNumber
        != issued.serialNumber)
  }

  @Test("nothing that it signs outlives it")
  func outlives() throws {
    let authority = try CertificateAuthority(validity: testStart..<(testStart + 1_000))
    let issued = try authority.issue(for: testNames, validity: (testStart - 100)..<(testStart + 2_000)).certificate
    #expect(issued.notValidBefore == testStart)
    #expect(issued.notValidAfter == testStart + 1_000)
  }

  @Test("OpenSSL believes what is written, and the key is the certificate's")
  func openSSL() async throws {
    let now = Date.now
    let rotation = CertificateRotation(names: testNames)
    let material = try #require(try rotation.step(CertificateMaterial(), now: now).material)
    try await withTemporaryFolder { folder in
      for (name, bytes) in try fields(of: material) {
        try folder.write(String(decoding: bytes, as: UTF8.self), to: name)
      }
      try await outputOfCommand(
        "openssl",
        [
          "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "kgateway.kgateway-system.svc",
          "-CAfile", folder.path("ca.crt"), folder.path("tls.crt"),
        ])
      let ofCertificate = try await outputOfCommand(
        "openssl", ["x509", "-in", folder.path("tls.crt"), "-noout", "-pubkey"])
      let ofKey = try await outputOfCommand("openssl", ["pkey", "-in", folder.path("tls.key"), "-pubout"])
      #expect(ofCertificate == ofKey)
    }
  }

  @Test(
    "the names of a host are those of its Service, or the host alone",
    arguments: [
      ("kgateway.ns.svc", ["kgateway.ns.svc", "kgateway.ns.svc.cluster.local", "kgateway.ns"]),
      ("KGateway.ns.svc.cluster.local", ["kgateway.ns.svc.cluster.local", "kgateway.ns.svc", "kgateway.ns"]),
      ("xds.example.com", ["xds.example.com"]), ("a.b.svc.example.com", ["a.b.svc.example.com"]),
      ("localhost", ["localhost"]), ("10.1.2.3", []), ("fd00::1", []),
    ])
  func hosts(host: String, names: [String]) {
    #expect(ServerNames(host: host).dns == names)
    #expect(ServerNames(host: host).addresses.isEmpty == !names.isEmpty)
  }
}
