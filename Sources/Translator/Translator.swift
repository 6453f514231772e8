package import EnvoyAPI
package import KubernetesAPI

/// Gateway API objects and policies in, Envoy resources and statuses out. Pure: no I/O, no clock, no state.
///
///     Gateway ── ListenerSet ──┐                         ┌── listener~PORT (HTTPListenerBuilder)
///     HTTPRoutes ── JudgedRoute, RouteCompiler ──────────┼── route~PORT (VirtualHostTable, RouteTable)
///     policies ── PolicyPlanner ──┘                      └── cluster~… (RouteClusters, ServiceCluster)
package enum Translator {
  /// The configuration of a Gateway's proxies, and what to say of the objects that went into it.
  package static func translate(_ inputs: GatewayInputs) -> Translation {
    var memory = RouteMemory()
    return translate(inputs, remembering: &memory)
  }

  /// The same, in less time where `memory` is that of an earlier translation of the Gateway; it is of this one afterwards.
  package static func translate(_ inputs: GatewayInputs, remembering memory: inout RouteMemory) -> Translation {
    let listeners = ListenerSet(inputs.gateway, binding: inputs.settings.portBinding)
    let backends = BackendResolver(inputs)
    let policies = PolicyPlanner.plan(for: inputs, listeners, backends)
    memory.update(to: inputs, listeners, backends, plans: policies.plans)
    defer { memory.finish() }

    var configuration = ConfigurationBuilder(gateway: inputs.gateway.metadata.id)
    let binding = inputs.settings.portBinding
    for (port, _) in listeners.ports {
      guard let plan = policies.plans[port] else { continue }
      configuration.add(port: port, bound: binding.bound(port), plan: plan)
    }
    let gateway = GatewayReport(inputs.gateway, listeners)
    let routes = memory.attached
    return Translation(
      configuration: configuration.finish(memory.routeTables(), memory.clusters),
      report: TranslationReport(
        gateway: gateway.status(attachedRoutes: routes.countByListener),
        routes: routes.statuses,
        policies: policies.statuses,
        effectivePolicies: policies.effective,
        leftOut: policies.leftOut,
        problems: gateway.problems + routes.problems + policies.problems))
  }

  /// What is wrong with the fields of a policy, whichever Gateway it is for.
  package static func problems(
    ofUnattached policy: HTTPListenerPolicy, services: [NamespacedName: Service], referenceGrants: [ReferenceGrant],
    settings: TranslatorSettings
  ) -> [Problem] {
    let inputs = GatewayInputs(
      gateway: Gateway(metadata: ObjectMeta(namespace: policy.metadata.namespace, name: ""), gatewayClassName: ""),
      services: services, referenceGrants: referenceGrants, settings: settings)
    let context = PolicyContext(inputs, BackendResolver(inputs))
    let object = ObjectReference(kind: .httpListenerPolicy, id: policy.metadata.id)
    return TranslatedPolicy.faults(of: policy, in: context).map {
      Problem(object: object, path: $0.path, message: $0.message)
    }
  }

  /// The endpoint resource of a Service's port, from all EndpointSlices of that Service.
  package static func loadAssignment(
    _ reference: EndpointReference, slices: [EndpointSlice]
  ) -> Envoy_Config_Endpoint_V3_ClusterLoadAssignment {
    LoadAssignment(reference, slices: slices).message(named: reference.resourceName)
  }
}
