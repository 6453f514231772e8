package import KubernetesAPI

/// What became of the objects that a Gateway runs on, for its status.
package struct DeploymentReport: Hashable, Sendable {
  /// Why a Gateway cannot be deployed as it asks to be.
  package struct Refusal: Hashable, Sendable {
    /// Of the Gateway's `Accepted=False` (Gateway API, GatewayConditionReason).
    package var reason: String
    /// Which object, which field, and what to do.
    package var problem: Problem

    package init(reason: String, problem: Problem) {
      self.reason = reason
      self.problem = problem
    }

    /// The same in a sentence.
    package var message: String { problem.description }
  }

  /// Where clients reach the Gateway.
  package var addresses: [GatewayStatus.Address]
  /// What an address is waited for; empty where there is one.
  package var awaited: String
  /// What of the Gateway or its parameters is wrong; what was there before stays.
  package var refusals: [Refusal]
  /// Why the deployment is not as it should be, and what to do, one sentence or more each; none if it is.
  package var faults: [String]

  package init(
    addresses: [GatewayStatus.Address] = [], awaited: String = "", refusals: [Refusal] = [], faults: [String] = []
  ) {
    self.addresses = addresses
    self.awaited = awaited
    self.refusals = refusals
    self.faults = faults
  }
}
