import KubernetesAPI

/// Turns judged listeners into the Gateway's status (Gateway API, GatewayStatus) and the problems to tell.
struct GatewayReport {
  private let gateway: Gateway
  private let listeners: [ListenerSet.Listener]

  init(_ gateway: Gateway, _ listeners: ListenerSet) {
    self.gateway = gateway
    self.listeners = listeners.listeners
  }

  /// - Parameter attachedRoutes: by listener, in the order of the spec.
  func status(attachedRoutes: [Int]) -> GatewayStatus {
    GatewayStatus(
      conditions: gatewayConditions,
      listeners: zip(listeners, attachedRoutes).map { listener, routes in
        GatewayStatus.ListenerStatus(
          name: listener.spec.name, attachedRoutes: routes, supportedKinds: listener.kinds,
          conditions: conditions(of: listener))
      })
  }

  var problems: [Problem] {
    listeners.flatMap { listener in
      let path = "spec.listeners[\(listener.index)]"
      var found: [Problem] = []
      if let fault = listener.fault {
        found.append(problem("\(path).\(fault.field)", fault.message(for: listener.spec)))
      }
      for (index, kind) in listener.spec.allowedRoutes.kinds.enumerated() where listener.unknownKinds.contains(kind) {
        found.append(problem("\(path).allowedRoutes.kinds[\(index)]", kind.isUnknownMessage))
      }
      return found
    }
  }

  private func problem(_ path: String, _ message: String) -> Problem {
    Problem(object: ObjectReference(kind: .gateway, id: gateway.metadata.id), path: path, message: message)
  }

  private var gatewayConditions: [Condition] {
    let refused = listeners.filter { !$0.isAccepted }
    let isServed = refused.count < listeners.count
    let names = refused.map(\.spec.name).joined(separator: ", ")
    let message =
      if listeners.isEmpty {
        "The Gateway has no listeners."
      } else if refused.isEmpty {
        "All listeners are accepted."
      } else {
        "\(isServed ? "These listeners are" : "No listener is served; these are") not accepted: \(names)."
      }
    let accepted = isServed && refused.isEmpty ? "Accepted" : "ListenersNotValid"
    return [
      condition("Accepted", isServed, accepted, message),
      condition(
        "Programmed", isServed, isServed ? "Programmed" : "Invalid",
        isServed ? "The accepted listeners are configured." : message),
    ]
  }

  private func conditions(of listener: ListenerSet.Listener) -> [Condition] {
    let fault = listener.fault
    let message = fault.map { "\($0.field): \($0.message(for: listener.spec))" } ?? ""
    let isConflicted = fault?.isConflict ?? false
    let hasKinds = listener.unknownKinds.isEmpty
    return [
      condition("Accepted", fault == nil, fault?.acceptedReason ?? "Accepted", message),
      condition(
        "Conflicted", isConflicted, isConflicted ? "HostnameConflict" : "NoConflicts", isConflicted ? message : ""),
      condition(
        "ResolvedRefs", hasKinds, hasKinds ? "ResolvedRefs" : "InvalidRouteKinds",
        listener.unknownKinds.map(\.isUnknownMessage).joined(separator: "; ")),
      condition("Programmed", fault == nil, fault == nil ? "Programmed" : "Invalid", message),
    ]
  }

  private func condition(_ type: String, _ isTrue: Bool, _ reason: String, _ message: String) -> Condition {
    Condition(
      type: type, status: isTrue ? .yes : .no, reason: reason, message: message,
      observedGeneration: gateway.metadata.generation)
  }
}

extension RouteGroupKind {
  fileprivate var isUnknownMessage: String {
    "routes of the kind \(group.isEmpty ? kind : "\(group)/\(kind)") are not supported; HTTPRoute is"
  }
}

extension ListenerFault {
  fileprivate var isConflict: Bool {
    if case .conflict = self { true } else { false }
  }

  fileprivate var acceptedReason: String {
    switch self {
    case .unsupportedProtocol: "UnsupportedProtocol"
    case .conflict: "HostnameConflict"
    case .invalidPort, .reservedPort, .portTaken: "PortUnavailable"
    case .invalidHostname, .unexpectedTLS, .unknownNamespaces: "UnsupportedValue"
    }
  }

  fileprivate var field: String {
    switch self {
    case .unsupportedProtocol: "protocol"
    case .conflict, .invalidHostname: "hostname"
    case .invalidPort, .reservedPort, .portTaken: "port"
    case .unexpectedTLS: "tls"
    case .unknownNamespaces: "allowedRoutes.namespaces.from"
    }
  }

  fileprivate func message(for listener: Gateway.Listener) -> String {
    switch self {
    case .unsupportedProtocol: "the protocol '\(listener.protocolType)' is not supported; use HTTP"
    case .invalidPort: "\(listener.port) is no port; use a number from 1 to 65535"
    case .reservedPort(let use): "the proxy needs port \(listener.port) for \(use); use another one"
    case .portTaken(let port):
      "the proxy listens on port \(listener.port) for port \(port), which it must not bind itself; use another one for"
        + " one of the two"
    case .invalidHostname:
      "'\(listener.hostname ?? "")' is no host name; use lower-case labels such as www.example.com or *.example.com"
    case .unexpectedTLS: "a listener of the protocol HTTP takes no TLS settings; remove them"
    case .unknownNamespaces(let value): "'\(value)' is unknown; use Same, All or Selector"
    case .conflict(let others):
      "port \(listener.port) with the host \(listener.hostname.map { "'\($0)'" } ?? "that means every host") is also"
        + " that of \(others.joined(separator: ", ")); change the port or the host of all but one"
    }
  }
}
