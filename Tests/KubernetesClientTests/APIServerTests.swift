import APIServerDouble
import JSON
import KubernetesAPI
import KubernetesClient
import RealComponents
import Testing

@Suite("The client and the reflector, against an API server", .timeLimit(.minutes(2)))
struct APIServerTests {
  let gateways = APIResource(.gateway)
  let id = NamespacedName(namespace: "default", name: "a")

  /// Runs a server, and a client with the credentials of a kubeconfig for it.
  func withServer(
    _ configure: (inout APIServerDouble.Configuration) -> Void = { _ in },
    _ body: (APIServerDouble, KubernetesClient) async throws -> Void
  ) async throws {
    var configuration = APIServerDouble.Configuration()
    configure(&configuration)
    try await withTemporaryFolder { folder in
      try await APIServerDouble.withRunning(configuration) { server in
        try await server.writeKubeconfig(to: folder.path("config"))
        let access = try ClusterAccess.find(kubeconfig: folder.path("config"), environment: [:])
        let client = try KubernetesClient(access, userAgent: "kgateway/test")
        do {
          try await body(server, client)
        } catch {
          await client.shutdown()
          throw error
        }
        await client.shutdown()
      }
    }
  }

  // MARK: The reflector

  @Test("a mirror follows what is there, what comes, what changes and what goes")
  func follows() async throws {
    try await withServer { server, client in
      try await server.putGateway("a", port: 80)
      try await server.putGateway("b", port: 81)
      try await GatewayMirror.reflecting(client) { mirror in
        try await mirror.shows(["a": 80, "b": 81])
        try await server.putGateway("c", port: 82)
        try await server.putGateway("a", port: 8080)
        try await server.deleteGateway("b")
        try await mirror.shows(["a": 8080, "c": 82])
        #expect(mirror.state.syncs == 1)
        #expect(mirror.state.restarts.isEmpty)
        let request = try #require(await server.requests.first)
        #expect(request.userAgent == "kgateway/test")
      }
    }
  }

  @Test("a long list comes in pages")
  func pages() async throws {
    try await withServer {
      $0.streamedLists = .refused
    } _: { server, client in
      let ports = Dictionary(uniqueKeysWithValues: (1...25).map { ("gateway-\($0)", $0) })
      for (name, port) in ports { try await server.putGateway(name, port: port) }
      try await GatewayMirror.reflecting(client, pageSize: 10) { mirror in
        try await mirror.shows(ports)
        let lists = await server.requests.filter { !$0.isWatch && !$0.isStreamedList }
        #expect(lists.map { $0[query: "limit"] } == ["10", "10", "10"])
        #expect(lists.map { $0[query: "continue"] == nil } == [true, false, false])
      }
    }
  }

  /// Ways in which a server leaves its clients.
  enum Loss: CaseIterable {
    case watchesEnd, connectionsBreak, historyIsForgotten, serverGoesAndComes, serverLosesHistory

    func befall(_ server: APIServerDouble) async throws {
      switch self {
      case .watchesEnd: await server.dropWatches()
      case .connectionsBreak: await server.dropConnections()
      case .historyIsForgotten:
        await server.forgetHistory()
        await server.dropWatches()
      case .serverGoesAndComes:
        await server.goAway()
        try await server.comeBack()
      case .serverLosesHistory: try await server.restartWithHistoryLost()
      }
    }
  }

  /// Waits for the watch that comes after the list, which may be a watch as well.
  private static func isWatched(_ server: APIServerDouble) async throws {
    try await eventually("the watch is open") {
      guard await server.watchCount == 1 else { return false }
      return await server.requests.contains { $0.isWatch && !$0.isStreamedList }
    }
  }

  @Test("a mirror comes right again, and hears of nothing twice", arguments: Loss.allCases)
  func recovers(from loss: Loss) async throws {
    try await withServer { server, client in
      try await server.putGateway("a", port: 80)
      try await server.putGateway("b", port: 81)
      try await GatewayMirror.reflecting(client) { mirror in
        try await mirror.shows(["a": 80, "b": 81])
        try await Self.isWatched(server)
        try await loss.befall(server)
        try await server.putGateway("a", port: 8080)
        try await server.deleteGateway("b")
        try await mirror.shows(["a": 8080])
        #expect(mirror.state.upserts == 3)
        #expect(mirror.state.syncs == 1)
        // A watch that ends in an orderly way may bring what was written before its end.
        try await eventually("the watch begins anew") { !mirror.state.restarts.isEmpty }
      }
    }
  }

