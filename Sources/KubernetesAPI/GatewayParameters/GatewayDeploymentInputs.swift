/// Everything in the cluster that decides how the proxies of one Gateway are deployed.
package struct GatewayDeploymentInputs: Hashable, Sendable {
  package var gateway: Gateway
  package var gatewayClass: GatewayClass
  /// What the class's `parametersRef` names; nil where it names nothing, or nothing that there is.
  package var classParameters: GatewayParameters?
  /// What the Gateway's `infrastructure.parametersRef` names; nil as above.
  package var parameters: GatewayParameters?

  package init(
    gateway: Gateway, gatewayClass: GatewayClass, classParameters: GatewayParameters? = nil,
    parameters: GatewayParameters? = nil
  ) {
    self.gateway = gateway
    self.gatewayClass = gatewayClass
    self.classParameters = classParameters
    self.parameters = parameters
  }
}
