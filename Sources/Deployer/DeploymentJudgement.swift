package import KubernetesAPI
package import Translator

/// What is wrong with what proxies are deployed by, without deploying any: a Gateway with all that it refers to, a class
/// without Gateways, or parameters that nobody refers to.
package struct DeploymentJudgement: Hashable, Sendable {
  package private(set) var problems: [DeploymentProblem]
  /// As they are in effect, if there is no problem.
  let parameters: ProxyParameters
  let addresses: GatewayAddresses

  /// Judges a Gateway.
  package init(_ inputs: GatewayDeploymentInputs) {
    let gateway = ObjectReference(kind: .gateway, id: inputs.gateway.metadata.id)
    let layers = ParameterLayers(inputs)
    problems = layers.problems + Self.problems(of: inputs.gateway.infrastructure, of: gateway)
    var faults: [FieldFault] = []
    parameters = ProxyParameters(layers.layers, &faults)
    var addressFaults: [FieldFault] = []
    addresses = GatewayAddresses(of: inputs.gateway, serviceType: parameters.serviceType, &addressFaults)
    // Wrong parts make a wrong whole, of which nothing is worth saying.
    guard problems.isEmpty else { return }
    // What only the combination makes wrong is told where it was completed.
    let last = layers.layers.last.map { ObjectReference(kind: .gatewayParameters, id: $0.metadata.id) }
    problems += faults.map { DeploymentProblem(.invalidParameters, $0, of: last ?? gateway) }
    problems += addressFaults.map { DeploymentProblem(.unsupportedAddress, $0, of: gateway) }
  }

  /// What API servers check themselves, if they have the Gateway API of a release that does. Labels and annotations that
  /// the operator sets count more than those of a Gateway, and are none of its mistakes.
  private static func problems(
    of infrastructure: Gateway.Infrastructure, of gateway: ObjectReference
  ) -> [DeploymentProblem] {
    var faults: [FieldFault] = []
    faults.addFaults(ofLabels: infrastructure.labels, at: "spec.infrastructure.labels", reserved: [])
    faults.addFaults(ofAnnotations: infrastructure.annotations, at: "spec.infrastructure.annotations", reserved: [])
    return faults.map { DeploymentProblem(.invalidParameters, $0, of: gateway) }
  }

  /// Judges a class, whether there are Gateways of it or not.
  ///
  /// - Parameter parameters: what it names; nil where it names nothing, or nothing that there is.
  package static func problems(of gatewayClass: GatewayClass, parameters: GatewayParameters?) -> [DeploymentProblem] {
    ParameterLayers(gatewayClass, parameters).problems
  }

  /// Judges parameters by themselves.
  package static func problems(of parameters: GatewayParameters) -> [DeploymentProblem] {
    let object = ObjectReference(kind: .gatewayParameters, id: parameters.metadata.id)
    return ParametersCheck.faults(of: parameters).map { DeploymentProblem(.invalidParameters, $0, of: object) }
  }
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

  init(_ reason: Reason, _ fault: FieldFault, of object: ObjectReference) {
    self.init(reason, Problem(object: object, path: fault.path, message: fault.message))
  }
}
