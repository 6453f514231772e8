import EnvoyAPI
import KubernetesAPI
import RealComponents
import SwiftProtobuf
import Testing
import Translator

@Suite("What a translation remembers of the one before")
struct RouteMemoryTests {
  @Test("whatever changes in between, the outcome is that of a translation from nothing", arguments: UInt64(1)...20)
  func changesNothing(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var memory = RouteMemory()
    var inputs = Fixtures.inputs(
      routes: (0..<60).map { route($0, &random) }, services: (0..<4).map { Fixtures.service("s\($0)") })
    for step in 0..<40 {
      change(&inputs, &random)
      let remembering = Translator.translate(inputs, remembering: &memory)
      #expect(remembering == Translator.translate(inputs), "seed \(seed), step \(step)")
    }
  }

  @Test("the memory of one Gateway says nothing of another")
  func knowsItsGateway() {
    var memory = RouteMemory()
    var random = SplitMix64(seed: 1)
    var inputs = Fixtures.inputs(routes: (0..<60).map { route($0, &random) })
    _ = Translator.translate(inputs, remembering: &memory)
    inputs.gateway.metadata.name = "other"
    #expect(Translator.translate(inputs, remembering: &memory) == Translator.translate(inputs))
  }

  @Test("a route configuration is put together as SwiftProtobuf would encode it")
  func isCanonical() throws {
    var random = SplitMix64(seed: 3)
    var options = BinaryEncodingOptions()
    options.useDeterministicOrdering = true
    for count in [0, 1, 200] {
      let inputs = Fixtures.inputs(
        listeners: [
          Gateway.Listener(name: "a", hostname: "*.example.com", port: 80), Gateway.Listener(name: "b", port: 80),
        ],
        routes: (0..<count).map { route($0, &random) })
      let table = try #require(Translator.translate(inputs).configuration.routeTables.first)
      let message = try Envoy_Config_Route_V3_RouteConfiguration(serializedBytes: table.bytes)
      #expect(message.virtualHosts.isEmpty == false)
      #expect(try message.serializedBytes(options: options) == table.bytes)
    }
  }

  private func route(_ number: Int, _ random: inout SplitMix64) -> HTTPRoute {
    Fixtures.route(
      "route-\(number)", hostnames: ["h\(Int.random(in: 0..<20, using: &random)).example.com"],
      section: Int.random(in: 0..<30, using: &random) == 0 ? "missing" : nil,
      created: "2026-01-01T00:00:\(10 + number % 40)Z",
      matches: [.init(path: .prefix("/p\(Int.random(in: 0..<9, using: &random))")), .init(path: .prefix("/"))],
      backend: "s\(Int.random(in: 0..<5, using: &random))")
  }

  private func change(_ inputs: inout GatewayInputs, _ random: inout SplitMix64) {
    let index = Int.random(in: 0..<inputs.routes.count, using: &random)
    switch Int.random(in: 0..<9, using: &random) {
    case 0: inputs.routes[index] = route(index, &random)
    case 1: inputs.routes.append(route(100 + Int.random(in: 0..<40, using: &random), &random))
    case 2: inputs.routes.remove(at: index)
    case 3: inputs.services[Fixtures.id("s\(index % 5)")] = nil
    case 4: inputs.services[Fixtures.id("s\(index % 5)")] = Fixtures.service("s\(index % 5)")
    case 5:
      let hostname = ["*.example.com", nil][index % 2]
      inputs.gateway.listeners = [Gateway.Listener(name: "http", hostname: hostname, port: 80 + index % 2)]
    case 6: inputs.routes[index].metadata.generation += 1
    case 7:
      // Another variant of the clusters.
      inputs.policies = inputs.policies.isEmpty ? [Self.headerCase] : []
    default: inputs.routes.shuffle(using: &random)
    }
    // A name is there once.
    var seen: Set<NamespacedName> = []
    inputs.routes.removeAll { !seen.insert($0.metadata.id).inserted }
  }

  private static let headerCase = HTTPListenerPolicy(
    metadata: ObjectMeta(namespace: "default", name: "case"), targetRefs: [.init(name: "edge")],
    settings: .init(preserveHttp1HeaderCase: true))
}
