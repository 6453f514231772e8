import KubernetesAPI

/// Combines the policies on a Gateway.
enum PolicyPlanner {
  /// What the policies come to.
  struct Outcome {
    /// By port; a port without a plan has an empty one.
    var plans: [Int: ListenerPolicyPlan] = [:]
    var statuses: [NamespacedName: [PolicyAncestorStatus]] = [:]
    var problems: [Problem] = []
  }

  static func plan(for inputs: GatewayInputs) -> Outcome {
    Outcome()
  }
}
