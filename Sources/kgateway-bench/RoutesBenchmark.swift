import ArgumentParser
import Controller
import RealComponents

/// One Gateway that grows.
struct RoutesBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "routes",
    abstract: "1,000 HTTPRoutes added one by one on one Gateway with three policies and a proxy.",
    discussion: """
      With interval_ms 0 a route is added when the proxy has acknowledged the one before: nothing is joined. With \
      another interval routes come at that pace, and those that come within the debounce are translated together. cpu_s \
      is what the control plane used; the proxy is in a process of its own.
      """)

  @Option(help: "How many routes are added.")
  var routes = 1000

  @Option(help: "Milliseconds between two routes.")
  var interval: [Int] = [0, 1, 10]

  @OptionGroup var output: OutputOptions

  func run() async throws {
    var table = ResultTable(columns: [
      "routes", "interval_ms", "seconds", "cpu_s", "translations", "last_p50_ms", "resident_mib",
    ])
    for interval in interval { table.add(try await measure(interval: interval)) }
    table.print(as: output)
  }

  private func measure(interval: Int) async throws -> [ResultTable.Cell] {
    let plane = BenchmarkControlPlane()
    await plane.reconciler.apply(
      ([BenchmarkObjects.gatewayClass, BenchmarkObjects.gateway("gateway-0")] + BenchmarkObjects.services
        + BenchmarkObjects.slices + BenchmarkObjects.policies(gateway: "gateway-0")).map(ResourceEvent.upsert))
    try await plane.fill(gateways: 0)
    let port = try await plane.listen()
    defer { Task { await plane.end() } }
    return try await withProcess(OwnProgram.path, ["proxies", "--port", "\(port)", "--streams", "1"]) { _ in
      try await eventually("the proxy is connected") { plane.openStreams == 1 }
      try await plane.settle()
      let clock = ContinuousClock()
      let (start, before, translations) = (clock.now, ProcessUsage.own().cpu, plane.translations)
      var last: [Duration] = []
      for index in 0..<routes {
        let added = clock.now
        await plane.reconciler.apply([.upsert(BenchmarkObjects.route(index, gateway: "gateway-0"))])
        if interval == 0 {
          try await plane.nextConvergence()
          if index >= routes * 9 / 10 { last.append(clock.now - added) }
        } else {
          try await clock.sleep(until: start + .milliseconds(interval) * (index + 1), tolerance: .zero)
        }
      }
      let end = clock.now
      try await plane.settle()
      let usage = ProcessUsage.own()
      return [
        .integer(routes), .integer(interval), .decimal((end - start) / .seconds(1)),
        .decimal((usage.cpu - before) / .seconds(1)), .integer(plane.translations - translations),
        .decimal(last.percentile(0.5).milliseconds), .decimal(usage.resident.mebibytes),
      ]
    }
  }
}
