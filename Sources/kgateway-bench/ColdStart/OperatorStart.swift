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

  static func measure(kubeconfig: String, objects: ClusterObjects) async throws -> Figures {
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
      try await eventually("the operator is ready", within: .seconds(300), every: .milliseconds(2)) {
        try await isReady(port: ports[2])
      }
      figures.ready = clock.now - start
      guard let id = process.id else { throw BenchmarkFailure("the operator ended: \(process.errorOutput.text)") }
      figures.readyCPU = ProcFile.cpu(of: id)
      figures.readyResident = ProcessMemory(of: id).resident
      figures.statusWrites = try await waitForStatuses(port: ports[1])
      let memory = ProcessMemory(of: id)
      (figures.settledResident, figures.peak) = (memory.resident, memory.peak)
      figures.settledCPU = ProcFile.cpu(of: id)
      return figures
    }
  }

  private static func isReady(port: Int) async throws -> Bool {
    try await ScrapeConnection.with(port: port) { connection in
      // Anything but 200 is thrown, as a refused connection is: not yet.
      try await connection.get("/readyz", accept: "*/*")
      return true
    }
  }

  /// Waits until no more statuses have been written for two seconds, and returns how many were.
  private static func waitForStatuses(port: Int) async throws -> Int {
    let clock = ContinuousClock()
    var (last, since) = (-1, clock.now)
    let end = clock.now + .seconds(600)
    while clock.now - since < .seconds(2), clock.now < end {
      let now = try await statusWrites(port: port)
      if now != last { (last, since) = (now, clock.now) }
      try await Task.sleep(for: .milliseconds(200))
    }
    return last
  }

  private static func statusWrites(port: Int) async throws -> Int {
    let text = try await ScrapeConnection.with(port: port) { try await $0.get("/metrics", accept: "*/*") }
    let sample = "kgateway_status_writes_total{result=\"success\"} "
    let line = text.split(separator: "\n").first { $0.hasPrefix(sample) }
    return line.flatMap { Int($0.dropFirst(sample.count)) } ?? 0
  }
}
