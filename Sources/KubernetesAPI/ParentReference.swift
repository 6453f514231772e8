/// Names the Gateway (or one of its listeners) that a route attaches to.
package struct ParentReference: Hashable, Sendable {
  package var group: String
  package var kind: String
  /// Nil: the route's own namespace.
  package var namespace: String?
  package var name: String
  /// Only the listener of this name.
  package var sectionName: String?
  /// Only listeners on this port.
  package var port: Int?

  package init(
    group: String = "gateway.networking.k8s.io", kind: String = "Gateway", namespace: String? = nil, name: String,
    sectionName: String? = nil, port: Int? = nil
  ) {
    self.group = group
    self.kind = kind
    self.namespace = namespace
    self.name = name
    self.sectionName = sectionName
    self.port = port
  }

  /// The Gateway meant by an object in `namespace`, or nil if this names another kind.
  package func gateway(from namespace: String) -> NamespacedName? {
    guard group == "gateway.networking.k8s.io", kind == "Gateway" else { return nil }
    return NamespacedName(namespace: self.namespace ?? namespace, name: name)
  }
}

/// What a controller says of a route towards one parent (`RouteParentStatus`).
package struct RouteParentStatus: Hashable, Sendable {
  package var parentRef: ParentReference
  package var controllerName: String
  package var conditions: [Condition]

  package init(parentRef: ParentReference, controllerName: String, conditions: [Condition]) {
    self.parentRef = parentRef
    self.controllerName = controllerName
    self.conditions = conditions
  }
}
