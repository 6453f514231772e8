import KubernetesAPI

/// What became of one policy.
struct PolicyVerdict {
  let policy: HTTPListenerPolicy
  /// The fields that are left out, because they are faulty.
  var faults: [FieldFault] = []
  /// The fields that are left out, because another policy has set them.
  private var overridden: [FieldFault] = []
  /// Whether any field is in effect.
  var isInEffect = false

  init(policy: HTTPListenerPolicy) {
    self.policy = policy
  }

  /// Notes that another policy decides a field.
  mutating func override(_ path: String, by winner: NamespacedName) {
    overridden.append(
      FieldFault(
        path, "has no effect, policy \(winner) decides (the oldest does; of the same age, the first by name)"))
  }

  /// What the policy's status says of a Gateway.
  func status(towards gateway: NamespacedName, controllerName: String) -> PolicyAncestorStatus {
    var conditions = [
      faults.isEmpty
        ? condition("Accepted", .yes, "Accepted", "The policy is accepted.")
        : condition("Accepted", .no, "Invalid", refusal)
    ]
    if !overridden.isEmpty {
      conditions.append(condition("Overridden", .yes, "Conflicted", overridden.summary))
    }
    let reference = ParentReference(namespace: gateway.namespace, name: gateway.name)
    return PolicyAncestorStatus(ancestorRef: reference, controllerName: controllerName, conditions: conditions)
  }

  var problems: [Problem] {
    let object = ObjectReference(kind: .httpListenerPolicy, id: policy.metadata.id)
    return faults.map { Problem(object: object, path: $0.path, message: $0.message) }
  }

  private var refusal: String {
    let summary = faults.summary
    guard isInEffect else { return summary }
    return summary + (summary.hasSuffix("?") ? "" : ".") + " The rest of the policy is in effect."
  }

  private func condition(_ type: String, _ status: Condition.Status, _ reason: String, _ message: String) -> Condition {
    Condition(
      type: type, status: status, reason: reason, message: message,
      observedGeneration: policy.metadata.generation)
  }
}
