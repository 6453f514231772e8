import RealComponents

/// `kgateway run` as a process.
struct KubernetesOperator {
  let process: ChildProcess
  /// Where proxies connect.
  let xdsPort: Int
  let metricsPort: Int
  private let healthPort: Int
  private let adminPort: Int

  /// For tests that are about something else.
  static let trusting = ["--xds-plaintext", "--xds-auth", "none"]

  /// Runs the operator for the time of the body; it may not be ready yet when the body begins.
  ///
  /// - Parameters:
  ///   - xdsPort: where proxies connect; nil takes a free port.
  ///   - security: how they do: unless told otherwise in the clear, and believed what they say.
  static func withRunning<Result>(
    kubeconfig: String, _ arguments: [String] = [], xdsPort: Int? = nil, security: [String] = trusting,
    environment: [String: String] = [:], _ body: (KubernetesOperator) async throws -> Result
  ) async throws -> Result {
    var ports = try LoopbackPorts.free(4)
    if let xdsPort { ports[0] = xdsPort }
    let addresses = ["--xds-address", "--metrics-address", "--health-address", "--admin-address"]
    let options = zip(addresses, ports).flatMap { [$0, "127.0.0.1:\($1)"] }
    return try await withProcess(
      BuiltProduct.path("kgateway"), ["run", "--kubeconfig", kubeconfig] + options + security + arguments,
      settings: ProcessSettings(environment: environment.mapValues { .some($0) })
    ) { process in
      try await body(
        KubernetesOperator(
          process: process, xdsPort: ports[0], metricsPort: ports[1], healthPort: ports[2], adminPort: ports[3]))
    }
  }

  /// Runs the operator for the time of the body, which begins when it is ready.
  ///
  /// - Parameter kubeconfig: nil: the cluster's.
  static func withReady<Result>(
    _ cluster: KubernetesCluster, _ arguments: [String] = [], xdsPort: Int? = nil, security: [String] = trusting,
    kubeconfig: String? = nil, environment: [String: String] = [:],
    _ body: (KubernetesOperator) async throws -> Result
  ) async throws -> Result {
    try await withRunning(
      kubeconfig: kubeconfig ?? cluster.kubeconfig, arguments, xdsPort: xdsPort, security: security,
      environment: environment
    ) { kgateway in
      try await kgateway.waitUntilReady()
      return try await body(kgateway)
    }
  }

  /// What `/readyz` says: its status, and what is still awaited.
  func readiness() async throws -> (status: Int, text: String) {
    let answer = try await HTTPConnection.get(port: healthPort, "/readyz")
    return (answer.status, answer.body)
  }

  func waitUntilReady(within limit: Duration = .seconds(60)) async throws {
    try await eventually("the operator is ready; its log:\n\(process.errorOutput.tail(20))", within: limit) {
      guard process.exitStatus == nil else { throw OperatorEnded(log: process.errorOutput.tail(20)) }
      return try await readiness().status == 200
    }
  }

  struct OperatorEnded: Error {
    let log: String
  }

  // MARK: Metrics

  /// The sum of a metric's samples that carry these labels.
  func metric(_ name: String, _ labels: [String: String] = [:]) async throws -> Double {
    let exposition = try await HTTPConnection.get(port: metricsPort, "/metrics").body
    return exposition.split(separator: "\n").filter { line in
      line.prefix { $0 != "{" && $0 != " " } == name && labels.allSatisfy { line.contains("\($0)=\"\($1)\"") }
    }
    .reduce(0) { $0 + (Double($1.split(separator: " ").last ?? "") ?? 0) }
  }

  func watchRestarts(_ reason: String) async throws -> Double {
    try await metric("kgateway_kubernetes_watch_restarts_total", ["reason": reason])
  }

  // MARK: What it knows

  /// The lines of `/objects` or `/snapshots`.
  func adminPage(_ path: String) async throws -> [String] {
    let answer = try await HTTPConnection.get(port: adminPort, path)
    guard answer.status == 200 else { throw UnexpectedStatus(path: path, status: answer.status) }
    return answer.body.split(separator: "\n").map(String.init)
  }

  struct UnexpectedStatus: Error {
    let path: String
    let status: Int
  }

  // MARK: Log

  /// The lines of its log that contain the text.
  func logLines(_ text: String) -> [String] { process.errorOutput.lines.filter { $0.contains(text) } }
}
