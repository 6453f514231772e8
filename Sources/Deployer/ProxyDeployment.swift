package import KubernetesAPI
package import Translator

/// The objects that run a Gateway's proxies, or why they cannot be told. Pure: the same inputs give the same objects.
///
///     GatewayDeploymentInputs ─ ProxyParameters (class first, Gateway over it) ─┬─ ServiceAccount, Service
///     DeployerSettings ─ ProxyBootstrap ────────────────────────────────────────┼─ ConfigMap, Deployment
///                                                                               └─ autoscaler, disruption budget
package struct ProxyDeployment: Hashable, Sendable {
  /// Every object that is to be there, in the order in which they are best applied; what the Gateway owns besides is to
  /// go. Nil: nothing can be told, and what is there stays as it is, be it because of a problem, or because no listener
  /// of the Gateway is served (which the translator tells).
  package private(set) var objects: [ManagedObject]?
  /// What is wrong, and thus keeps the Gateway from being accepted.
  package private(set) var problems: [DeploymentProblem]
}

/// Something in a Gateway or its parameters that keeps its proxies from being deployed.
package struct DeploymentProblem: Hashable, Sendable {
  /// The reason of the Gateway's `Accepted=False` (Gateway API, GatewayConditionReason).
  package enum Reason: String, Hashable, Sendable {
    case invalidParameters = "InvalidParameters"
    case unsupportedAddress = "UnsupportedAddress"
  }

  package var reason: Reason
  /// The object, the field, and what to do.
  package var problem: Problem

  package init(_ reason: Reason, _ problem: Problem) {
    self.reason = reason
    self.problem = problem
  }
}

extension ProxyDeployment {
  package init(_ inputs: GatewayDeploymentInputs, settings: DeployerSettings) {
    objects = nil
    problems = []
  }
}
