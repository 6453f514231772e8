import ArgumentParser
import Controller
import KubernetesAPI
import NIOPosix
import ScriptedADSClient
import WorkQueues
import XDS

/// The way of one change through the whole control plane: event, debounce, translation, push, ACK.
struct PropagationBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "propagation",
    abstract: "One change to the ACK of an ADS client, with 10, 100 and 1,000 Gateways in the store.",
    discussion: """
      A policy edited, an endpoint replaced, a route added and one removed, each on its own. Every Gateway has ten \
      policies and ten routes. The times hold the work queue's debounce (quiet_ms), but for the endpoint's, which goes \
      past the queue; cpu_us is what the whole process used, the client's part included. ratio is the p50 beside that of \
      the fewest Gateways.
      """)

  /// What is changed.
  enum Change: String, CaseIterable {
    case policy
    case endpoint
    case routeAdded = "route added"
    case routeRemoved = "route removed"
  }

  @Option(help: "How many changes are measured, one after the other.")
  var rounds = 200

  @Option(help: "How many Gateways are in the store.")
  var gateways: [Int] = [10, 100, 1000]

  @OptionGroup var output: OutputOptions

  func run() async throws {
    var table = ResultTable(columns: [
      "change", "gateways", "policies", "routes", "first_sync_ms", "quiet_ms", "p50_ms", "p99_ms", "cpu_us", "ratio",
    ])
    var least: [Change: Double] = [:]
    for count in gateways {
      let queue = WorkQueue<NamespacedName>.Configuration()
      let plane = BenchmarkControlPlane(queue: queue)
      let sync = try await ContinuousClock().measure { try await plane.fill(gateways: count) }
      let gateway = "gateway-\(count / 2)"
      await plane.reconciler.apply(BenchmarkObjects.ownBackend(of: gateway).map(ResourceEvent.upsert))
      try await plane.settle()
      let port = try await plane.listen()
      for change in Change.allCases {
        let figures = try await measure(change, of: gateway, in: plane, port)
        let median = figures.times.percentile(0.5).milliseconds
        table.add([
          .text(change.rawValue), .integer(count), .integer(count * BenchmarkObjects.policiesPerGateway),
          .integer(count * BenchmarkObjects.routesPerGateway), .decimal(sync.milliseconds),
          .decimal(queue.quietPeriod.milliseconds), .decimal(median),
          .decimal(figures.times.percentile(0.99).milliseconds), .decimal(figures.cpu.microseconds),
          .decimal(median / least[change, default: median]),
        ])
        least[change] = least[change] ?? median
      }
      await plane.end()
    }
    table.print(as: output)
  }

  private func measure(
    _ change: Change, of gateway: String, in plane: BenchmarkControlPlane, _ port: Int
  ) async throws -> (times: [Duration], cpu: Duration) {
    try await ScriptedADSClient.with(port: port, on: MultiThreadedEventLoopGroup.singleton) { client in
      let stream = try await client.open(.delta, cluster: "\(BenchmarkObjects.namespace)/\(gateway)", node: "bench")
      stream.followEverything()
      while try await stream.received < ResourceType.allCases.count { try await Task.sleep(for: .milliseconds(1)) }

      let clock = ContinuousClock()
      var times: [Duration] = []
      let before = ProcessUsage.own().cpu
      for round in 0..<rounds {
        // A removal needs something to remove, which is not measured.
        if change == .routeRemoved { try await apply(.routeAdded, round, of: gateway, in: plane) }
        let start = clock.now
        try await apply(change, round, of: gateway, in: plane)
        times.append(clock.now - start)
        if change == .routeAdded { try await apply(.routeRemoved, round, of: gateway, in: plane) }
      }
      let isPair = change == .routeAdded || change == .routeRemoved
      return (times, (ProcessUsage.own().cpu - before) / (rounds * (isPair ? 2 : 1)))
    }
  }

  /// Makes the change, and returns when the proxy has acknowledged it.
  private func apply(
    _ change: Change, _ round: Int, of gateway: String, in plane: BenchmarkControlPlane
  ) async throws {
    let event: ResourceEvent =
      switch change {
      case .policy:
        .upsert(
          BenchmarkObjects.accessLogPolicy("\(gateway)-access-logging", gateway: gateway, marker: "round \(round)"))
      case .endpoint: .upsert(BenchmarkObjects.ownSlice(of: gateway, address: "10.9.\(round / 200).\(round % 200 + 1)"))
      case .routeAdded: .upsert(BenchmarkObjects.route(10_000 + round, gateway: gateway))
      case .routeRemoved:
        .delete(
          ObjectReference(
            kind: .httpRoute,
            id: NamespacedName(namespace: BenchmarkObjects.namespace, name: "\(gateway)-route-\(10_000 + round)")))
      }
    await plane.reconciler.apply([event])
    try await plane.nextConvergence()
  }
}
