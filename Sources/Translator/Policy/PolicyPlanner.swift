import EnvoyAPI
import KubernetesAPI

/// Combines the policies on a Gateway.
///
/// All access logs are kept, in the order of the policies: the oldest first, those of the same second by namespace and
/// name. A field that can be set once is taken from the first policy that sets it without a fault, those first that name
/// a listener of the port; every later one is told which field of it has no effect, and who decides. What is faulty in a
/// policy is left out and told; the rest of it is in effect.
///
/// Plain HTTP listeners that share a port share a connection manager, so that what can be set once holds for all of them;
/// a policy that names one of them is told.
enum PolicyPlanner {
  /// What the policies come to.
  struct Outcome {
    /// By port.
    var plans: [Int: ListenerPolicyPlan] = [:]
    var effective: [EffectivePolicy] = []
    var statuses: [NamespacedName: [PolicyAncestorStatus]] = [:]
    var problems: [Problem] = []
    /// The fields that are left out, because Envoy refuses them.
    var leftOut: [PolicyContribution] = []
  }

  static func plan(for inputs: GatewayInputs, _ listeners: ListenerSet, _ backends: BackendResolver) -> Outcome {
    let context = PolicyContext(inputs, backends)
    let policies = inputs.policies.sorted { $0.isOlder(than: $1) }.compactMap { policy in
      PolicyTargets(of: policy, on: inputs.gateway).map { TranslatedPolicy(policy, targets: $0, in: context) }
    }
    var verdicts = policies.map(PolicyVerdict.init)
    var outcome = Outcome()
    for (port, listeners) in listeners.ports {
      let names = listeners.map(\.spec.name)
      var combination = PortCombination(
        port: port, listeners: names, plan: ListenerPolicyPlan(metrics: context.metrics), refused: inputs.leftOut)
      combination.add(policies, &verdicts)
      outcome.plans[port] = combination.plan
      outcome.leftOut += combination.leftOut
      outcome.effective.append(
        EffectivePolicy(
          port: port, resource: ResourceName.listener(port: port), listeners: names,
          contributions: combination.contributions, losses: combination.losses))
    }
    for verdict in verdicts {
      outcome.statuses[verdict.policy.metadata.id] = verdict.statuses(
        towards: inputs.gateway, controllerName: inputs.settings.controllerName)
      outcome.problems += verdict.problems(towards: inputs.gateway)
    }
    return outcome
  }
}

extension HTTPListenerPolicy {
  /// An object without a timestamp was not created yet, and is the youngest.
  fileprivate func isOlder(than other: HTTPListenerPolicy) -> Bool {
    let (left, right) = (metadata.creationTimestamp, other.metadata.creationTimestamp)
    if left == right { return metadata.id < other.metadata.id }
    return !left.isEmpty && (right.isEmpty || left < right)
  }
}
