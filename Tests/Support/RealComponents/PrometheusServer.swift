/// A running Prometheus within `withPrometheus`.
package struct PrometheusServer: Sendable {
  /// What is off unless it is asked for (`--enable-feature`).
  package enum Feature: String, Sendable, CaseIterable {
    /// Scrapes by protobuf, and keeps native histograms.
    case nativeHistograms = "native-histograms"
    /// Takes `/api/v1/write`.
    case remoteWriteReceiver = "remote-write-receiver"
    /// Reads exemplars.
    case exemplarStorage = "exemplar-storage"
  }

  /// The port of 127.0.0.1 that its API is on.
  package let port: Int
  /// The folder with `prometheus.yml`, the further files, and its data.
  package let folder: TemporaryFolder
  /// The server; its log is on standard error.
  package let process: ChildProcess

  /// The instant value of a query, evaluated now.
  ///
  /// - Parameter promql: a query that gives a vector, a scalar or nothing.
  /// - Throws: `CommandFailure` with Prometheus' words if it refuses the query.
  package func query(_ promql: String) async throws -> [Sample] {
    try await answer(to: "/api/v1/query", ["query": promql], as: QueryResult.self).samples
  }

  /// All rules of all groups, with the alerts that are pending or firing.
  package func rules() async throws -> [Rule] {
    let found = try await answer(to: "/api/v1/rules", as: RuleGroups.self)
    return found.groups.flatMap { group in group.rules.map { $0.rule(group: group.name) } }
  }

  /// The targets that are scraped.
  package func targets() async throws -> [Target] {
    try await answer(to: "/api/v1/targets", as: Targets.self).activeTargets
  }

  /// The labels of the targets that were found and that relabelling dropped.
  package func droppedTargets() async throws -> [[String: String]] {
    try await answer(to: "/api/v1/targets", as: Targets.self).droppedTargets.map(\.discoveredLabels)
  }

  /// The text of an answer of its HTTP API, as it comes: JSON under `/api`, whatever the status is.
  ///
  /// - Parameters:
  ///   - path: `/api/v1/query_range`.
  ///   - parameters: of the URL; they are encoded here.
  package func text(_ path: String, _ parameters: KeyValuePairs<String, String> = [:]) async throws -> String {
    let encoded = parameters.flatMap { ["--data-urlencode", "\($0.key)=\($0.value)"] }
    return try await outputOfCommand(
      "curl", ["-sS", "--max-time", "20", "--get"] + encoded + ["http://127.0.0.1:\(port)\(path)"])
  }

  /// Reads its configuration and rules again (SIGHUP), after a test has changed a file in its folder.
  package func reload() throws {
    try process.send(.hangUp)
  }
}

/// Starts Prometheus, waits until it is ready, runs the body beside it and ends it.
///
/// The first scrape comes some five seconds after the start: Prometheus takes its targets over that rarely.
///
/// - Parameters:
///   - configuration: the content of its configuration file. `scrape_interval` may be as short as `250ms`; relative
///     paths (`rule_files`) are those of `files`.
///   - files: further files of its folder, by their names.
///   - features: what is switched on.
///   - arguments: further ones of its command line.
package func withPrometheus<Result>(
  configuration: String, files: [String: String] = [:], features: Set<PrometheusServer.Feature> = [],
  arguments: [String] = [], _ body: (PrometheusServer) async throws -> Result
) async throws -> Result {
  let program = try RealComponent.prometheus.path()
  return try await withTemporaryFolder { folder in
    for (name, text) in files { try folder.write(text, to: name) }
    let file = try folder.write(configuration, to: "prometheus.yml")
    let port = try LoopbackPorts.free()
    let usual = [
      "--config.file=\(file)", "--storage.tsdb.path=\(folder.path("data"))", "--web.listen-address=127.0.0.1:\(port)",
      "--log.level=warn",
    ]
    let named = features.map(\.rawValue).sorted()
    let enabled = named.isEmpty ? [] : ["--enable-feature=\(named.joined(separator: ","))"]
    return try await withProcess(program, usual + enabled + arguments) { process in
      let server = PrometheusServer(port: port, folder: folder, process: process)
      try await server.becomesReady()
      return try await body(server)
    }
  }
}

extension PrometheusServer {
  /// Waits for `/-/ready`; a server that has ended, because of its configuration, is not waited for.
  fileprivate func becomesReady() async throws {
    try await eventually("Prometheus is ready", within: .seconds(30), every: .milliseconds(50)) {
      if process.exitStatus != nil { return true }
      let status = try await outputOfCommand(
        "curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "5", "http://127.0.0.1:\(port)/-/ready"])
      return status == "200"
    }
    if let status = process.exitStatus {
      throw CommandFailure(description: "Prometheus: \(status)\n\(process.errorOutput.tail(20))")
    }
  }
}
