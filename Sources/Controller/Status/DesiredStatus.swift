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

/// An object as last seen, and what its status is to say.
package struct ObjectStatus: Hashable, Sendable {
  package var object: KubernetesObject
  package var desired: DesiredStatus

  package init(object: KubernetesObject, desired: DesiredStatus) {
    self.object = object
    self.desired = desired
  }
}

/// Is told whose status is to be looked at again. What it is to say is asked for when it is written, so that nothing
/// old is ever written after something newer.
package protocol StatusSink: Sendable {
  /// Returns at once; the writing happens later.
  func statusChanged(of references: Set<ObjectReference>) async
}

/// For sources that keep no status, such as a folder of manifests.
package struct NoStatus: StatusSink {
  package init() {}

  package func statusChanged(of references: Set<ObjectReference>) async {}
}
