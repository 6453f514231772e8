package import KubernetesAPI
package import Translator

/// What is to become of what a Gateway runs on.
package enum DeploymentIntent: Hashable, Sendable {
  /// These objects are to be there, and no others that the Gateway owns.
  case deploy(GatewayIdentity, [ManagedObject])
  /// What is there stays as it is: what is asked for cannot be told, for these reasons if any.
  case keep(GatewayIdentity, [DeploymentReport.Refusal])
  /// The Gateway is another controller's: what it owns of ours is to go.
  case withdraw(GatewayIdentity)
  /// Nothing is known, and nothing is done: the Gateway is gone (its objects go by their owner), or of an unknown class.
  case ignore

  /// What is wrong with what is asked for.
  package var problems: [Problem] {
    if case .keep(_, let refusals) = self { refusals.map(\.problem) } else { [] }
  }

  /// What the renderer makes of a Gateway of this controller.
  package init(_ inputs: GatewayDeploymentInputs, settings: DeployerSettings) {
    let gateway = GatewayIdentity(inputs.gateway.metadata.id, uid: inputs.gateway.metadata.uid)
    let deployment = ProxyDeployment(inputs, settings: settings)
    if let objects = deployment.objects, deployment.problems.isEmpty {
      self = .deploy(gateway, objects)
    } else {
      self = .keep(
        gateway,
        deployment.problems.map { DeploymentReport.Refusal(reason: $0.reason.rawValue, problem: $0.problem) })
    }
  }
}
