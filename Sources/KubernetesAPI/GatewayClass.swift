/// `gateway.networking.k8s.io/v1` GatewayClass: which controller serves the Gateways of the class.
package struct GatewayClass: Hashable, Sendable {
  package var metadata: ObjectMeta
  package var controllerName: String

  package init(metadata: ObjectMeta, controllerName: String) {
    self.metadata = metadata
    self.controllerName = controllerName
  }
}
