package import KubernetesAPI

/// What the translations of one Gateway remember of its routes, so that a change of one costs what that one is made of,
/// and not what a thousand others are.
///
/// Nothing but time depends on it: with an empty memory, or that of another Gateway, the outcome is the same. A route is
/// found again where all that it was judged by is unchanged: itself, the Gateway's listeners, the labels of its
/// namespace, and the Services that it names. One that needs ReferenceGrants is judged each time.
package struct RouteMemory: Sendable {
  /// Below this many routes, a translation costs less than remembering it in all Gateways would take of memory.
  static let leastRoutes = 32

  private var gateway: NamespacedName?
  private var listeners: [Gateway.Listener] = []
  private var controllerName = ""
  private var routes: [NamespacedName: JudgedRoute] = [:]

  package init() {}

  /// The memory for a translation of these inputs: all routes that need not be judged again.
  func matching(_ inputs: GatewayInputs) -> [NamespacedName: JudgedRoute] {
    guard gateway == inputs.gateway.metadata.id, listeners == inputs.gateway.listeners,
      controllerName == inputs.settings.controllerName
    else { return [:] }
    return routes
  }

  /// Keeps what a translation made of the routes.
  mutating func keep(_ judged: [JudgedRoute], of inputs: GatewayInputs) {
    gateway = inputs.gateway.metadata.id
    listeners = inputs.gateway.listeners
    controllerName = inputs.settings.controllerName
    guard judged.count >= Self.leastRoutes else {
      routes = [:]
      return
    }
    routes = Dictionary(judged.map { ($0.route.metadata.id, $0) }) { first, _ in first }
  }
}

/// A route with all that is found out about it: where it attaches, what its backends are, what its status says, and what
/// it becomes in Envoy.
final class JudgedRoute: Sendable {
  let route: HTTPRoute
  /// By rule and backend reference; a fault is told in the route's status.
  let backends: [[Result<Backend, BackendFault>]]
  /// Where it serves; empty if it is refused.
  let places: [RouteAttachment.Place]
  /// Whether it means the Gateway at all.
  let isAttached: Bool
  let statuses: [RouteParentStatus]
  let problems: [Problem]
  /// What it becomes with one variant of its clusters, which nearly all Gateways have on all of their ports.
  private let compiled: CompiledRoute

  private let labels: [String: String]
  private let services: [(id: NamespacedName, service: Service?)]
  private let needsGrants: Bool

  /// - Parameters:
  ///   - labels: of the route's namespace.
  ///   - variant: of the clusters that the route's port is likely to use.
  init(
    _ route: HTTPRoute, in inputs: GatewayInputs, _ listeners: ListenerSet, _ resolver: BackendResolver,
    labels: [String: String], variant: String?
  ) {
    self.route = route
    self.labels = labels
    let namespace = route.metadata.namespace
    var services: [(id: NamespacedName, service: Service?)] = []
    var needsGrants = false
    for reference in route.rules.lazy.flatMap(\.backendRefs) {
      let id = NamespacedName(namespace: reference.namespace ?? namespace, name: reference.name)
      if !services.contains(where: { $0.id == id }) { services.append((id, inputs.services[id])) }
      if id.namespace != namespace { needsGrants = true }
    }
    (self.services, self.needsGrants) = (services, needsGrants)
    backends = route.rules.map { rule in
      rule.backendRefs.map { reference in
        Result { () throws(BackendFault) in try resolver.resolve(reference, from: namespace) }
      }
    }
    let attachment = RouteAttachment(route, to: inputs.gateway, listeners, labels: labels)
    isAttached = !attachment.parents.isEmpty
    let refusals = isAttached ? RouteValidator.problems(in: route) : []
    places = refusals.isEmpty ? attachment.places : []
    let report = RouteReport(route, backends, attachment, refusals: refusals)
    statuses = report.parentStatuses(controllerName: inputs.settings.controllerName)
    problems = report.problems
    compiled = places.isEmpty ? .none : RouteCompiler(clusterVariant: variant).compile(route, backends)
  }

  /// Whether it would be judged the same, and become the same.
  func holds(
    for route: HTTPRoute, labels: [String: String], services: [NamespacedName: Service], variant: String?
  ) -> Bool {
    !needsGrants && self.route == route && self.labels == labels && (places.isEmpty || compiled.variant == variant)
      && self.services.allSatisfy { services[$0.id] == $0.service }
  }

  /// What it becomes with another variant of its clusters.
  func compiled(for variant: String?) -> CompiledRoute {
    compiled.variant == variant ? compiled : RouteCompiler(clusterVariant: variant).compile(route, backends)
  }
}
