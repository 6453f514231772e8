package import KubernetesAPI
package import Translator

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
}

extension ProxyDeployment {
  /// Renders the objects, or tells why not.
  package init(_ inputs: GatewayDeploymentInputs, settings: DeployerSettings) {
    objects = nil
    problems = []
    let layers = ParameterLayers(inputs)
    problems = layers.problems
    guard problems.isEmpty else { return }

    var faults: [FieldFault] = []
    let parameters = ProxyParameters(layers.layers, &faults)
    // What only the combination makes wrong is told where it was completed.
    let last = layers.layers.last.map { ObjectReference(kind: .gatewayParameters, id: $0.metadata.id) }
    let gateway = ObjectReference(kind: .gateway, id: inputs.gateway.metadata.id)
    add(faults, of: last ?? gateway, .invalidParameters)
    faults = []
    let addresses = GatewayAddresses(of: inputs.gateway, serviceType: parameters.serviceType, &faults)
    add(faults, of: gateway, .unsupportedAddress)
    let ports = ServedPort.all(of: inputs.gateway, binding: .unprivileged)
    guard problems.isEmpty, !ports.isEmpty else { return }

    let rendered = ProxyObjects(
      gateway: inputs.gateway, parameters: parameters, settings: settings, ports: ports,
      names: ObjectNames(of: inputs.gateway.metadata.id), addresses: addresses)
    do {
      objects = try rendered.all()
    } catch {
      add([FieldFault("spec", "the proxy's bootstrap cannot be written: \(error)")], of: gateway, .invalidParameters)
    }
  }

  private mutating func add(_ faults: [FieldFault], of object: ObjectReference, _ reason: DeploymentProblem.Reason) {
    problems += faults.map {
      DeploymentProblem(reason, Problem(object: object, path: $0.path, message: $0.message))
    }
  }
}
