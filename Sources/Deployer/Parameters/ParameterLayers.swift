import KubernetesAPI
import Translator

/// The parameters that a Gateway's proxies run by, those of the class first; and what is wrong with them, or with how
/// they are referred to.
struct ParameterLayers {
  private(set) var layers: [GatewayParameters] = []
  private(set) var problems: [DeploymentProblem] = []

  init(_ inputs: GatewayDeploymentInputs) {
    self.init(inputs.gatewayClass, inputs.classParameters)
    add(
      inputs.gateway.infrastructure.parametersRef, inputs.parameters, namespace: inputs.gateway.metadata.namespace,
      of: ObjectReference(kind: .gateway, id: inputs.gateway.metadata.id), at: "spec.infrastructure.parametersRef")
  }

  /// Those of a class alone.
  init(_ gatewayClass: GatewayClass, _ parameters: GatewayParameters?) {
    let id = NamespacedName(namespace: "", name: gatewayClass.metadata.name)
    add(
      gatewayClass.parametersRef, parameters, namespace: nil, of: ObjectReference(kind: .gatewayClass, id: id),
      at: "spec.parametersRef")
  }

  /// - Parameter namespace: the one in which the reference looks; nil where it must say it.
  private mutating func add(
    _ reference: ParametersReference?, _ found: GatewayParameters?, namespace: String?, of object: ObjectReference,
    at path: String
  ) {
    guard let reference else { return }
    guard reference.isGatewayParameters else {
      let kind = reference.group.isEmpty ? reference.kind : "\(reference.group)/\(reference.kind)"
      return add(
        object, "\(path).kind",
        "\"\(kind)\" is not supported; use the group gateway.kgateway.dev and the kind GatewayParameters")
    }
    guard let namespace = namespace ?? reference.namespace else {
      return add(object, "\(path).namespace", "namespace is missing; name the one of the GatewayParameters")
    }
    guard let found else {
      let name = NamespacedName(namespace: namespace, name: reference.name)
      return add(object, path, "there is no GatewayParameters \(name); create it, or correct the reference")
    }
    // Both may name the same: its faults are told once.
    if !layers.contains(where: { $0.metadata.id == found.metadata.id }) {
      problems += DeploymentJudgement.problems(of: found)
    }
    layers.append(found)
  }

  private mutating func add(_ object: ObjectReference, _ path: String, _ message: String) {
    problems.append(DeploymentProblem(.invalidParameters, FieldFault(path, message), of: object))
  }
}
