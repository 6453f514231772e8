import APIServerDouble
import FoundationEssentials
import KubernetesAPI
import KubernetesClient
import Testing

@Suite("TLS and HTTP/2, against an API server", .timeLimit(.minutes(1)))
struct TLSTests {
  /// A certificate or a key that was made for these tests.
  static func pem(_ name: String) throws -> [UInt8] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/TLS")
    return Array(try Data(contentsOf: folder.appending(path: "\(name).pem")))
  }

  func withServer(
    certificate: String = "server", _ body: (ServerAddress) async throws -> Void
  ) async throws {
    var configuration = APIServerDouble.Configuration()
    configuration.requiresCredentials = true
    configuration.tls = APIServerDouble.TLS(
      certificateChain: String(decoding: try Self.pem(certificate), as: UTF8.self),
      privateKey: String(decoding: try Self.pem("\(certificate).key"), as: UTF8.self),
      clientAuthority: String(decoding: try Self.pem("authority"), as: UTF8.self))
    try await APIServerDouble.withRunning(configuration) { server in
      try await body(try #require(ServerAddress(await server.url)))
    }
  }

  /// Status and HTTP version of a list of Namespaces.
  func list(
    _ server: ServerAddress, _ tls: TLSSettings, token: String? = "administrator",
    version: CurlTransport.Configuration.HTTPVersion = .negotiated
  ) async throws -> HTTPResponseHead {
    let transport = try CurlTransport(
      CurlTransport.Configuration(server: server, tls: tls, userAgent: "kgateway/test", version: version))
    var request = HTTPRequest(.get, path: "/api/v1/namespaces")
    if let token { request.headers.append(HTTPRequest.Field("Authorization", "Bearer \(token)")) }
    do {
      let head = try await transport.perform(request) { head, body in
        while try await body.next() != nil {}
        return head
      }
      await transport.shutdown()
      return head
    } catch {
      await transport.shutdown()
      throw error
    }
  }

  @Test("HTTP/2 is spoken where it is offered, and HTTP/1.1 where that is wanted")
  func versions() async throws {
    try await withServer { server in
      let tls = TLSSettings(certificateAuthority: try Self.pem("authority"))
      let two = try await list(server, tls)
      #expect(two.status == 200)
      #expect(two.version == "2")
      #expect(try await list(server, tls, version: .http1).version == "1.1")
    }
  }

  @Test("many requests at once share one HTTP/2 connection")
  func multiplexing() async throws {
    try await withServer { server in
      let transport = try CurlTransport(
        CurlTransport.Configuration(
          server: server, tls: TLSSettings(certificateAuthority: try Self.pem("authority")), userAgent: "kgateway/test",
          maximumConnections: 1))
      let request = HTTPRequest(
        .get, path: "/api/v1/namespaces",
        headers: [HTTPRequest.Field("Authorization", "Bearer administrator")])
      let requests = (0..<30).map { _ in
        Task {
          try await transport.perform(request) { head, body in
            while try await body.next() != nil {}
            return head
          }
        }
      }
      for request in requests {
        let head = try await request.value
        #expect(head.status == 200)
        #expect(head.version == "2")
      }
      await transport.shutdown()
    }
  }

  @Test("an authority that did not sign the server's certificate does not vouch for it")
  func wrongAuthority() async throws {
    try await withServer { server in
      for tls in [TLSSettings(certificateAuthority: try Self.pem("other")), TLSSettings()] {
        let error = await #expect(throws: TransportError.self) { try await list(server, tls) }
        #expect(error?.reason == .tls)
        #expect(error?.description.contains("\(server): the server's certificate is not trusted") == true)
      }
      #expect(try await list(server, TLSSettings(skipsVerification: true)).status == 200)
    }
  }

  @Test("a certificate for another name is accepted only under that name")
  func serverName() async throws {
    try await withServer(certificate: "named") { server in
      var tls = TLSSettings(certificateAuthority: try Self.pem("authority"))
      let error = await #expect(throws: TransportError.self) { try await list(server, tls) }
      #expect(error?.reason == .tls)
      tls.serverName = "api.double"
      #expect(try await list(server, tls).status == 200)
    }
  }

  @Test("a client certificate says who is asking")
  func clientCertificate() async throws {
    try await withServer { server in
      var tls = TLSSettings(certificateAuthority: try Self.pem("authority"))
      #expect(try await list(server, tls, token: nil).status == 403)
      #expect(try await list(server, tls, token: "wrong").status == 401)
      tls.clientIdentity = TLSSettings.ClientIdentity(
        certificate: try Self.pem("client"), key: try Self.pem("client.key"))
      #expect(try await list(server, tls, token: nil).status == 200)
    }
  }

  @Test("a client certificate that cannot be read is told as such, without its key")
  func brokenClientCertificate() async throws {
    try await withServer { server in
      let tls = TLSSettings(
        certificateAuthority: try Self.pem("authority"),
        clientIdentity: TLSSettings.ClientIdentity(certificate: Array("nonsense".utf8), key: Array("s3cret".utf8)))
      let error = await #expect(throws: TransportError.self) { try await list(server, tls) }
      #expect(error?.reason == .tls)
      #expect(error?.description.contains("the client certificate or its key cannot be used") == true)
      #expect(error?.description.contains("s3cret") == false)
      #expect(!"\(tls)".contains("115, 51"))
    }
  }
}
