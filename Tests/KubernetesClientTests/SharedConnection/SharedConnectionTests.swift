import APIServerDouble
import KubernetesAPI
import KubernetesClient
import NetworkLink
import RealComponents
import Testing

@Suite("Watches that share a connection", .timeLimit(.minutes(2)))
struct SharedConnectionTests {
  /// Runs a server with HTTP/2, and a client of it; `port` nil goes to the server itself.
  func withServer(
    _ configure: (inout APIServerDouble.Configuration) -> Void = { _ in },
    _ body: (APIServerDouble, KubernetesClient) async throws -> Void
  ) async throws {
    var configuration = APIServerDouble.Configuration()
    configuration.tls = .test
    configure(&configuration)
    try await APIServerDouble.withRunning(configuration) { server in
      try await withClient(port: await server.port) { try await body(server, $0) }
    }
  }

  func withClient(port: Int, _ body: (KubernetesClient) async throws -> Void) async throws {
    let client = try KubernetesClient(
      ClusterAccess(
        server: try #require(ServerAddress("https://127.0.0.1:\(port)")),
        tls: TLSSettings(certificateAuthority: Array(TestCertificates.authority.utf8)),
        authorization: .token("administrator")), userAgent: "kgateway/test")
    do {
      try await body(client)
    } catch {
      await client.shutdown()
      throw error
    }
    await client.shutdown()
  }

  let watches = WatchedKinds.resources.count
  let configMaps = WatchedKinds.resources[2]

  @Test("eleven watches are one connection, whose server sees each of them")
  func one() async throws {
    try await withServer { server, client in
      try await WatchedKinds.reflecting(client) { kinds in
        try await eventually("all watches are open") { await server.watchCount == watches }
        // One for the watches, and what lists leave behind, which libcurl closes when the next exchange begins or ends.
        #expect(await server.connectionCount <= 3)
        try await server.putConfigMap("a", "1")
        try await server.putGateway("b", port: 80)
        for resource in WatchedKinds.resources { try await kinds.shows(server, resource) }
        #expect(kinds.state.restarts.isEmpty)
      }
    }
  }

  @Test("beyond the server's bound on streams, further connections are opened", arguments: [1, 4])
  func bound(streams: Int) async throws {
    try await withServer {
      $0.maximumStreams = streams
    } _: { server, client in
      try await WatchedKinds.reflecting(client) { kinds in
        try await eventually("all watches are open") { await server.watchCount == watches }
        #expect(await server.connectionCount >= (watches + streams - 1) / streams)
        try await server.putConfigMap("a", "1")
        for resource in WatchedKinds.resources { try await kinds.shows(server, resource) }
        #expect(kinds.state.restarts.isEmpty)
      }
    }
  }

  @Test("after GOAWAY, open watches go on, and new ones go elsewhere; nothing is listed anew")
  func goAway() async throws {
    try await withServer { server, client in
      try await WatchedKinds.reflecting(client) { kinds in
        try await eventually("all watches are open") { await server.watchCount == watches }
        // A watch that ends within its first second is not asked for again without a pause.
        let open = ContinuousClock.now
        try await eventually("watches have lasted") { open.duration(to: .now) > .seconds(1) }
        await server.forgetRequests()
        let before = await server.connectionsMade
        await server.sendGoAway()
        try await server.putConfigMap("a", "1")
        try await kinds.shows(server, configMaps)
        #expect(kinds.state.restarts.isEmpty)
        let another = Task {
          try await client.watch(
            APIResource(.gateway), from: "\(server.revision)", timeout: .seconds(60), idleTimeout: .seconds(60)
          ) { _ in }
        }
        try await eventually("one more watch is open") { await server.watchCount == watches + 1 }
        another.cancel()
        #expect(await server.connectionsMade == before + 1)
        await server.dropWatches()
        try await eventually("all watches are open again") { await server.watchCount == watches }
        try await server.putConfigMap("a", "2")
        for resource in WatchedKinds.resources { try await kinds.shows(server, resource) }
        // The double closes the connection with the end of its last stream, and so loses the ends of others.
        let restarts = kinds.state.restarts
        #expect(restarts.count == watches, "\(restarts)")
        #expect(restarts.allSatisfy { [.ended, .disconnected].contains($0.reason) }, "\(restarts)")
        #expect(await server.requests.allSatisfy(\.isWatch))
        #expect(await server.connectionsMade == before + 1)
      }
    }
  }

