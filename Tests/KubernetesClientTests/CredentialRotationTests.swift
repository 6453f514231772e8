import APIServerDouble
import JSON
import KubernetesAPI
import KubernetesClient
import RealComponents
import Testing

@Suite("Credentials that are replaced under way", .timeLimit(.minutes(1)))
struct CredentialRotationTests {
  /// The requests that the client makes, each with its way of making them.
  enum Call: CaseIterable {
    case request, list, watch

    func make(_ client: KubernetesClient) async throws {
      switch self {
      case .request: try await client.delete(Note.resource, NamespacedName(namespace: "demo", name: "a"))
      case .list: _ = try await client.list(Note.resource) { _ in }
      case .watch:
        try await client.watch(
          Note.resource, from: "5", timeout: .seconds(60), idleTimeout: .seconds(60)
        ) { _ in }
      }
    }

    var success: ScriptedTransport.Answer {
      switch self {
      case .request: .ok("{}")
      case .list: .ok(Note.list([], at: 5))
      case .watch: .ok(Note.bookmark(at: 6))
      }
    }
  }

  func tokens(_ transport: ScriptedTransport) -> [String] {
    transport.requests.compactMap { request in request.headers.first { $0.name == "Authorization" }?.value }
  }

  @Test("a 401 is answered by reading the token again, and by one more try", arguments: Call.allCases)
  func token(call: Call) async throws {
    try await withTemporaryFolder { folder in
      let path = try folder.write("old\n", to: "token")
      let transport = ScriptedTransport([.status(401, "Unauthorized"), call.success]) {
        _ = try? folder.write("new\n", to: "token")
      }
      let client = KubernetesClient(requests: transport, streams: transport, authorization: .tokenFile(path))
      try await call.make(client)
      #expect(tokens(transport) == ["Bearer old", "Bearer new"])
    }
  }

  @Test("a second 401 is the answer", arguments: Call.allCases)
  func twice(call: Call) async throws {
    try await withTemporaryFolder { folder in
      let path = try folder.write("old", to: "token")
      let refused = ScriptedTransport.Answer.status(401, "Unauthorized")
      let transport = ScriptedTransport([refused, refused])
      let client = KubernetesClient(requests: transport, streams: transport, authorization: .tokenFile(path))
      let error = await #expect(throws: KubernetesError.self) { try await call.make(client) }
      guard case .status(let status, _)? = error else { return }
      #expect(status.code == 401)
      #expect(transport.requests.count == 2)
    }
  }

  @Test("a token that stands in the kubeconfig itself is not tried twice", arguments: Call.allCases)
  func fixed(call: Call) async throws {
    let transport = ScriptedTransport([.status(401, "Unauthorized")])
    let client = KubernetesClient(requests: transport, streams: transport, authorization: .token("fixed"))
    await #expect(throws: KubernetesError.self) { try await call.make(client) }
    #expect(transport.requests.count == 1)
  }

  @Test("a client certificate that was replaced is used from the next exchange on, over a new connection")
  func certificate() async throws {
    var configuration = APIServerDouble.Configuration()
    configuration.requiresCredentials = true
    configuration.tls = .test
    try await APIServerDouble.withRunning(configuration) { server in
      try await withTemporaryFolder { folder in
        let files = TLSSettings.Files(
          certificateAuthority: try folder.write(TestCertificates.authority, to: "ca.crt"),
          clientCertificate: try folder.write(TestCertificates.client, to: "client.crt"),
          clientKey: try folder.write(TestCertificates.clientKey, to: "client.key"))
        let client = try KubernetesClient(
          ClusterAccess(
            server: try #require(ServerAddress(await server.url)),
            tls: TLSSettings(
              clientIdentity: TLSSettings.ClientIdentity(certificate: [], key: []), files: files)),
          userAgent: "kgateway/test")
        let namespaces = APIResource(.namespace)
        func list() async throws { _ = try await client.list(namespaces) { _ in } }
        func get() async throws {
          _ = try await client.get(namespaces, NamespacedName(namespace: "", name: "default")) {
            reader throws(JSONError) in try Note(from: &reader)
          }
        }
        for ask in [list, get] { try await ask() }
        // The server's own pair, which no client may show; then one that nobody can.
        _ = try folder.write(TestCertificates.server, to: "client.crt")
        _ = try folder.write(TestCertificates.serverKey, to: "client.key")
        for ask in [list, get] { await #expect(throws: TransportError.self) { try await ask() } }
        _ = try folder.write("nonsense", to: "client.crt")
        for ask in [list, get] {
          let error = await #expect(throws: TransportError.self) { try await ask() }
          #expect(error?.reason == .tls)
        }
        _ = try folder.write(TestCertificates.client, to: "client.crt")
        _ = try folder.write(TestCertificates.clientKey, to: "client.key")
        for ask in [list, get] { try await ask() }
        await client.shutdown()
      }
    }
  }

  @Test("a file of credentials that is gone is an error that names it")
  func missing() async throws {
    let client = try KubernetesClient(
      ClusterAccess(
        server: try #require(ServerAddress("https://127.0.0.1:1")),
        tls: TLSSettings(files: TLSSettings.Files(certificateAuthority: "/nowhere/ca.crt"))),
      userAgent: "kgateway/test")
    let error = await #expect(throws: CredentialsError.self) {
      try await client.delete(Note.resource, NamespacedName(namespace: "demo", name: "a"))
    }
    #expect(error?.source == "/nowhere/ca.crt")
    await client.shutdown()
  }
}
