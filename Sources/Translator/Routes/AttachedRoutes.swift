import KubernetesAPI

/// The routes of a Gateway: which of them serve at which listeners, and what their statuses say.
struct AttachedRoutes {
  /// By listener, the routes that serve there, the oldest first.
  private(set) var byListener: [[(route: ResolvedRoute, place: RouteAttachment.Place)]]
  private(set) var statuses: [NamespacedName: [RouteParentStatus]] = [:]
  private(set) var problems: [Problem] = []

  init(_ inputs: GatewayInputs, _ listeners: ListenerSet, _ resolver: BackendResolver) {
    byListener = Array(repeating: [], count: listeners.listeners.count)
    var problemsOfRoutes: [(id: NamespacedName, problems: [Problem])] = []
    for (rank, route) in Self.oldestFirst(inputs.routes).enumerated() {
      let namespace = route.metadata.namespace
      let attachment = RouteAttachment(
        route, to: inputs.gateway, listeners, labels: Self.labels(of: namespace, in: inputs))
      guard !attachment.parents.isEmpty else { continue }
      let resolved = ResolvedRoute(route, rank: rank, resolver: resolver)
      let refusals = RouteValidator.problems(in: route)
      if refusals.isEmpty {
        for place in attachment.places { byListener[place.listener].append((resolved, place)) }
      }
      let report = RouteReport(resolved, attachment, refusals: refusals)
      statuses[route.metadata.id] = report.parentStatuses(controllerName: inputs.settings.controllerName)
      problemsOfRoutes.append((route.metadata.id, report.problems))
    }
    problems = problemsOfRoutes.sorted { $0.id < $1.id }.flatMap(\.problems)
  }

  /// Accepted routes only (Gateway API, ListenerStatus.attachedRoutes).
  var countByListener: [Int] { byListener.map(\.count) }

  /// The order of precedence among equal matches (Gateway API, HTTPRouteRule.matches).
  private static func oldestFirst(_ routes: [HTTPRoute]) -> [HTTPRoute] {
    routes
      .map { (route: $0, time: $0.metadata.creationTimestamp, name: $0.metadata.id.description) }
      .sorted { ($0.time, $0.name) < ($1.time, $1.name) }
      .map(\.route)
  }

  /// Every namespace carries its name as a label, also one of which nothing else is known.
  private static func labels(of namespace: String, in inputs: GatewayInputs) -> [String: String] {
    inputs.namespaceLabels[namespace] ?? ["kubernetes.io/metadata.name": namespace]
  }
}
