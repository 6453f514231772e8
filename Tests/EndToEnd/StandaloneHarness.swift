import Foundation
import JSON
import OTLPSink
import RealComponents
import Testing

/// All suites here start processes: one at a time, so that a small machine is enough.
@Suite("End to end", .serialized)
enum EndToEnd {
  /// How long to wait for what takes milliseconds on a machine that has nothing else to do.
  static let patience = Duration.seconds(30)
}

/// The ports that manifests name.
struct GatewayPorts: Sendable {
  /// Where Envoy listens.
  var gateway: Int
  /// Where the upstream listens.
  var backend: Int
}

/// `kgateway standalone` and its Envoy, between an upstream and a collector in the process of the test.
struct StandaloneHarness: Sendable {
  /// The folder that is given to `--manifests`.
  let manifests: TemporaryFolder
  let ports: GatewayPorts
  let xdsPort: Int
  let metricsPort: Int
  let healthPort: Int
  let backend: Backend
  /// Takes what the policies send to the collectors of the guide.
  let sink: OTLPSink
  /// The control plane. Its standard output is that of its Envoy: access logs.
  let process: ChildProcess

  /// What is started, and what the test waits for before it goes on.
  enum Start: Sendable {
    /// A control plane without a proxy, once it is ready.
    case controlPlane
    /// A control plane with its Envoy, once that listens.
    case withEnvoy
    /// As `withEnvoy`, but nothing is waited for.
    case withoutWaiting
  }

  /// Starts all of it, runs the body, and ends all of it.
  ///
  /// - Parameters:
  ///   - arguments: to `kgateway standalone`, besides the addresses, the manifests and the collector's.
  ///   - manifests: the content of the folder by the names of the files.
  static func run(
    _ start: Start = .withEnvoy, arguments: [String] = [], environment: [String: String?] = [:],
    manifests: (GatewayPorts) throws -> [String: String] = Examples.all,
    _ body: (StandaloneHarness) async throws -> Void
  ) async throws {
    let program = try BuiltProduct.path("kgateway")
    let proxy = start == .controlPlane ? ["--no-envoy"] : ["--envoy", try RealComponent.envoy.path()]
    let sink = try await OTLPSink.start()
    do {
      try await Backend.with { backend in
        try await withTemporaryFolder { folder in
          let free = try LoopbackPorts.free(4)
          let ports = GatewayPorts(gateway: free[0], backend: backend.port)
          for (name, text) in try manifests(ports) { try folder.write(text, to: name) }
          let addresses = Self.addresses(xds: free[1], metrics: free[2], health: free[3])
          let collector = Self.collector(sink.port)
          try await withProcess(
            program, ["standalone", "--manifests", folder.path] + proxy + addresses + collector + arguments,
            settings: ProcessSettings(environment: environment)
          ) { process in
            let harness = StandaloneHarness(
              manifests: folder, ports: ports, xdsPort: free[1], metricsPort: free[2], healthPort: free[3],
              backend: backend, sink: sink, process: process)
            try await harness.wait(for: start)
            try await body(harness)
          }
        }
      }
    } catch {
      await sink.stop()
      throw error
    }
    await sink.stop()
  }

  private static func addresses(xds: Int, metrics: Int, health: Int) -> [String] {
    [
      "--xds-address", "127.0.0.1:\(xds)", "--metrics-address", "127.0.0.1:\(metrics)",
      "--health-address", "127.0.0.1:\(health)",
    ]
  }

  /// The flags that put the collector in the place of those which the guide's documents name.
  private static func collector(_ port: Int) -> [String] {
    ["otel-collector.telemetry:4317", "opentelemetry-collector-logs.telemetry:4317"].flatMap {
      ["--resolve", "\($0)=127.0.0.1:\(port)"]
    }
  }

  private func wait(for start: Start) async throws {
    switch start {
    case .withoutWaiting: break
    case .controlPlane: try await becomesReady()
    case .withEnvoy:
      try await becomesReady()
      try await eventually("Envoy answers on port \(ports.gateway)") { try await get().status > 0 }
    }
  }

  private func becomesReady() async throws {
    try await eventually("/readyz answers 200") {
      try await HTTPConnection.get(port: healthPort, "/readyz").status == 200
    }
  }
}

// MARK: What a person sees

extension StandaloneHarness {
  /// Waits as `RealComponents.eventually` does, but no longer than the control plane lives, and tells what it logged.
  func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    do {
      try await RealComponents.eventually(what, within: EndToEnd.patience) {
        if let status = process.exitStatus { throw HTTPConnection.Failure(description: "kgateway ended: \(status)") }
        return try await condition()
      }
    } catch let error as NeverCameTrue {
      throw HTTPConnection.Failure(description: "\(error)\n\(process.errorOutput.tail(20))")
    }
  }

  /// The first line of the control plane's log that holds all of these texts; waits until there is one.
  @discardableResult
  func logLine(_ texts: String...) async throws -> String {
    try await process.errorOutput.line(
      "the log has a line with \(texts)", within: EndToEnd.patience
    ) { line in texts.allSatisfy(line.contains) }
  }

  /// The first access-log line on standard output that satisfies the condition; waits until there is one.
  @discardableResult
  func accessLogLine(
    _ what: String = "an access-log line", where condition: (JSONValue) -> Bool = { _ in true }
  ) async throws -> JSONValue {
    let line = try await process.output.line(what, within: EndToEnd.patience) { line in
      Self.json(line).map(condition) ?? false
    }
    return Self.json(line) ?? .null
  }

  /// The access-log line of the first request to that path.
  @discardableResult
  func accessLogLine(ofPath path: String) async throws -> JSONValue {
    try await accessLogLine("the access log has a line of \(path)") { $0["path"] == .string(path) }
  }

  private static func json(_ line: String) -> JSONValue? {
    guard line.hasPrefix("{") else { return nil }
    var reader = JSONReader(Array(line.utf8))
    return try? reader.readValue()
  }

  /// A request through Envoy on a connection of its own.
  func get(
    _ path: String = "/", headers: [(String, String)] = [], host: String = "example.com"
  ) async throws -> HTTPAnswer {
    try await HTTPConnection.get(port: ports.gateway, path, headers: headers, host: host)
  }

  /// A request through Envoy whose span is sent to the collector at once.
  func getTraced(_ path: String, headers: [(String, String)] = []) async throws -> HTTPAnswer {
    try await HTTPConnection.with(port: ports.gateway) { connection in
      let answer = try await connection.get(path, headers: headers)
      try await connection.flushSpans()
      return answer
    }
  }

  /// The control plane's exposition.
  func exposition() async throws -> String {
    try await HTTPConnection.get(port: metricsPort, "/metrics").body
  }

  /// The value of one series, given as it is printed: `kgateway_translation_count{status="success"}`.
  func metric(_ series: String) async throws -> Double? {
    let lines = try await exposition().split(separator: "\n")
    return lines.first { $0.hasPrefix(series + " ") }.flatMap { Double($0.dropFirst(series.count + 1)) }
  }

  /// The process ids of the running Envoys.
  func envoys() throws -> [Int32] {
    guard let parent = process.id else { return [] }
    return try ProcessTable.children(of: parent)
  }
}
