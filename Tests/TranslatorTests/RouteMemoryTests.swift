import EnvoyAPI
import KubernetesAPI
import RealComponents
import SwiftProtobuf
import Testing
import Translator

@Suite("What a translation remembers of the one before")
struct RouteMemoryTests {
  @Test("whatever changes in between, the outcome is that of a translation from nothing", arguments: UInt64(1)...40)
  func changesNothing(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var memory = RouteMemory()
    var inputs = Fixtures.inputs(
      routes: (0..<60).map { route($0, &random) }, services: (0..<4).map { Fixtures.service("s\($0)") })
    for step in 0..<40 {
      for _ in 0..<Int.random(in: 1...3, using: &random) { change(&inputs, &random) }
      let remembering = Translator.translate(inputs, remembering: &memory)
      let anew = Translator.translate(inputs)
      #expect(remembering.configuration == anew.configuration, "seed \(seed), step \(step)")
      #expect(remembering.report == anew.report, "seed \(seed), step \(step)")
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

  // MARK: Random Gateways

  private func route(_ number: Int, _ random: inout SplitMix64) -> HTTPRoute {
    let hostnames = ["h\(Int.random(in: 0..<20, using: &random)).example.com", "*.example.com", "a.b.example.org"]
    var route = Fixtures.route(
      "route-\(number)",
      hostnames: Int.random(in: 0..<9, using: &random) == 0
        ? hostnames.filter { _ in Bool.random(using: &random) } : [hostnames[0]],
      section: Int.random(in: 0..<30, using: &random) == 0 ? "missing" : nil,
      created: "2026-01-01T00:00:\(10 + number % 40)Z",
      matches: [.init(path: .prefix("/p\(Int.random(in: 0..<9, using: &random))")), .init(path: .prefix("/"))],
      backend: "s\(Int.random(in: 0..<5, using: &random))")
    if Int.random(in: 0..<8, using: &random) == 0 { route.rules[0].backendRefs[0].namespace = "other" }
    if Int.random(in: 0..<8, using: &random) == 0 { route.metadata.namespace = "apps" }
    route.parentRefs[0].namespace = "default"
    return route
  }

  private func change(_ inputs: inout GatewayInputs, _ random: inout SplitMix64) {
    let index = Int.random(in: 0..<inputs.routes.count, using: &random)
    switch Int.random(in: 0..<13, using: &random) {
    case 0: inputs.routes[index] = RouteInput(route(index, &random))
    case 1: inputs.routes.append(RouteInput(route(100 + Int.random(in: 0..<40, using: &random), &random)))
    case 2: inputs.routes.remove(at: index)
    case 3: inputs.services[Fixtures.id("s\(index % 5)")] = nil
    case 4: inputs.services[Fixtures.id("s\(index % 5)")] = Fixtures.service("s\(index % 5)")
    case 5: inputs.gateway.listeners = Self.listeners[index % Self.listeners.count]
    case 6:
      var route = inputs.routes[index].route
      route.metadata.generation += 1
      inputs.routes[index] = RouteInput(route)
    case 7:
      // Another variant of the clusters, or routes for CONNECT.
      let settings: [HTTPListenerPolicy.ListenerSettings] = [
        .init(), .init(preserveHttp1HeaderCase: true), .init(enabledUpgrades: ["CONNECT"]),
      ]
      inputs.policies = [Self.policy(settings[index % 3])]
    case 8: inputs.referenceGrants = inputs.referenceGrants.isEmpty ? [Self.grant] : []
    case 9:
      var service = Service(
        metadata: ObjectMeta(namespace: "other", name: "s\(index % 5)"), ports: [Service.Port(port: 80)])
      if index % 2 == 0 { service.ports[0].appProtocol = "kubernetes.io/h2c" }
      inputs.services[service.metadata.id] = service
    case 10: inputs.namespaceLabels["apps"] = ["team": ["a", "b"][index % 2]]
    case 11: inputs.routes[index] = RouteInput(inputs.routes[index].route)
    default: inputs.routes.shuffle(using: &random)
    }
    // A name is there once.
    var seen: Set<NamespacedName> = []
    inputs.routes.removeAll { !seen.insert($0.id).inserted }
  }

  private static let listeners: [[Gateway.Listener]] = [
    [Gateway.Listener(name: "http", port: 80)],
    [Gateway.Listener(name: "http", hostname: "*.example.com", port: 81, allowedRoutes: .init(namespaces: .all))],
    [
      Gateway.Listener(name: "http", hostname: "*.example.com", port: 80, allowedRoutes: .init(namespaces: .all)),
      Gateway.Listener(name: "one", hostname: "h1.example.com", port: 80),
      Gateway.Listener(
        name: "team", port: 8080,
        allowedRoutes: .init(namespaces: .selector(LabelSelector(matchLabels: ["team": "a"])))),
    ],
  ]

  private static let grant = ReferenceGrant(
    metadata: ObjectMeta(namespace: "other", name: "grant"),
    from: [.init(group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "default")],
    to: [.init(group: "", kind: "Service")])

  private static func policy(_ settings: HTTPListenerPolicy.ListenerSettings) -> HTTPListenerPolicy {
    HTTPListenerPolicy(
      metadata: ObjectMeta(namespace: "default", name: "settings"), targetRefs: [.init(name: "edge")],
      settings: settings)
  }
}
