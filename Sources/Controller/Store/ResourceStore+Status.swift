package import KubernetesAPI

extension ResourceStore {
  /// Objects whose status no translation tells, or that have an entry of this controller which none will renew: from
  /// before a restart, during which the Gateway went.
  package var referencesBesideTranslations: Set<ObjectReference> {
    let ownClasses = gatewayClasses.values.filter { $0.controllerName == controllerName }
      .map { ObjectReference(kind: .gatewayClass, id: NamespacedName(namespace: "", name: $0.metadata.name)) }
    let policies = policies.values.filter { !targetProblems(of: $0).isEmpty || hasForsakenEntry($0) }
      .map { ObjectReference(kind: .httpListenerPolicy, id: $0.metadata.id) }
    let routes = routes.values.filter(hasForsakenEntry)
      .map { ObjectReference(kind: .httpRoute, id: $0.metadata.id) }
    return Set(ownClasses + policies + routes)
  }

  private func hasForsakenEntry(_ route: HTTPRoute) -> Bool {
    let served = route.gateways.filter(isManaged)
    return route.parentStatuses.contains { entry in
      guard entry.controllerName == controllerName else { return false }
      return entry.parentRef.gateway(from: route.metadata.namespace).map { !served.contains($0) } ?? true
    }
  }

  private func hasForsakenEntry(_ policy: HTTPListenerPolicy) -> Bool {
    let served = gateways(ofPolicy: policy.metadata.id).filter(isManaged)
    return policy.ancestorStatuses.contains { entry in
      guard entry.controllerName == controllerName else { return false }
      return entry.ancestorRef.gateway(from: policy.metadata.namespace).map { !served.contains($0) } ?? true
    }
  }
}
