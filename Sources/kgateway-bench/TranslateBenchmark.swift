import ArgumentParser
import CMallocCounter
import Controller
import KubernetesAPI
import Translator
import XDS

/// What one translation costs, and what a reconciliation after one changed route costs.
struct TranslateBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "translate", abstract: "One Gateway with 10, 100 and 1,000 routes and three policies.")

  @Option(help: "How long each figure is measured, in milliseconds.")
  var milliseconds = 1000

  @OptionGroup var output: OutputOptions

  func run() throws {
    var table = ResultTable(columns: [
      "routes", "translate_us", "allocations", "allocated_bytes", "encode_us", "resource_bytes", "one_route_changed_us",
    ])
    for count in [10, 100, 1000] { table.add(try measure(routes: count)) }
    table.print(as: output)
  }

  private func measure(routes count: Int) throws -> [ResultTable.Cell] {
    var store = Self.store(routes: count)
    let gateway = NamespacedName(namespace: BenchmarkObjects.namespace, name: "gateway")
    guard let inputs = store.inputs(for: gateway, settings: BenchmarkObjects.settings) else { return [] }

    let translation = Translator.translate(inputs)
    let before = malloc_counter_read()
    _ = Translator.translate(inputs)
    let after = malloc_counter_read()

    let translate = median { _ = Translator.translate(inputs) }
    let encode = try median { _ = try translation.configuration.encoded() }
    let bytes = try translation.configuration.encoded().reduce(0) { $0 + $1.bytes.count }
    var round = 0
    var memory = RouteMemory()
    var clusters = EncodedClusters()
    let change = try median {
      round += 1
      _ = store.apply(.upsert(BenchmarkObjects.route(0, gateway: "gateway", path: "/api-\(round % 2)")))
      guard let inputs = store.inputs(for: gateway, settings: BenchmarkObjects.settings) else { return }
      _ = try Translator.translate(inputs, remembering: &memory).configuration.encoded(remembering: &clusters)
    }
    return [
      .integer(count), .decimal(translate.microseconds), .integer(Int(after.count - before.count)),
      .integer(Int(after.bytes - before.bytes)), .decimal(encode.microseconds), .integer(bytes),
      .decimal(change.microseconds),
    ]
  }

  private static func store(routes count: Int) -> ResourceStore {
    var store = ResourceStore(controllerName: BenchmarkObjects.controllerName)
    var objects = [BenchmarkObjects.gatewayClass, BenchmarkObjects.gateway("gateway")]
    objects += BenchmarkObjects.services + BenchmarkObjects.policies(gateway: "gateway")
    objects += (0..<count).map { BenchmarkObjects.route($0, gateway: "gateway") }
    for object in objects { _ = store.apply(.upsert(object)) }
    return store
  }

  private func median(_ work: () throws -> Void) rethrows -> Duration {
    let clock = ContinuousClock()
    let end = clock.now + .milliseconds(milliseconds)
    var times: [Duration] = []
    repeat { times.append(try clock.measure(work)) } while clock.now < end
    return times.percentile(0.5)
  }
}
