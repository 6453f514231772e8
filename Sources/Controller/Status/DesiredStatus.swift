package import KubernetesAPI

/// What this controller has to say of one object: its own part of the object's status, and nothing of others'.
package enum DesiredStatus: Hashable, Sendable {
  case gatewayClass(String, [Condition])
  case gateway(NamespacedName, GatewayStatus)
  case httpRoute(NamespacedName, [RouteParentStatus])
  case httpListenerPolicy(NamespacedName, [PolicyAncestorStatus])

  /// The object whose status it is.
  package var reference: ObjectReference {
    switch self {
    case .gatewayClass(let name, _): ObjectReference(kind: .gatewayClass, id: NamespacedName(namespace: "", name: name))
    case .gateway(let id, _): ObjectReference(kind: .gateway, id: id)
    case .httpRoute(let id, _): ObjectReference(kind: .httpRoute, id: id)
    case .httpListenerPolicy(let id, _): ObjectReference(kind: .httpListenerPolicy, id: id)
    }
  }
}

/// Takes statuses that are to be written. A later status of an object replaces an earlier one that still waits.
package protocol StatusSink: Sendable {
  /// Returns at once; the writing happens later.
  func post(_ status: DesiredStatus) async
}

/// For sources that keep no status, such as a folder of manifests.
package struct NoStatus: StatusSink {
  package init() {}

  package func post(_ status: DesiredStatus) async {}
}
