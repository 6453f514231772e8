package import KubernetesAPI

/// What became of the objects that a Gateway runs on, for its status.
package struct DeploymentReport: Hashable, Sendable {
  /// Where clients reach the Gateway.
  package var addresses: [GatewayStatus.Address]
  /// What an address is waited for; empty where there is one.
  package var awaited: String
  /// Why the deployment is not as it should be, and what to do, one sentence or more each; none if it is.
  package var faults: [String]

  package init(addresses: [GatewayStatus.Address] = [], awaited: String = "", faults: [String] = []) {
    self.addresses = addresses
    self.awaited = awaited
    self.faults = faults
  }
}
