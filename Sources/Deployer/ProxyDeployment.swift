package import KubernetesAPI
import Translator

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

extension ProxyDeployment {
  /// Renders the objects, or tells why not.
  package init(_ inputs: GatewayDeploymentInputs, settings: DeployerSettings) {
    let judgement = DeploymentJudgement(inputs)
    objects = nil
    problems = judgement.problems
    let ports = ServedPort.all(of: inputs.gateway, binding: .unprivileged)
    guard problems.isEmpty, !ports.isEmpty else { return }

    let rendered = ProxyObjects(
      gateway: inputs.gateway, parameters: judgement.parameters, settings: settings, ports: ports,
      names: ObjectNames(of: inputs.gateway.metadata.id), addresses: judgement.addresses)
    do {
      objects = try rendered.all()
    } catch {
      let gateway = ObjectReference(kind: .gateway, id: inputs.gateway.metadata.id)
      let fault = FieldFault("spec", "the proxy's bootstrap cannot be written: \(error)")
      problems.append(DeploymentProblem(.invalidParameters, fault, of: gateway))
    }
  }
}
