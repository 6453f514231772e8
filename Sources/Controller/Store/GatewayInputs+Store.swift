package import KubernetesAPI
package import Translator

extension ResourceStore {
  /// Everything that the translation of a Gateway reads; nil if this controller does not serve it. Costs what is
  /// attached to the Gateway.
  package func inputs(for id: NamespacedName, settings: TranslatorSettings) -> GatewayInputs? {
    guard isManaged(id), let gateway = gateways[id] else { return nil }
    let attached = routes(of: id)
    var used: [NamespacedName: Service] = [:]
    var grants: [NamespacedName: ReferenceGrant] = [:]
    for route in attached {
      for service in route.services where used.index(forKey: service) == nil { used[service] = services[service] }
      guard route.needsGrants else { continue }
      for grant in self.grants(for: route.id) { grants[grant.metadata.id] = grant }
    }
    let policies = policies(of: id)
    for policy in policies {
      for service in services(ofPolicy: policy.metadata.id) { used[service] = services[service] }
      for grant in self.grants(forPolicy: policy.metadata.id) { grants[grant.metadata.id] = grant }
    }
    return GatewayInputs(
      gateway: gateway, routes: attached, policies: policies, services: used,
      namespaceLabels: gateway.admitsBySelector ? labels(ofNamespacesIn: attached) : [:],
      referenceGrants: Array(grants.values), settings: settings)
  }

  /// Everything that the deployment of a Gateway's proxies reads; nil if this controller does not serve it.
  package func deploymentInputs(for id: NamespacedName) -> GatewayDeploymentInputs? {
    guard isManaged(id), let gateway = gateways[id], let gatewayClass = gatewayClasses[gateway.gatewayClassName] else {
      return nil
    }
    return GatewayDeploymentInputs(
      gateway: gateway.input, gatewayClass: gatewayClass,
      classParameters: parameters(of: gatewayClass)?.input,
      parameters: gateway.parameters.flatMap { parameters[$0]?.input })
  }

  /// The GatewayParameters that a class names; nil if it names none, or none that there is.
  package func parameters(of gatewayClass: GatewayClass) -> GatewayParameters? {
    gatewayClass.parameters.flatMap { parameters[$0] }
  }

  private func labels(ofNamespacesIn routes: [RouteInput]) -> [String: [String: String]] {
    var labels: [String: [String: String]] = [:]
    for namespace in Set(routes.map(\.id.namespace)) {
      labels[namespace] = namespaces[namespace]?.metadata.labels
    }
    return labels
  }
}
