import EnvoyAPI
import KubernetesAPI

/// What the translations of one Gateway remember of its routes, so that a change of one costs what that one is made of,
/// and not what a thousand others are.
///
/// Nothing but time depends on it: with an empty memory, or that of another Gateway, the outcome is the same. A route is
/// found again as long as its ``RouteInput`` is the same object and nothing else is changed that it was judged by.
package struct RouteMemory: Sendable {
  /// Below this many routes, a translation costs less than remembering it in all Gateways would take of memory.
  static let leastRoutes = 32

  /// What the whole memory hinges on: if any of it is another, nothing is remembered.
  fileprivate struct Basis: Equatable, Sendable {
    struct Port: Equatable, Sendable {
      let number: Int
      let clusterVariant: String?
      let upstreamHTTPFilters: [Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpFilter]
      let separatesListeners: Bool
      let enablesConnect: Bool
    }

    let gateway: NamespacedName
    let listeners: [Gateway.Listener]
    let binding: PortBinding
    let controllerName: String
    let namespaceLabels: [String: [String: String]]
    let ports: [Port]
  }

  fileprivate struct Port: Sendable {
    let number: Int
    /// Places of its listeners in the Gateway.
    let listeners: Set<Int>
    let plan: ListenerPolicyPlan
    var virtualHosts: VirtualHostTable
  }

  private var basis: Basis?
  private(set) var attached = AttachedRoutes(listeners: 0)
  private var ports: [Port] = []
  private(set) var clusters = RouteClusters()

  package init() {}

  /// The route configurations of the ports, in the order of their numbers.
  mutating func routeTables() -> [RouteTable] {
    ports.indices.map {
      RouteTable(
        name: ResourceName.routeConfiguration(port: ports[$0].number), ports[$0].virtualHosts.virtualHosts())
    }
  }

  /// Takes in what changed of a Gateway's routes since the translation before.
  ///
  /// - Parameter plans: by port.
  mutating func update(
    to inputs: GatewayInputs, _ listeners: ListenerSet, _ resolver: BackendResolver, plans: [Int: ListenerPolicyPlan]
  ) {
    let planned = listeners.ports.compactMap { port, listeners in plans[port].map { (port, listeners, $0) } }
    let new = Basis(inputs, ports: planned.map { ($0.0, $0.2) })
    if basis != new {
      self = RouteMemory()
      basis = new
      attached = AttachedRoutes(listeners: listeners.listeners.count)
      ports = planned.map { Port($0, $1, $2) }
    }
    let changes = attached.update(to: inputs, listeners, resolver, variant: ports.first?.plan.clusterVariant)
    for route in changes.removed { remove(route) }
    for route in changes.added { add(route) }
    clusters.settle()
  }

  /// Forgets what is not worth its memory.
  mutating func finish() {
    if attached.count < Self.leastRoutes { self = RouteMemory() }
  }

  private mutating func add(_ route: JudgedRoute) {
    for index in ports.indices {
      let places = route.places.filter { ports[index].listeners.contains($0.listener) }
      guard !places.isEmpty else { continue }
      let compiled = route.compiled(for: ports[index].plan.clusterVariant)
      clusters.add(compiled, ports[index].plan)
      for place in places { ports[index].virtualHosts.add(compiled.entries, of: route, at: place) }
    }
  }

  private mutating func remove(_ route: JudgedRoute) {
    for index in ports.indices {
      let places = route.places.filter { ports[index].listeners.contains($0.listener) }
      guard !places.isEmpty else { continue }
      clusters.remove(route.compiled(for: ports[index].plan.clusterVariant))
      for place in places { ports[index].virtualHosts.remove(route, at: place) }
    }
  }
}

extension RouteMemory.Basis {
  fileprivate init(_ inputs: GatewayInputs, ports: [(number: Int, plan: ListenerPolicyPlan)]) {
    gateway = inputs.gateway.metadata.id
    listeners = inputs.gateway.listeners
    binding = inputs.settings.portBinding
    controllerName = inputs.settings.controllerName
    namespaceLabels = inputs.namespaceLabels
    self.ports = ports.map { number, plan in
      Port(
        number: number, clusterVariant: plan.clusterVariant, upstreamHTTPFilters: plan.upstreamHTTPFilters,
        separatesListeners: plan.separatesListeners, enablesConnect: plan.enablesConnect)
    }
  }
}

extension RouteMemory.Port {
  fileprivate init(_ number: Int, _ listeners: [ListenerSet.Listener], _ plan: ListenerPolicyPlan) {
    self.number = number
    self.listeners = Set(listeners.map(\.index))
    self.plan = plan
    virtualHosts = VirtualHostTable(
      listeners: listeners, separatesListeners: plan.separatesListeners, enablesConnect: plan.enablesConnect)
  }
}
