import KubernetesAPI

/// What became of one policy.
struct PolicyVerdict {
  let policy: HTTPListenerPolicy
  /// The fields that are left out, because they are faulty.
  var faults: [FieldFault] = []
  /// The fields that are left out, because another policy has set them.
  var overridden: [FieldFault] = []

  init(policy: HTTPListenerPolicy) {
    self.policy = policy
  }

  /// What the policy's status says of a Gateway.
  func status(towards gateway: NamespacedName, controllerName: String) -> PolicyAncestorStatus {
    var conditions = [
      faults.isEmpty
        ? condition("Accepted", .yes, "Accepted", "The policy is accepted.")
        : condition("Accepted", .no, "Invalid", faults.summary)
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

  private func condition(_ type: String, _ status: Condition.Status, _ reason: String, _ message: String) -> Condition {
    Condition(
      type: type, status: status, reason: reason, message: message,
      observedGeneration: policy.metadata.generation)
  }
}