  @Test("a consumer that is slow costs its own watch only, and gets everything in the end")
  func slowConsumer() async throws {
    try await withServer { server, client in
      try await WatchedKinds.reflecting(client) { kinds in
        try await eventually("all watches are open") { await server.watchCount == watches }
        await server.forgetRequests()
        kinds.hold("ConfigMap", true)
        // Beyond what is held for a slow reader, and what the sockets hold.
        for round in 0..<30 { try await server.putConfigMap("a\(round % 7)", "\(round)", bytes: 500_000) }
        for port in 1...20 {
          try await server.putGateway("b", port: port)
          try await kinds.shows(server, WatchedKinds.resources[6])
        }
        try await eventually("the watch was given up") { await server.watchCount == watches - 1 }
        kinds.hold("ConfigMap", false)
        for resource in WatchedKinds.resources { try await kinds.shows(server, resource) }
        let restarts = kinds.state.restarts
        #expect(!restarts.isEmpty && restarts.allSatisfy { $0.kind == "ConfigMap" && $0.reason == .overrun })
        #expect(await server.requests.allSatisfy(\.isWatch))
        try await eventually("all watches are open again") { await server.watchCount == watches }
      }
    }
  }

  @Test("a connection that is dead without a word is given up for all its watches at once, and not used again")
  func dead() async throws {
    var configuration = APIServerDouble.Configuration()
    configuration.tls = .test
    configuration.bookmarkInterval = .milliseconds(400)
    try await APIServerDouble.withRunning(configuration) { server in
      try await NetworkLink.withRunning(to: server.port, from: "127.0.0.12") { link in
        try await withClient(port: link.port) { client in
          try await WatchedKinds.reflecting(client, silence: .seconds(2)) { kinds in
            try await eventually("all watches are open") { await server.watchCount == watches }
            // A watch that has heard nothing at all would be replaced by a list.
            let open = ContinuousClock.now
            try await eventually("bookmarks have come") { open.duration(to: .now) > configuration.bookmarkInterval * 2 }
            await server.forgetRequests()
            await link.cut(.swallowed)
            try await server.putConfigMap("a", "1")
            // The server's bookmarks get lost.
            try await eventually("the network has lost something") { link.hasTornAll }
            try await link.restore(.silence)
            for resource in WatchedKinds.resources { try await kinds.shows(server, resource) }
            let restarts = kinds.state.restarts
            #expect(restarts.count == watches, "\(restarts)")
            #expect(Set(restarts.map(\.kind)).count == watches)
            #expect(await server.requests.allSatisfy(\.isWatch))
          }
        }
      }
    }
  }

  @Test("what many kinds tell at once over one connection arrives, all of it")
  func crowd() async throws {
    try await withServer { server, client in
      try await WatchedKinds.reflecting(client) { kinds in
        for round in 0..<300 {
          try await server.putConfigMap("a\(round % 11)", "\(round)", bytes: round * 97 % 40_000)
          try await server.putGateway("b\(round % 7)", port: round + 1)
          _ = try await server.put([
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": ["name": .string("c\(round % 5)"), "annotations": ["round": .string("\(round)")]],
          ])
          if round % 13 == 12 { try await server.deleteGateway("b\(round % 7)") }
          if round % 50 == 20 { await server.dropWatches() }
          if round % 100 == 70 { await server.dropConnections() }
        }
        for resource in WatchedKinds.resources { try await kinds.shows(server, resource) }
      }
    }
  }
}
