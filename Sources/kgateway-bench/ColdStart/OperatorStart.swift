import RealComponents

/// Starts the operator, and follows it until it has nothing left to do.
enum OperatorStart {
  struct Figures {
    /// From the start of the process until it is ready.
    var ready = Duration.zero
    var readyCPU = Duration.zero
    var readyResident = 0
    var settledResident = 0
    var settledCPU = Duration.zero
    var peak = 0
    var statusWrites = 0
  }

  /// - Parameter untilReady: not to wait for statuses.
  static func measure(kubeconfig: String, untilReady: Bool) async throws -> Figures {
    let ports = try LoopbackPorts.free(3)
    let arguments = [
      "run", "--kubeconfig", kubeconfig, "--xds-address", "127.0.0.1:\(ports[0])", "--metrics-address",
      "127.0.0.1:\(ports[1])", "--health-address", "127.0.0.1:\(ports[2])", "--no-deployer", "--xds-plaintext",
      "--xds-auth", "none", "--log-level", "error",
    ]
    let clock = ContinuousClock()
    let start = clock.now
    return try await withProcess(BuiltProduct.path("kgateway"), arguments) { process in
      var figures = Figures()
      try await waitUntilReady(port: ports[2])
      figures.ready = clock.now - start
      guard let id = process.id else { throw BenchmarkFailure("the operator ended: \(process.errorOutput.text)") }
      figures.readyCPU = ProcFile.cpu(of: id)
      figures.readyResident = ProcessMemory(of: id).resident
      if !untilReady { figures.statusWrites = try await waitForStatuses(port: ports[1]) }
      let memory = ProcessMemory(of: id)
      (figures.settledResident, figures.peak) = (memory.resident, memory.peak)
      figures.settledCPU = ProcFile.cpu(of: id)
      return figures
    }
  }

  /// Asks on one connection, and not too often: what asking costs the operator counts as its own.
  private static func waitUntilReady(port: Int) async throws {
    try await eventually("the operator is ready", within: .seconds(300), every: .milliseconds(5)) {
      // Thrown while nobody listens.
      try await ScrapeConnection.with(port: port) { connection in
        while try await connection.status(of: "/readyz") != 200 { try await Task.sleep(for: .milliseconds(5)) }
      }
      return true
    }
  }

  /// Waits until this replica leads and no status is left to be written, and returns how many were.
  private static func waitForStatuses(port: Int) async throws -> Int {
    try await eventually("all statuses are written", within: .seconds(900), every: .milliseconds(200)) {
      let metrics = try await metrics(port: port)
      return metrics["kgateway_leader"] == 1 && metrics["kgateway_status_writes_pending"] == 0
    }
    return try await metrics(port: port)["kgateway_status_writes_total{result=\"success\"}"] ?? 0
  }

  /// The samples whose values are whole numbers, by their name with its labels.
  private static func metrics(port: Int) async throws -> [String: Int] {
    let text = try await ScrapeConnection.with(port: port) { try await $0.get("/metrics", accept: "*/*") }
    return text.split(separator: "\n").reduce(into: [:]) { samples, line in
      let parts = line.split(separator: " ")
      if parts.count == 2, let value = Int(parts[1]) { samples[String(parts[0])] = value }
    }
  }
}
