package import KubernetesAPI
package import Translator

extension ResourceStore {
  /// What is wrong with the targets of a policy, by the position in `spec.targetRefs`: a Gateway that does not exist, or
  /// that another controller serves. These never reach a translation, which looks from the Gateway.
  package func targetProblems(of policy: HTTPListenerPolicy) -> [Int: Problem] {
    var problems: [Int: Problem] = [:]
    for (index, target) in policy.targetRefs.enumerated() {
      guard let text = problem(with: target, in: policy.metadata.namespace) else { continue }
      problems[index] = Problem(
        object: ObjectReference(kind: .httpListenerPolicy, id: policy.metadata.id),
        path: "spec.targetRefs[\(index)]\(text.field)", message: text.message)
    }
    return problems
  }

  private func problem(
    with target: HTTPListenerPolicy.TargetReference, in namespace: String
  ) -> (field: String, message: String)? {
    guard target.group == "gateway.networking.k8s.io", target.kind == "Gateway" else {
      return (
        ".kind",
        "a policy cannot target \(target.kind) of group \"\(target.group)\"; use kind Gateway of group "
          + "gateway.networking.k8s.io"
      )
    }
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

  private func knownGateways(in namespace: String) -> String {
    let names = managedGateways(in: namespace).prefix(5).map(\.name)
    return names.isEmpty ? "" : " (there is: \(names.joined(separator: ", ")))"
  }

  private var ownClasses: String {
    let names = gatewayClasses.values.filter { $0.controllerName == controllerName }.map(\.metadata.name).sorted()
    return names.isEmpty ? "" : "; set the Gateway's gatewayClassName to \(names.joined(separator: " or "))"
  }
}
