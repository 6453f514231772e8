import AdminServer
import Logging
import PrometheusMetrics
import RealComponents
import ServiceLifecycle
import Synchronization
import Testing

@Suite("The admin server", .timeLimit(.minutes(1)))
final class AdminServerTests: Sendable {
  private let registry = MetricsRegistry()
  private let awaited = Mutex<[String]>([])
  private let ports = Mutex<AdminServer.Ports?>(nil)

  @Test("metrics are served as Prometheus wants them, as they are at each request")
  func metrics() async throws {
    let counter = registry.counter("requests_total", "Requests.")
    try await withServer { ports in
      let first = try await get(ports.metrics, "/metrics")
      counter.increment(by: 41)
      let second = try await get(ports.metrics, "/metrics")
      #expect(first.status == 200)
      #expect(first.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
      #expect(first.body.hasSuffix("\nrequests_total 0\n"))
      #expect(second.body == registry.exposition())
      #expect(second.body.hasSuffix("\nrequests_total 41\n"))
    }
  }

  @Test("protobuf is answered to who wants it only where native histograms are kept", arguments: [false, true])
  func protobuf(hasNativeHistograms: Bool) async throws {
    let registry = MetricsRegistry(nativeHistograms: hasNativeHistograms)
    registry.histogram("latency", "Latency.", bounds: [1]).observe(0.5)
    let server = AdminServer(
      configuration: .init(
        metricsAddress: ListenAddress(host: "127.0.0.1", port: 0),
        healthAddress: ListenAddress(host: "127.0.0.1", port: 0)),
      registry: registry, readiness: { [] }, onListening: { ports in self.ports.withLock { $0 = ports } },
      logger: .silent)
    try await withThrowingTaskGroup { tasks in
      tasks.addTask { try await server.run() }
      let port = try await listeningPorts().metrics
      let wanted = ExpositionFormat.protobuf.contentType
      let answer = try await get(port, "/metrics", headers: ["Accept": wanted])
      #expect(answer.status == 200)
      #expect(
        answer.headers["Content-Type"]
          == (hasNativeHistograms ? wanted : "text/plain; version=0.0.4; charset=utf-8"))
      let text = try await get(port, "/metrics")
      #expect(text.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
      #expect(text.body == registry.exposition())
      tasks.cancelAll()
    }
  }

  @Test("pages are served where they are asked for, and nowhere else, as they are at each request")
  func pages() async throws {
    let any = ListenAddress(host: "127.0.0.1", port: 0)
    let state = Mutex("Gateway a/b 1\n")
    let server = AdminServer(
      configuration: .init(metricsAddress: any, healthAddress: any, adminAddress: any), registry: registry,
      readiness: { [] }, pages: ["/objects": { state.withLock { $0 } }],
      onListening: { ports in self.ports.withLock { $0 = ports } }, logger: .silent)
    try await withThrowingTaskGroup { tasks in
      tasks.addTask { try await server.run() }
      let ports = try await listeningPorts()
      let admin = try #require(ports.admin)
      #expect(try await get(admin, "/objects").body == "Gateway a/b 1\n")
      state.withLock { $0 = "" }
      let second = try await get(admin, "/objects")
      #expect(second.status == 200)
      #expect(second.body == "")
      for (port, path) in [(admin, "/metrics"), (ports.metrics, "/objects"), (ports.health, "/objects")] {
        #expect(try await get(port, path).status == 404)
      }
      tasks.cancelAll()
    }
  }

  @Test("it is ready when nothing is awaited, and alive before that")
  func health() async throws {
    awaited.withLock { $0 = ["first sync of HTTPRoute", "first snapshots"] }
    try await withServer { ports in
      let before = try await get(ports.health, "/readyz")
      let alive = try await get(ports.health, "/healthz")
      awaited.withLock { $0 = [] }
      let after = try await get(ports.health, "/readyz")
      #expect(before.status == 503)
      #expect(before.body == "waiting for: first sync of HTTPRoute\nwaiting for: first snapshots\n")
      #expect(alive.status == 200)
      #expect(after.status == 200)
      #expect(after.body == "ok\n")
    }
  }

  @Test("each listener has its own paths only, and only GET is answered")
  func otherRequests() async throws {
    try await withServer { ports in
      let health = try await get(ports.metrics, "/healthz")
      let metrics = try await get(ports.health, "/metrics")
      let post = try await get(ports.metrics, "/metrics", method: "POST")
      #expect(health.status == 404)
      #expect(metrics.status == 404)
      #expect(post.status == 405)
      #expect(post.headers["Allow"] == "GET")
    }
  }

  @Test("an address in use is one clear error that names it, and the other listener ends too")
  func addressInUse() async throws {
    try await withServer { ports in
      let second = server(health: ListenAddress(host: "127.0.0.1", port: ports.health))
      let failure = try await #require(throws: ListenFailure.self) { try await second.run() }
      #expect(
        failure.description
          == "cannot listen for health on 127.0.0.1:\(ports.health): another process listens there")
    }
  }

  @Test("a graceful shutdown ends it at once although a client keeps its connection")
  func gracefulShutdown() async throws {
    let group = ServiceGroup(services: [server()], logger: .silent)
    try await withThrowingTaskGroup { tasks in
      tasks.addTask { try await group.run() }
      let ports = try await listeningPorts()
      try await KeptConnection.with(port: ports.metrics) { client in
        #expect(try await client.get("/metrics").status == 200)
        let start = ContinuousClock.now
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
        #expect(Sanitizer.isOn || start.duration(to: .now) < .seconds(1))
      }
    }
  }

  @Test("cancellation ends it at once although a client keeps its connection")
  func cancellation() async throws {
    let server = server()
    try await withThrowingTaskGroup { tasks in
      tasks.addTask { try? await server.run() }
      let ports = try await listeningPorts()
      try await KeptConnection.with(port: ports.health) { client in
        #expect(try await client.get("/healthz").status == 200)
        let start = ContinuousClock.now
        tasks.cancelAll()
        try await tasks.waitForAll()
        #expect(Sanitizer.isOn || start.duration(to: .now) < .seconds(1))
      }
    }
  }
}

extension AdminServerTests {
  private func server(health: ListenAddress = ListenAddress(host: "127.0.0.1", port: 0)) -> AdminServer {
    AdminServer(
      configuration: AdminServer.Configuration(
        metricsAddress: ListenAddress(host: "127.0.0.1", port: 0), healthAddress: health),
      registry: registry,
      readiness: { [self] in awaited.withLock { $0 } },
      onListening: { [self] listening in ports.withLock { $0 = listening } },
      logger: .silent)
  }

  private func listeningPorts() async throws -> AdminServer.Ports {
    try await eventuallyValue("both listeners are there") { ports.withLock { $0 } }
  }

  private func withServer(_ body: (AdminServer.Ports) async throws -> Void) async throws {
    let server = server()
    try await withThrowingTaskGroup { tasks in
      tasks.addTask { try await server.run() }
      try await body(try await listeningPorts())
      tasks.cancelAll()
    }
  }

  private func get(
    _ port: Int, _ path: String, method: String = "GET", headers: [String: String] = [:]
  ) async throws -> KeptConnection.Answer {
    try await KeptConnection.with(port: port) { try await $0.get(path, method: method, headers: headers) }
  }
}

extension Logger {
  fileprivate static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
