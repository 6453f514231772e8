import KubernetesAPI

/// Where a route attaches to a Gateway: for each of its parent references that mean the Gateway, the listeners or the
/// reason why there are none (Gateway API, "Route attachment").
struct RouteAttachment {
  struct Parent {
    /// The place in `spec.parentRefs`.
    let index: Int
    let reference: ParentReference
    let outcome: Result<[Place], Refusal>
  }

  /// A listener with the hosts that it and the route have in common.
  struct Place {
    /// The place in the Gateway's `spec.listeners`.
    let listener: Int
    let hostnames: [Hostname]
  }

  /// Why a route does not attach through a parent reference.
  struct Refusal: Error {
    let reason: String
    /// The field that is at fault, from the parent reference, or from the route's root where it begins with `spec`.
    let field: String
    let message: String
  }

  let parents: [Parent]

  /// The listeners over all parents, each once, in their order.
  var places: [Place] {
    var byListener: [Int: Place] = [:]
    for parent in parents {
      guard case .success(let places) = parent.outcome else { continue }
      for place in places { byListener[place.listener] = place }
    }
    return byListener.values.sorted { $0.listener < $1.listener }
  }

  /// - Parameter labels: of the route's namespace.
  init(_ route: HTTPRoute, to gateway: Gateway, _ listeners: ListenerSet, labels: [String: String]) {
    let id = gateway.metadata.id
    parents = route.parentRefs.enumerated()
      .filter { $0.element.gateway(from: route.metadata.namespace) == id }
      .map { index, reference in
        Parent(
          index: index, reference: reference,
          outcome: Result { () throws(Refusal) in
            try Self.places(of: route, through: reference, to: gateway, listeners, labels)
          })
      }
  }

  private static func places(
    of route: HTTPRoute, through reference: ParentReference, to gateway: Gateway, _ listeners: ListenerSet,
    _ labels: [String: String]
  ) throws(Refusal) -> [Place] {
    let named = listeners.listeners.filter {
      (reference.sectionName ?? $0.spec.name) == $0.spec.name && (reference.port ?? $0.spec.port) == $0.spec.port
    }
    guard !named.isEmpty else { throw noMatchingParent(reference, gateway) }
    let admitting = named.filter {
      $0.admitsRoutes(
        of: route.metadata.namespace, gatewayNamespace: gateway.metadata.namespace, labels: labels)
    }
    let served = named.filter(\.isAccepted)
    guard !served.isEmpty else {
      throw Refusal(
        reason: "NoReadyListeners", field: "name",
        message: "\(list(named)) not served by the Gateway \(gateway.metadata.id); see its status")
    }
    let open = admitting.filter(\.isAccepted)
    guard !open.isEmpty else {
      throw Refusal(
        reason: "NotAllowedByListeners", field: "name",
        message: "allowedRoutes of the Gateway \(gateway.metadata.id) admits no HTTPRoutes of the namespace"
          + " \(route.metadata.namespace); change it there, or move the route")
    }
    let places = open.compactMap { place(of: route, at: $0) }
    guard !places.isEmpty else {
      throw Refusal(
        reason: "NoMatchingListenerHostname", field: "spec.hostnames",
        message: "none is a host of the Gateway \(gateway.metadata.id)"
          + " (\(open.map(\.hostname.domain).joined(separator: ", "))); change one of the two")
    }
    return places
  }

  private static func place(of route: HTTPRoute, at listener: ListenerSet.Listener) -> Place? {
    guard !route.hostnames.isEmpty else { return Place(listener: listener.index, hostnames: [listener.hostname]) }
    let valid = route.hostnames.compactMap(Hostname.init)
    // The route is refused for its host names then, which tells more than that none is the listener's.
    guard !valid.isEmpty else { return Place(listener: listener.index, hostnames: []) }
    var hostnames: [Hostname] = []
    for hostname in valid {
      if let common = listener.hostname.intersection(hostname), !hostnames.contains(common) {
        hostnames.append(common)
      }
    }
    return hostnames.isEmpty ? nil : Place(listener: listener.index, hostnames: hostnames)
  }

  private static func noMatchingParent(_ reference: ParentReference, _ gateway: Gateway) -> Refusal {
    let names = gateway.listeners.map { "\($0.name) (port \($0.port))" }.joined(separator: ", ")
    let wanted = [reference.sectionName.map { "the name \($0)" }, reference.port.map { "the port \($0)" }]
      .compactMap(\.self).joined(separator: " and ")
    return Refusal(
      reason: "NoMatchingParent", field: reference.sectionName != nil ? "sectionName" : "port",
      message: "the Gateway \(gateway.metadata.id) has no listener with \(wanted); it has"
        + " \(names.isEmpty ? "none" : names)")
  }

  private static func list(_ listeners: [ListenerSet.Listener]) -> String {
    let names = listeners.map(\.spec.name).joined(separator: ", ")
    return listeners.count == 1 ? "the listener \(names) is" : "the listeners \(names) are"
  }
}
