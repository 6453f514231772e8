import KubernetesAPI

/// The routes of a Gateway, and what their statuses say. Kept from one translation to the next, so that only what
/// changed is judged again.
struct AttachedRoutes: Sendable {
  /// What an update found out.
  struct Changes {
    /// Routes that are gone, or are to be judged anew.
    var removed: [JudgedRoute] = []
    var added: [JudgedRoute] = []
  }

  /// All that were judged, also those that do not mean the Gateway, by the input, which they hold on to.
  private var judged: [ObjectIdentifier: JudgedRoute] = [:]
  private var services: [NamespacedName: Service] = [:]
  private var grants: [ReferenceGrant] = []
  private var faulty: [NamespacedName: JudgedRoute] = [:]

  /// By route that means the Gateway.
  private(set) var statuses: [NamespacedName: [RouteParentStatus]] = [:]
  /// Accepted routes by listener (Gateway API, ListenerStatus.attachedRoutes).
  private(set) var countByListener: [Int]

  init(listeners: Int) { countByListener = Array(repeating: 0, count: listeners) }

  /// How many routes there are.
  var count: Int { judged.count }

  /// All findings, in the order of the routes' names.
  var problems: [Problem] { faulty.sorted { $0.key < $1.key }.flatMap(\.value.problems) }

  /// Makes these the routes. The Gateway's listeners and the labels of namespaces are those of the update before.
  ///
  /// - Parameter variant: of the clusters that most of the routes use; that of the update before.
  mutating func update(
    to inputs: GatewayInputs, _ listeners: ListenerSet, _ resolver: BackendResolver, variant: String?
  ) -> Changes {
    var changes = Changes()
    let doubtful = doubtful(in: inputs)
    for route in doubtful { judged[ObjectIdentifier(route.input)] = nil }
    changes.removed = doubtful

    var new: [RouteInput] = []
    for route in inputs.routes where judged[ObjectIdentifier(route)] == nil { new.append(route) }
    if judged.count + new.count > inputs.routes.count {
      let present = Set(inputs.routes.map(ObjectIdentifier.init))
      let gone = judged.filter { !present.contains($0.key) }
      for (key, route) in gone {
        judged[key] = nil
        changes.removed.append(route)
      }
    }
    changes.added = new.map { route in
      JudgedRoute(
        route, in: inputs, listeners, resolver, labels: Self.labels(of: route.id.namespace, in: inputs),
        variant: variant)
    }
    for route in changes.removed { forget(route) }
    for route in changes.added { take(route) }
    return changes
  }

  /// The routes that might be judged otherwise now, although they are the same: those with a backend of which the
  /// Service is another, or one in another namespace if what is granted is another.
  private mutating func doubtful(in inputs: GatewayInputs) -> [JudgedRoute] {
    var changed: Set<NamespacedName> = []
    var known = 0
    for (id, service) in inputs.services {
      let old = services[id]
      if old != nil { known += 1 }
      if old != service { changed.insert(id) }
    }
    if known < services.count {
      for id in services.keys where inputs.services[id] == nil { changed.insert(id) }
    }
    services = inputs.services
    let grantsChanged = !grants.hasSameElements(as: inputs.referenceGrants)
    grants = inputs.referenceGrants
    guard grantsChanged || !changed.isEmpty else { return [] }
    return judged.values.filter { route in
      grantsChanged && route.input.needsGrants || route.input.services.contains(where: changed.contains)
    }
  }

  private mutating func forget(_ route: JudgedRoute) {
    guard route.isAttached else { return }
    for place in route.places { countByListener[place.listener] -= 1 }
    statuses[route.input.id] = nil
    faulty[route.input.id] = nil
  }

  private mutating func take(_ route: JudgedRoute) {
    judged[ObjectIdentifier(route.input)] = route
    guard route.isAttached else { return }
    for place in route.places { countByListener[place.listener] += 1 }
    statuses[route.input.id] = route.statuses
    if !route.problems.isEmpty { faulty[route.input.id] = route }
  }

  /// Every namespace carries its name as a label, also one of which nothing else is known.
  private static func labels(of namespace: String, in inputs: GatewayInputs) -> [String: String] {
    inputs.namespaceLabels[namespace] ?? ["kubernetes.io/metadata.name": namespace]
  }
}

extension [ReferenceGrant] {
  /// Whether both have the same grants, in whatever order.
  fileprivate func hasSameElements(as other: Self) -> Bool {
    count == other.count && (self == other || Set(self) == Set(other))
  }
}