  @Test(
    "a mirror comes right whatever answer its requests get",
    arguments: [
      Failure.status(code: 500, reason: "InternalError"), .status(code: 403, reason: "Forbidden"), .gone, .silence,
      .cutMidObject, .garbage, .brokenEvent, .tooManyRequests(retryAfterSeconds: 0),
    ], [true, false])
  func survives(failure: Failure, inWatch: Bool) async throws {
    // A list that stalls is given up only after a minute, and only a watch has events.
    guard ![.silence, .brokenEvent].contains(failure) || inWatch else { return }
    try await withServer { server, client in
      try await server.putGateway("a", port: 80)
      await server.inject(failure, into: inWatch ? .watches : .lists, times: 2)
      try await GatewayMirror.reflecting(client, silence: .milliseconds(200)) { mirror in
        try await mirror.shows(["a": 80])
        try await server.putGateway("b", port: 81)
        try await mirror.shows(["a": 80, "b": 81])
        #expect(!mirror.state.restarts.isEmpty)
        #expect(mirror.state.upserts == 2)
      }
    }
  }

  @Test("a kind whose definition is not installed is absent, and picked up when it is")
  func absent() async throws {
    try await withServer {
      $0.absentGroups = ["gateway.networking.k8s.io"]
    } _: { server, client in
      try await GatewayMirror.reflecting(client) { mirror in
        try await eventually("the kind is absent") { mirror.state.isAbsent }
        await server.install(group: "gateway.networking.k8s.io")
        try await server.putGateway("a", port: 80)
        try await mirror.shows(["a": 80])
        try await eventually("the mirror is told that it is whole") { mirror.state.syncs == 1 }
        try await Self.isWatched(server)
        await server.uninstall(group: "gateway.networking.k8s.io")
        try await eventually("the kind is absent again") { mirror.state.isAbsent && mirror.state.ports.isEmpty }
      }
    }
  }

  @Test("a server that is not there yet is waited for")
  func late() async throws {
    try await withServer { server, client in
      try await server.putGateway("a", port: 80)
      await server.goAway()
      try await GatewayMirror.reflecting(client) { mirror in
        try await eventually("attempts have failed") { mirror.state.restarts.count >= 3 }
        #expect(Set(mirror.state.restarts) == [.disconnected])
        try await server.comeBack()
        try await mirror.shows(["a": 80])
      }
    }
  }

  // MARK: Requests

  func gateway(port: Int) -> [UInt8] {
    Array(
      #"{"apiVersion":"gateway.networking.k8s.io/v1","kind":"Gateway","metadata":{"name":"a","namespace":"default"},"#
        .utf8)
      + Array(
        #""spec":{"gatewayClassName":"kgateway","listeners":[{"name":"http","port":\#(port),"protocol":"HTTP"}]}}"#.utf8
      )
  }

  @Test("an apply creates, a second manager conflicts unless it insists, and a status goes its own way")
  func apply() async throws {
    try await withServer { _, client in
      func get() async throws -> Gateway {
        try await client.get(gateways, id) { reader throws(JSONError) in try Gateway(from: &reader) }
      }
      try await client.apply(gateways, id, object: gateway(port: 80), manager: "one")
      #expect(try await get().listeners.map(\.port) == [80])
      let conflict = await #expect(throws: KubernetesError.self) {
        try await client.apply(gateways, id, object: gateway(port: 81), manager: "two", force: false)
      }
      guard case .status(let status, _)? = conflict else { return }
      #expect(status.reason == "Conflict")
      #expect(status.causes.map(\.reason) == ["FieldManagerConflict"])
      try await client.apply(gateways, id, object: gateway(port: 81), manager: "two", force: true)
      let applied = try await get()
      #expect(applied.listeners.map(\.port) == [81])

      let accepted = #"{"type":"Accepted","status":"True","reason":"Accepted","message":"","observedGeneration":1,"#
      let statusOfA =
        #"{"apiVersion":"gateway.networking.k8s.io/v1","kind":"Gateway","metadata":{"name":"a","namespace":"default"},"#
        + #""status":{"conditions":[\#(accepted)"lastTransitionTime":"2026-01-01T00:00:00Z"}]}}"#
      try await client.applyStatus(gateways, id, object: Array(statusOfA.utf8), manager: "kgateway")
      let written = try await get()
      #expect(written.metadata.resourceVersion != applied.metadata.resourceVersion)
      #expect(written.metadata.generation == applied.metadata.generation)
      #expect(written.status.conditions.contains { $0.type == "Accepted" && $0.status == .yes })
    }
  }

  @Test("an object is created once, refused with its field where it is wrong, and deleted")
  func createAndDelete() async throws {
    try await withServer { server, client in
      func code(_ work: () async throws -> Void) async -> Int? {
        let error = await #expect(throws: KubernetesError.self) { try await work() }
        guard case .status(let status, _)? = error else { return nil }
        return status.code
      }
      try await client.create(gateways, id, object: gateway(port: 80))
      #expect(await code { try await client.create(gateways, id, object: gateway(port: 80)) } == 409)
      try await client.delete(gateways, id)
      #expect(await code { try await client.delete(gateways, id) } == 404)
      #expect(await code { try await client.create(gateways, id, object: gateway(port: 99_999)) } == 422)
      #expect(
        await server.object("gateways", group: "gateway.networking.k8s.io", namespace: "default", name: "a") == nil)
    }
  }
}
