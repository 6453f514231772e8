package import KubernetesAPI
package import Translator

/// Something wrong with a target of a policy.
package struct TargetProblem: Sendable {
  /// The target, as an entry of the policy's status names it; nil where there is nothing to name.
  package let reference: ParentReference?
  package let problem: Problem
}

extension ResourceStore {
  /// What is wrong with the targets of a policy, in the order of its spec: a Gateway that does not exist, or that another
  /// controller serves. These never reach a translation, which looks from the Gateway; nor does a policy that sets
  /// nothing.
  package func targetProblems(of policy: HTTPListenerPolicy) -> [TargetProblem] {
    var problems: [TargetProblem] = []
    func add(_ reference: ParentReference?, _ path: String, _ message: String) {
      let object = ObjectReference(kind: .httpListenerPolicy, id: policy.metadata.id)
      problems.append(
        TargetProblem(reference: reference, problem: Problem(object: object, path: path, message: message)))
    }
    for (index, target) in policy.targetRefs.enumerated() {
      guard let text = problem(with: target, in: policy.metadata.namespace) else { continue }
      let reference = ParentReference(
        group: target.group, kind: target.kind, namespace: policy.metadata.namespace, name: target.name,
        sectionName: target.sectionName)
      add(reference, "spec.targetRefs[\(index)]\(text.field)", text.message)
    }
    for (index, selector) in policy.targetSelectors.enumerated() {
      let path = "spec.targetSelectors[\(index)]"
      if let message = Self.problem(withKind: selector.kind, of: selector.group) {
        add(nil, path + ".kind", message)
      } else if selector.matchLabels.isEmpty {
        add(nil, path + ".matchLabels", "is empty and selects nothing; give at least one label of the Gateways")
      }
    }
    if policy.targetRefs.isEmpty, policy.targetSelectors.isEmpty {
      add(
        nil, "spec.targetRefs", "is missing, so that the policy is for nothing; name a Gateway, or set targetSelectors")
    }
    if policy.accessLog.isEmpty, policy.tracing == nil, policy.metrics == nil,
      policy.settings == HTTPListenerPolicy.ListenerSettings()
    {
      add(nil, "spec", "sets nothing; set accessLog, tracing, metrics, or one of the listener's settings")
    }
    return problems
  }

  private func problem(
    with target: HTTPListenerPolicy.TargetReference, in namespace: String
  ) -> (field: String, message: String)? {
    if let message = Self.problem(withKind: target.kind, of: target.group) { return (".kind", message) }
    let id = NamespacedName(namespace: namespace, name: target.name)
    guard let gateway = gateways[id] else {
      return (
        ".name",
        "Gateway \(id) does not exist; create it, or name a Gateway in the policy's namespace\(knownGateways(in: namespace))"
      )
    }
    guard !isManaged(id) else { return nil }
    let className = gateway.gatewayClassName
    guard let gatewayClass = gatewayClasses[className] else {
      return (".name", "Gateway \(id) is of class \"\(className)\", which does not exist\(ownClasses)")
    }
    return (
      ".name",
      "Gateway \(id) is of class \"\(className)\", which \(gatewayClass.controllerName) serves, not "
        + "\(controllerName)\(ownClasses)"
    )
  }

  private static func problem(withKind kind: String, of group: String) -> String? {
    if group == "gateway.networking.k8s.io", kind == "Gateway" { return nil }
    return "a policy cannot target \(kind) of group \"\(group)\"; use kind Gateway of group gateway.networking.k8s.io"
  }

  private func knownGateways(in namespace: String) -> String {
    let names = managedGateways(in: namespace).prefix(5).map(\.name)
    return names.isEmpty ? "" : " (there is: \(names.joined(separator: ", ")))"
  }

  private var ownClasses: String {
    let names = gatewayClasses.values.filter { $0.controllerName == controllerName }.map(\.metadata.name).sorted()
    return names.isEmpty ? "" : "; set the Gateway's gatewayClassName to \(names.joined(separator: " or "))"
  }
}
