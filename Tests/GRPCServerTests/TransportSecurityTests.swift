import GRPCServer
import NIOCore
import NIOSSL
import RealComponents
import Testing

@Suite("The server's TLS")
struct TransportSecurityTests {
  @Test("50 open streams go on across a new certificate, and new connections get it")
  func replacement() async throws {
    try await withTemporaryFolder { folder in
      let old = try await TestCertificate.make(in: folder, name: "old")
      let new = try await TestCertificate.make(in: folder, name: "new")
      try await withServer({ $0.tls = old.server }) { server in
        var streams: [RawStream] = []
        for _ in 0..<50 {
          let stream = try await RawHTTP2Client.connect(port: server.port, tls: old.client).openStream()
          try await stream.send(headers: .request("/test.Test/Echo"))
          try await stream.send(.framed("before"))
          streams.append(stream)
        }
        try await eventually("all streams are answered") {
          streams.allSatisfy { $0.log.now.data == .framed("before") }
        }

        try server.server.replaceTLS(new.server)
        try await RawHTTP2Client.connect(port: server.port, tls: new.client).exchange()
        await #expect(throws: (any Error).self) {
          try await RawHTTP2Client.connect(port: server.port, tls: old.client).exchange()
        }
        for stream in streams { try await stream.send(.framed("after")) }
        try await eventually("all streams go on") {
          streams.allSatisfy { $0.log.now.data == .framed("before") + .framed("after") && !$0.log.now.isClosed }
        }
        #expect(server.calls.now.closed == 0)
      }
    }
  }

  @Test("settings that cannot be used change nothing")
  func unusable() async throws {
    try await withTemporaryFolder { folder in
      let certificate = try await TestCertificate.make(in: folder)
      try await withServer({ $0.tls = certificate.server }) { server in
        var broken = certificate.server
        broken.certificateVerification = .noHostnameVerification
        broken.trustRoots = .file(folder.path("missing.pem"))
        #expect(throws: GRPCServerError.self) { try server.server.replaceTLS(broken) }
        try await RawHTTP2Client.connect(port: server.port, tls: certificate.client).exchange()
      }
    }
  }

  @Test("a server that requires TLS takes nobody before it has a certificate")
  func noCertificateYet() async throws {
    try await withTemporaryFolder { folder in
      let certificate = try await TestCertificate.make(in: folder)
      try await withServer({ $0.requiresTLS = true }) { server in
        for tls in [certificate.client, nil] {
          await #expect(throws: (any Error).self) {
            try await RawHTTP2Client.connect(port: server.port, tls: tls).exchange()
          }
        }
        try server.server.replaceTLS(certificate.server)
        try await RawHTTP2Client.connect(port: server.port, tls: certificate.client).exchange()
        await #expect(throws: (any Error).self) { try await RawHTTP2Client.connect(port: server.port).exchange() }
        #expect(server.calls.now.opened == 0)
      }
    }
  }

  @Test("a server of plain text never begins to speak TLS")
  func plainText() async throws {
    try await withTemporaryFolder { folder in
      let certificate = try await TestCertificate.make(in: folder)
      try await withServer { server in
        #expect(throws: GRPCServerError.self) { try server.server.replaceTLS(certificate.server) }
        try await RawHTTP2Client.connect(port: server.port).exchange()
      }
    }
  }

  @Test(
    "TLS 1.2 with forward secrecy and authenticated encryption is the least",
    arguments: [
      (["-tls1_3"], true), (["-tls1_2"], true), (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA@SECLEVEL=0"], false),
      (["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], false),
    ])
  func leastVersion(_ arguments: [String], isTaken: Bool) async throws {
    try await withTemporaryFolder { folder in
      let certificate = try await TestCertificate.make(in: folder)
      try await withServer({ $0.tls = certificate.server }) { server in
        let result = try await runCommand(
          "openssl",
          ["s_client", "-connect", "127.0.0.1:\(server.port)", "-alpn", "h2", "-CAfile", folder.path("cert.pem")]
            + arguments, settings: ProcessSettings(standardInput: ""))
        #expect(result.output.contains("ALPN protocol: h2") == isTaken, "\(result.output)\(result.errorOutput)")
      }
    }
  }
}
