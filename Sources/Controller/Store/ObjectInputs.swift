import KubernetesAPI

// What of each kind the translation reads, and to what it refers. `input` is the object without what the API server
// moves on every write, so that two objects with equal inputs translate alike.

extension ObjectMeta {
  fileprivate var input: ObjectMeta {
    var copy = self
    copy.resourceVersion = ""
    return copy
  }
}

extension Gateway {
  var input: Gateway {
    var copy = self
    copy.metadata = metadata.input
    copy.status = GatewayStatus()
    return copy
  }

  var admitsBySelector: Bool {
    listeners.contains { listener in
      if case .selector = listener.allowedRoutes.namespaces { true } else { false }
    }
  }
}

extension GatewayParameters {
  var input: GatewayParameters {
    var copy = self
    copy.metadata = metadata.input
    return copy
  }
}

extension Gateway {
  /// The GatewayParameters that it names.
  var parameters: NamespacedName? {
    guard let reference = infrastructure.parametersRef, reference.isGatewayParameters else { return nil }
    return NamespacedName(namespace: metadata.namespace, name: reference.name)
  }
}

extension GatewayClass {
  /// The GatewayParameters that it names.
  var parameters: NamespacedName? {
    guard let reference = parametersRef, reference.isGatewayParameters else { return nil }
    return NamespacedName(namespace: reference.namespace ?? "", name: reference.name)
  }
}

extension HTTPRoute {
  var input: HTTPRoute {
    var copy = self
    copy.metadata = metadata.input
    copy.parentStatuses = []
    return copy
  }

  var gateways: Set<NamespacedName> { Set(parentRefs.compactMap { $0.gateway(from: metadata.namespace) }) }

  var services: Set<NamespacedName> { rules.flatMap(\.backendRefs).services(from: metadata.namespace) }

  var foreignNamespaces: Set<String> { Set(services.map(\.namespace)).subtracting([metadata.namespace]) }
}

extension [HTTPRoute.BackendReference] {
  /// The Services among them, as an object of a namespace means them.
  fileprivate func services(from namespace: String) -> Set<NamespacedName> {
    Set(
      filter { $0.kind == "Service" && $0.group.isEmpty }
        .map { NamespacedName(namespace: $0.namespace ?? namespace, name: $0.name) })
  }
}

extension HTTPListenerPolicy {
  var input: HTTPListenerPolicy {
    var copy = self
    copy.metadata = metadata.input
    copy.ancestorStatuses = []
    return copy
  }

  /// Those that it names; which it selects besides, only the store can say.
  var namedGateways: Set<NamespacedName> {
    Set(
      targetRefs.filter { $0.group == "gateway.networking.k8s.io" && $0.kind == "Gateway" }
        .map { NamespacedName(namespace: metadata.namespace, name: $0.name) })
  }

  var services: Set<NamespacedName> { backendReferences.services(from: metadata.namespace) }

  var foreignNamespaces: Set<String> { Set(services.map(\.namespace)).subtracting([metadata.namespace]) }
}

extension Service {
  var input: Service {
    var copy = self
    copy.metadata = ObjectMeta(namespace: metadata.namespace, name: metadata.name)
    return copy
  }
}

extension EndpointSlice {
  var input: EndpointSlice {
    var copy = self
    copy.metadata = ObjectMeta(namespace: metadata.namespace, name: metadata.name)
    copy.metadata.labels["kubernetes.io/service-name"] = metadata.labels["kubernetes.io/service-name"]
    return copy
  }
}
