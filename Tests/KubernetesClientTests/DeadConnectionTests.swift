import APIServerDouble
import KubernetesClient
import NetworkLink
import RealComponents
import Testing

/// Connections that are dead without having said so.
@Suite("The transport on libcurl, when a network comes back without its connections", .timeLimit(.minutes(1)))
struct DeadConnectionTests {
  @Test(
    "requests after one that got no answer go over a new connection",
    arguments: [CurlTransport.Configuration.HTTPVersion.negotiated, .http1])
  func recovers(version: CurlTransport.Configuration.HTTPVersion) async throws {
    var configuration = APIServerDouble.Configuration()
    configuration.tls = .test
    try await APIServerDouble.withRunning(configuration) { server in
      try await NetworkLink.withRunning(to: server.port, from: "127.0.0.11") { link in
        let transport = try CurlTransport(
          CurlTransport.Configuration(
            server: try #require(ServerAddress("https://127.0.0.1:\(link.port)")),
            tls: TLSSettings(certificateAuthority: Array(TestCertificates.authority.utf8)), userAgent: "kgateway/test",
            version: version, maximumConnections: 8))
        func status(within limit: Duration) async throws -> Int {
          let request = HTTPRequest(
            .get, path: "/api/v1/namespaces", headers: [HTTPRequest.Field("Authorization", "Bearer administrator")],
            timeouts: HTTPRequest.Timeouts(total: limit))
          return try await transport.perform(request) { head, body in
            while try await body.next() != nil {}
            return head.status
          }
        }
        #expect(try await status(within: .seconds(10)) == 200)
        await link.cut(.swallowed)
        await #expect(throws: TransportError.self) { try await status(within: .milliseconds(300)) }
        try await link.restore(.silence)
        for _ in 0..<3 { #expect(try await status(within: .seconds(3)) == 200) }
        await transport.shutdown()
      }
    }
  }
}
