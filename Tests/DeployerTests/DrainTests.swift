import Deployer
import JSON
import RealComponents
import Testing
import Translator

/// The `preStop` of a proxy's pod, with the real Envoy as both the one that is drained and the one that drains.
@Suite("The drain of a proxy", .serialized)
struct DrainTests {
  /// A pod whose listener answers by itself.
  private struct Proxy {
    let port: Int
    let admin: Int
    let ready: Int
    let arguments: (proxy: [String], drain: [String])

    init(in folder: TemporaryFolder, drainDuration: String) throws {
      let manifests = Manifests.text(
        parameters: "drainDuration: \(drainDuration)", settings: Manifests.plaintext(xds: 9977))
      let pod = try RenderedPod(try Manifests(manifests).deployment)
      let (port, admin, ready, metrics) = (
        try LoopbackPorts.free(), try LoopbackPorts.free(), try LoopbackPorts.free(), try LoopbackPorts.free()
      )
      self.port = port
      self.admin = admin
      self.ready = ready
      arguments = try pod.mount(
        in: folder, ports: [19000: admin, 9094: ready, 9091: metrics], variables: ["POD_NAME": "web-1"]
      ) { try DrainTests.standalone($0, port: port) }
    }

    /// Starts the proxy, and waits until it serves.
    func run<Result>(_ body: (ChildProcess) async throws -> Result) async throws -> Result {
      try await withProcess(RealComponent.envoy.path(), arguments.proxy) { process in
        try await eventually("the proxy serves", within: .seconds(30)) {
          try await Connection.send(port: port).status == 200
        }
        return try await body(process)
      }
    }

    /// Runs the pod's `preStop` to its end.
    func drain() async throws -> CommandResult {
      try await runCommand(RealComponent.envoy.path(), arguments.drain, deadline: .seconds(60))
    }
  }

  @Test("answers close their connections at once, new connections are served, and the command ends when it is time")
  func closesConnections() async throws {
    try await withTemporaryFolder { folder in
      let proxy = try Proxy(in: folder, drainDuration: "3s")
      try await proxy.run { _ in
        try await Connection.with(port: proxy.port) { kept in
          #expect(try await kept.send().closes == false)
          #expect(try await Connection.send(port: proxy.ready, "GET", "/ready").status == 200)
          let start = ContinuousClock.now
          async let drain = proxy.drain()
          try await eventually("the proxy drains", within: .seconds(20)) {
            try await Connection.send(port: proxy.ready, "GET", "/ready").status == 503
          }
          // One that was open before, and a new one.
          let last = try await kept.send()
          #expect(last.status == 200 && last.closes)
          let new = try await Connection.send(port: proxy.port)
          #expect(new.status == 200 && new.closes)
          let result = try await drain
          let duration = ContinuousClock.now - start
          #expect(result.status == .exited(0), "\(result.errorOutput)")
          #expect(duration >= .seconds(3))
          #expect(duration < .seconds(20))
          #expect(try await Connection.send(port: proxy.port).status == 200)
        }
      }
    }
  }

  @Test("clients that keep their connections lose no request when a second proxy takes over")
  func losesNoRequest() async throws {
    try await withTemporaryFolder { oldFolder in
      try await withTemporaryFolder { newFolder in
        let old = try Proxy(in: oldFolder, drainDuration: "3s")
        let new = try Proxy(in: newFolder, drainDuration: "3s")
        try await old.run { oldProcess in
          try await new.run { _ in
            let endpoints = Endpoints(port: old.port)
            let load = try await withThrowingTaskGroup(of: Load.self) { group in
              for _ in 0..<4 {
                group.addTask {
                  var load = Load()
                  while !Task.isCancelled, await !endpoints.isOver { try await load.run(on: endpoints) }
                  return load
                }
              }
              try await eventually("every client has been answered") { await endpoints.answered > 100 }
              // As Kubernetes does it: the drain begins, and some time later nobody is sent to the old pod any more.
              async let drain = old.drain()
              try await eventually("the proxy drains", within: .seconds(20)) {
                try await Connection.send(port: old.ready, "GET", "/ready").status == 503
              }
              await endpoints.move(to: new.port)
              #expect(try await drain.status == .exited(0))
              try oldProcess.send(.terminate)
              #expect(try await oldProcess.waitForExit() == .exited(0))
              let answered = await endpoints.answered
              try await eventually("the second proxy serves them all") { await endpoints.answered > answered + 100 }
              await endpoints.end()
              return try await group.reduce(into: Load()) { $0.add($1) }
            }
            #expect(load.failed == 0)
            #expect(load.answered > 200)
          }
        }
      }
    }
  }

  /// Where a Service leads new connections.
  private actor Endpoints {
    private(set) var port: Int
    private(set) var answered = 0
    private(set) var isOver = false

    init(port: Int) { self.port = port }
    func move(to port: Int) { self.port = port }
    func note() { answered += 1 }
    func end() { isOver = true }
  }

  private struct Load {
    var answered = 0
    var failed = 0

    /// One connection, for as long as the proxy keeps it.
    mutating func run(on endpoints: Endpoints) async throws {
      let outcome = try await Connection.with(port: await endpoints.port) { connection in
        var answered = 0
        while await !endpoints.isOver {
          guard let answer = try? await connection.send(), answer.status == 200 else { return (answered, 1) }
          answered += 1
          await endpoints.note()
          if answer.closes { break }
          try await Task.sleep(for: .milliseconds(5))
        }
        return (answered, 0)
      }
      answered += outcome.0
      failed += outcome.1
    }

    mutating func add(_ other: Load) {
      answered += other.answered
      failed += other.failed
    }
  }

  /// The bootstrap without a control plane, and with a listener that answers every request by itself.
  private static func standalone(_ bootstrap: String, port: Int) throws -> String {
    let listener = """
      {"name": "web", "address": {"socket_address": {"address": "127.0.0.1", "port_value": \(port)}},
       "filter_chains": [{"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": {
         "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
         "stat_prefix": "web", "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {
           "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}],
         "route_config": {"virtual_hosts": [{"name": "web", "domains": ["*"], "routes": [
           {"match": {"prefix": "/"}, "direct_response": {"status": 200}}]}]}}}]}]},
      """
    var reader = JSONReader(
      Array(bootstrap.replacing("\"listeners\": [", with: "\"listeners\": [\(listener)", maxReplacements: 1).utf8))
    guard case .object(let members) = try reader.readValue() else { return bootstrap }
    return JSONText.encode(.object(members.filter { $0.key != "dynamic_resources" }))
  }
}
