import ArgumentParser
import Controller
import GRPCServer
import KubernetesAPI
import Logging
import NIOPosix
import PrometheusMetrics
import ScriptedADSClient
import Translator
import WorkQueues
import XDS

/// The way of one policy change through the whole control plane: event, debounce, translation, push, ACK.
struct PropagationBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "propagation",
    abstract: "One policy change to the ACK of an ADS client, with 10, 100 and 1,000 Gateways in the store.",
    discussion: "The times hold the work queue's debounce (10 ms); quiet_ms is that part.")

  @Option(help: "How many changes are measured, one after the other.")
  var rounds = 200

  @Option(help: "How many Gateways are in the store, one table row each; each has three policies and a route.")
  var gateways: [Int] = [10, 100, 1000]

  @OptionGroup var output: OutputOptions

  func run() async throws {
    var table = ResultTable(columns: ["gateways", "policies", "first_sync_ms", "quiet_ms", "p50_ms", "p99_ms"])
    for count in gateways { table.add(try await measure(gateways: count)) }
    table.print(as: output)
  }

  private func measure(gateways count: Int) async throws -> [ResultTable.Cell] {
    let queue = WorkQueue<NamespacedName>.Configuration()
    let plane = try await BenchmarkControlPlane(queue: queue)
    let clock = ContinuousClock()
    let sync = try await clock.measure { try await plane.fill(gateways: count) }

    let target = "gateway-\(count / 2)"
    let times = try await ScriptedADSClient.with(port: plane.port, on: MultiThreadedEventLoopGroup.singleton) {
      try await changes(of: target, in: plane, with: $0)
    }
    await plane.end()
    return [
      .integer(count), .integer(count * 3), .decimal(sync.milliseconds), .decimal(queue.quietPeriod.milliseconds),
      .decimal(times.percentile(0.5).milliseconds), .decimal(times.percentile(0.99).milliseconds),
    ]
  }

  private func changes(
    of gateway: String, in plane: BenchmarkControlPlane, with client: ScriptedADSClient
  ) async throws -> [Duration] {
    let stream = try await client.open(.delta, cluster: "\(BenchmarkObjects.namespace)/\(gateway)", node: "bench")
    stream.followEverything()
    while try await stream.received < ResourceType.allCases.count { try await Task.sleep(for: .milliseconds(1)) }

    let clock = ContinuousClock()
    var times: [Duration] = []
    for round in 0..<rounds {
      let policy = BenchmarkObjects.accessLogPolicy(
        "\(gateway)-access-logging", gateway: gateway, marker: "round \(round)")
      let start = clock.now
      await plane.reconciler.apply([.upsert(policy)])
      try await plane.nextConvergence()
      times.append(clock.now - start)
    }
    return times
  }
}
