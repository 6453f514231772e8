import KubernetesAPI

/// The routes of a Gateway: which of them serve at which listeners, and what their statuses say.
struct AttachedRoutes {
  /// A route at a listener.
  struct Placed {
    let judged: JudgedRoute
    /// The place among all routes, the oldest first.
    let rank: Int
    let place: RouteAttachment.Place
  }

  /// By listener, the routes that serve there, the oldest first.
  private(set) var byListener: [[Placed]]
  private(set) var statuses: [NamespacedName: [RouteParentStatus]] = [:]
  private(set) var problems: [Problem] = []
  /// All routes that mean the Gateway.
  private(set) var judged: [JudgedRoute] = []

  /// - Parameters:
  ///   - known: what was made of routes before.
  ///   - variant: of the clusters that most of the routes will use.
  init(
    _ inputs: GatewayInputs, _ listeners: ListenerSet, _ resolver: BackendResolver,
    known: [NamespacedName: JudgedRoute], variant: String?
  ) {
    byListener = Array(repeating: [], count: listeners.listeners.count)
    var faulty: [JudgedRoute] = []
    statuses.reserveCapacity(inputs.routes.count)
    var labelsByNamespace: [String: [String: String]] = [:]
    for (rank, index) in Self.oldestFirst(inputs.routes).enumerated() {
      let id = inputs.routes[index].metadata.id
      let labels = labelsByNamespace[id.namespace] ?? Self.labels(of: id.namespace, in: inputs)
      labelsByNamespace[id.namespace] = labels
      let judged: JudgedRoute
      // The route where it is, for it is large to move.
      if let known = known[id],
        known.holds(for: inputs.routes[index], labels: labels, services: inputs.services, variant: variant)
      {
        judged = known
      } else {
        judged = JudgedRoute(inputs.routes[index], in: inputs, listeners, resolver, labels: labels, variant: variant)
      }
      guard judged.isAttached else { continue }
      self.judged.append(judged)
      for place in judged.places { byListener[place.listener].append(Placed(judged: judged, rank: rank, place: place)) }
      statuses[id] = judged.statuses
      if !judged.problems.isEmpty { faulty.append(judged) }
    }
    problems = faulty.sorted { $0.route.metadata.id < $1.route.metadata.id }.flatMap(\.problems)
  }

  /// Accepted routes only (Gateway API, ListenerStatus.attachedRoutes).
  var countByListener: [Int] { byListener.map(\.count) }

  /// The places of the routes in the order of precedence among equal matches: by age, then by `namespace/name` (Gateway
  /// API, HTTPRouteRule.matches). The places, since routes are large to move.
  private static func oldestFirst(_ routes: [HTTPRoute]) -> [Int] {
    routes.indices.sorted { left, right in
      let (leftTime, rightTime) = (routes[left].metadata.creationTimestamp, routes[right].metadata.creationTimestamp)
      if leftTime != rightTime { return leftTime < rightTime }
      // Within a namespace the names alone decide, and nothing is put together for each comparison.
      guard routes[left].metadata.namespace == routes[right].metadata.namespace else {
        return routes[left].metadata.id.description < routes[right].metadata.id.description
      }
      return routes[left].metadata.name < routes[right].metadata.name
    }
  }

  /// Every namespace carries its name as a label, also one of which nothing else is known.
  private static func labels(of namespace: String, in inputs: GatewayInputs) -> [String: String] {
    inputs.namespaceLabels[namespace] ?? ["kubernetes.io/metadata.name": namespace]
  }
}
