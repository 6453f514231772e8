/// `gateway.networking.k8s.io/v1` GatewayClass: which controller serves the Gateways of the class.
package struct GatewayClass: Hashable, Sendable {
  package var metadata: ObjectMeta
  package var controllerName: String
  package var parametersRef: ParametersReference?
  /// The status as last read.
  package var conditions: [Condition]

  package init(
    metadata: ObjectMeta, controllerName: String, parametersRef: ParametersReference? = nil,
    conditions: [Condition] = []
  ) {
    self.metadata = metadata
    self.controllerName = controllerName
    self.parametersRef = parametersRef
    self.conditions = conditions
  }
}
