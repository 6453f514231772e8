/// An object of any kind that is watched.
package enum KubernetesObject: Hashable, Sendable {
  case gatewayClass(GatewayClass)
  case gateway(Gateway)
  case httpRoute(HTTPRoute)
  case referenceGrant(ReferenceGrant)
  case httpListenerPolicy(HTTPListenerPolicy)
  case gatewayParameters(GatewayParameters)
  case service(Service)
  case endpointSlice(EndpointSlice)
  case namespace(Namespace)

  package var kind: KubernetesKind {
    switch self {
    case .gatewayClass: .gatewayClass
    case .gateway: .gateway
    case .httpRoute: .httpRoute
    case .referenceGrant: .referenceGrant
    case .httpListenerPolicy: .httpListenerPolicy
    case .gatewayParameters: .gatewayParameters
    case .service: .service
    case .endpointSlice: .endpointSlice
    case .namespace: .namespace
    }
  }

  package var metadata: ObjectMeta {
    switch self {
    case .gatewayClass(let object): object.metadata
    case .gateway(let object): object.metadata
    case .httpRoute(let object): object.metadata
    case .referenceGrant(let object): object.metadata
    case .httpListenerPolicy(let object): object.metadata
    case .gatewayParameters(let object): object.metadata
    case .service(let object): object.metadata
    case .endpointSlice(let object): object.metadata
    case .namespace(let object): object.metadata
    }
  }

  /// The object in another namespace.
  package func inNamespace(_ namespace: String) -> KubernetesObject {
    switch self {
    case .gatewayClass(var object):
      object.metadata.namespace = namespace
      return .gatewayClass(object)
    case .gateway(var object):
      object.metadata.namespace = namespace
      return .gateway(object)
    case .httpRoute(var object):
      object.metadata.namespace = namespace
      return .httpRoute(object)
    case .referenceGrant(var object):
      object.metadata.namespace = namespace
      return .referenceGrant(object)
    case .httpListenerPolicy(var object):
      object.metadata.namespace = namespace
      return .httpListenerPolicy(object)
    case .gatewayParameters(var object):
      object.metadata.namespace = namespace
      return .gatewayParameters(object)
    case .service(var object):
      object.metadata.namespace = namespace
      return .service(object)
    case .endpointSlice(var object):
      object.metadata.namespace = namespace
      return .endpointSlice(object)
    case .namespace(var object):
      object.metadata.namespace = namespace
      return .namespace(object)
    }
  }

  /// Kind and name: what identifies the object in a store.
  package var reference: ObjectReference { ObjectReference(kind: kind, id: metadata.id) }
}

/// Names one object of one kind.
package struct ObjectReference: Hashable, Sendable, Comparable, CustomStringConvertible {
  package var kind: KubernetesKind
  package var id: NamespacedName

  package init(kind: KubernetesKind, id: NamespacedName) {
    self.kind = kind
    self.id = id
  }

  /// `Kind namespace/name`, as messages to people name an object.
  package var description: String { "\(kind.rawValue) \(id)" }

  package static func < (left: Self, right: Self) -> Bool {
    left.kind == right.kind ? left.id < right.id : left.kind.rawValue < right.kind.rawValue
  }
}
