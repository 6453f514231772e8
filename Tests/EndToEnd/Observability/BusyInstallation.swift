import APIServerDouble
import Foundation
import KubeletDouble
import NIOHTTP1
import NIOPosix
import NIOSSL
import OTLPSink
import RealComponents
import ScriptedADSClient

/// An installation to which everything happens that a dashboard tells of, again and again while the body runs: requests
/// that are answered, denied and failed, calls of LLMs, changes of policies, policies that kgateway or
/// Envoy refuses, strangers at the xDS server, and an API server with moods.
struct BusyInstallation {
  let installation: Installation
  let prometheus: PrometheusServer
  /// Takes the access logs.
  let sink: OTLPSink

  static func withRunning(_ body: (BusyInstallation) async throws -> Void) async throws {
    let sink = try await OTLPSink.start()
    do {
      try await Backend.with(answering: ClientCall.answer) { backend in
        try await Installation.withRunning { installation in
          try await installation.applyApplication(backendPort: backend.port, objects(collector: sink.port))
          try await installation.cluster.put([
            Objects.route("models", path: "/v1"), Objects.route("gemini", path: "/v1beta"),
            Objects.route("slow", path: "/delay"),
          ])
          let proxies = try await installation.waitForProxies()
          try await installation.waitUntilProgrammed()
          try await withPrometheus(configuration: await scraping(installation, proxies)) { prometheus in
            let busy = BusyInstallation(installation: installation, prometheus: prometheus, sink: sink)
            try await installation.withService { port in try await busy.withEvents(port: port, body) }
          }
        }
      }
    } catch {
      await sink.stop()
      throw error
    }
    await sink.stop()
  }

  /// Beside the application: access logs that go to the collector.
  private static func objects(collector port: Int) -> [JSONValue] {
    let backend: JSONValue = ["name": "collector", "port": 8080]
    let logs: JSONValue = [["openTelemetry": ["grpcService": ["logName": "edge", "backendRef": backend]]]]
    return [
      Objects.service("collector"), Objects.endpoints(of: "collector", port: port),
      Objects.policy("logs", ["accessLog": logs]), lines(0),
    ]
  }

  /// As the collector of the guide finds the pods: nothing but `job` and `instance` is added to what they tell.
  private static func scraping(_ installation: Installation, _ proxies: [Pod]) async -> String {
    let operators = await installation.operators.map { "'\($0.address):9092'" }
    return """
      global: {scrape_interval: 500ms, scrape_timeout: 500ms}
      scrape_configs:
      - job_name: kgateway-controlplane
        static_configs: [{targets: [\(operators.joined(separator: ", "))]}]
      - job_name: kgateway-dataplane
        static_configs: [{targets: [\(proxies.map { "'\($0.address):9091'" }.joined(separator: ", "))]}]
      """
  }

  // MARK: What happens

  private func withEvents(port: Int, _ body: (BusyInstallation) async throws -> Void) async throws {
    try await withThrowingTaskGroup { group in
      for (index, calls) in ClientCall.clients.enumerated() {
        group.addTask { try await self.send(on: port, calls, phase: Double(index)) }
      }
      group.addTask { try await self.change() }
      group.addTask { try await self.trouble() }
      do {
        try await body(self)
        group.cancelAll()
        while (try? await group.next()) != nil {}
      } catch {
        group.cancelAll()
        throw error
      }
    }
  }

  /// Sends on one connection, at a pace that rises and falls.
  private func send(on port: Int, _ calls: [ClientCall], phase: Double) async throws {
    while !Task.isCancelled {
      // The proxy ends a connection now and then: a change of its listener does.
      try? await HTTPConnection.with(port: port) { connection in
        while true {
          for call in calls {
            let answer =
              call.body.isEmpty
              ? try await connection.get(call.path)
              : try await connection.send(.POST, call.path, headers: call.headers, body: call.body)
            let pause = 90 + 70 * sin(Date().timeIntervalSince1970 / 15 + phase)
            try await Task.sleep(for: .milliseconds(pause))
            if answer.headers.first(name: "connection") == "close" { return }
          }
        }
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  private static func lines(_ round: Int) -> JSONValue {
    Objects.accessLog("lines", ["path": "%REQ(:PATH)%", "round": .string("round \(round)")])
  }

  /// Policies that change, one that kgateway refuses, and one that only Envoy does.
  private func change() async throws {
    let apiServer = installation.cluster.apiServer
    for round in 1... {
      try Task.checkCancellation()
      try await apiServer.put(Self.lines(round))
      try await apiServer.put(Objects.accessLog("misspelt", ["path": "%REK(:PATH)%", "round": .integer(Int64(round))]))
      // A new text is a new configuration, so that it is refused anew.
      let unknown = "%CEL(google.protobuf.Nosuch\(round / 3){})%"
      try await apiServer.put(Objects.accessLog("unknown", ["value": .string(unknown)]))
      try await Task.sleep(for: .milliseconds(1_000))
    }
  }

  /// A stranger asks for configuration, watches end early, and a status cannot be written.
  private func trouble() async throws {
    let apiServer = installation.cluster.apiServer
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.certificateVerification = .none
    for round in 0... {
      try Task.checkCancellation()
      if round % 3 == 0 { await apiServer.dropWatches() }
      await apiServer.inject(.status(code: 500, reason: "InternalError"), into: .writes.and(.path("/status")))
      try? await askAsStranger(tls)
      try await Task.sleep(for: .milliseconds(1_500))
    }
  }

  private func askAsStranger(_ tls: TLSConfiguration) async throws {
    let client = try await ScriptedADSClient.connect(
      host: "localhost", port: installation.xdsPort, on: MultiThreadedEventLoopGroup.singleton, tls: tls)
    let stream = try await client.open(
      .delta, cluster: "\(Objects.namespace)/\(Objects.gatewayName)", headers: [("authorization", "Bearer nobody's")])
    stream.followEverything()
    _ = try? await stream.next()
    await client.close()
  }
}
