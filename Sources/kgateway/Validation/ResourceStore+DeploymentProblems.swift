import Controller
import Deployer
import KubernetesAPI
import Translator

extension ResourceStore {
  /// What keeps proxies from being deployed as they are asked for, in all Gateways and classes of this controller, and
  /// in all GatewayParameters, whether somebody names them or not.
  var deploymentProblems: [Problem] {
    let ofGateways = managedGateways.compactMap(deploymentInputs).flatMap { DeploymentJudgement($0).problems }
    let ofClasses = gatewayClasses.values.filter { $0.controllerName == controllerName }
      .flatMap { DeploymentJudgement.problems(of: $0, parameters: parameters(of: $0)) }
    let ofParameters = parameters.values.flatMap { DeploymentJudgement.problems(of: $0) }
    return (ofGateways + ofClasses + ofParameters).map(\.problem)
  }
}
