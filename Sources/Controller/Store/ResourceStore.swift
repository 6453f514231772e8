package import KubernetesAPI
package import Translator

/// All objects in use, typed, with indexes that find what a change reaches in the time of the answer:
///
///     GatewayClass ─< Gateway ─< HTTPListenerPolicy        (targetRefs, targetSelectors) ─< Service (backendRef)
///                        └────< HTTPRoute ─< Service       (parentRefs, backendRefs)
///                                             └─< EndpointSlice (label kubernetes.io/service-name)
///     GatewayParameters → Gateways (infrastructure.parametersRef), and those of a class (parametersRef)
///     Namespace labels → Gateways that admit routes by selector
///     ReferenceGrant → routes and policies with a foreign backend
///
/// A value without I/O: one event in, what it reaches out. Changes of what nobody here reads (status, resourceVersion,
/// managedFields) reach nothing, so that our own status writes cause no work when they come back from a watch.
package struct ResourceStore: Sendable {
  /// The name that a GatewayClass must carry for its Gateways to be served here.
  package let controllerName: String

  package private(set) var gatewayClasses: [String: GatewayClass] = [:]
  package private(set) var gateways: [NamespacedName: Gateway] = [:]
  package private(set) var routes: [NamespacedName: HTTPRoute] = [:]
  package private(set) var policies: [NamespacedName: HTTPListenerPolicy] = [:]
  package private(set) var parameters: [NamespacedName: GatewayParameters] = [:]
  package private(set) var services: [NamespacedName: Service] = [:]
  package private(set) var slices: [NamespacedName: EndpointSlice] = [:]
  package private(set) var namespaces: [String: Namespace] = [:]
  package private(set) var grants: [NamespacedName: ReferenceGrant] = [:]

  private var gatewaysByClass = RelationIndex<NamespacedName, String>()
  private var gatewaysByParameters = RelationIndex<NamespacedName, NamespacedName>()
  private var classesByParameters = RelationIndex<String, NamespacedName>()
  private var gatewaysByNamespace = RelationIndex<NamespacedName, String>()
  /// As translations read them, by the Gateways that they name.
  private var routesByGateway: [NamespacedName: [NamespacedName: RouteInput]] = [:]
  private var policiesByGateway = RelationIndex<NamespacedName, NamespacedName>()
  /// Policies that select Gateways by labels, by their namespace.
  private var selectingPolicies = RelationIndex<NamespacedName, String>()
  private var policiesByService = RelationIndex<NamespacedName, NamespacedName>()
  /// As of routes.
  private var policiesByForeignNamespace = RelationIndex<NamespacedName, String>()
  private var routesByService = RelationIndex<NamespacedName, NamespacedName>()
  /// Routes by the other namespaces that their backends stand in: whom a grant there can reach.
  private var routesByForeignNamespace = RelationIndex<NamespacedName, String>()
  private var slicesByService = RelationIndex<NamespacedName, NamespacedName>()
  private var grantsByNamespace = RelationIndex<NamespacedName, String>()
  private var gatewaysWithSelector: Set<NamespacedName> = []

  package init(controllerName: String) { self.controllerName = controllerName }

  /// Takes one change in and tells what it reaches.
  package mutating func apply(_ event: ResourceEvent) -> Affected {
    switch event {
    case .upsert(let object): upsert(object)
    case .delete(let reference): delete(reference)
    }
  }

  private mutating func upsert(_ object: KubernetesObject) -> Affected {
    switch object {
    case .gatewayClass(let new): setGatewayClass(new.metadata.name, to: new)
    case .gateway(let new): setGateway(new.metadata.id, to: new)
    case .httpRoute(let new): setRoute(new.metadata.id, to: new)
    case .httpListenerPolicy(let new): setPolicy(new.metadata.id, to: new)
    case .gatewayParameters(let new): setParameters(new.metadata.id, to: new)
    case .service(let new): setService(new.metadata.id, to: new)
    case .endpointSlice(let new): setSlice(new.metadata.id, to: new)
    case .namespace(let new): setNamespace(new.metadata.name, to: new)
    case .referenceGrant(let new): setGrant(new.metadata.id, to: new)
    }
  }

  private mutating func delete(_ reference: ObjectReference) -> Affected {
    switch reference.kind {
    case .gatewayClass: setGatewayClass(reference.id.name, to: nil)
    case .gateway: setGateway(reference.id, to: nil)
    case .httpRoute: setRoute(reference.id, to: nil)
    case .httpListenerPolicy: setPolicy(reference.id, to: nil)
    case .gatewayParameters: setParameters(reference.id, to: nil)
    case .service: setService(reference.id, to: nil)
    case .endpointSlice: setSlice(reference.id, to: nil)
    case .namespace: setNamespace(reference.id.name, to: nil)
    case .referenceGrant: setGrant(reference.id, to: nil)
    }
  }
}

// MARK: Questions

extension ResourceStore {
  /// Whether this controller serves the Gateway: it exists and its class names this controller.
  package func isManaged(_ gateway: NamespacedName) -> Bool {
    guard let className = gateways[gateway]?.gatewayClassName else { return false }
    return gatewayClasses[className]?.controllerName == controllerName
  }

  /// Every Gateway that this controller serves.
  package var managedGateways: [NamespacedName] { gateways.keys.filter(isManaged) }

  /// Those of them in one namespace, in the order of their names.
  package func managedGateways(in namespace: String) -> [NamespacedName] {
    managed(gatewaysByNamespace.sources(of: namespace)).sorted()
  }

  /// Routes that name the Gateway as a parent.
  package func routes(of gateway: NamespacedName) -> [RouteInput] {
    routesByGateway[gateway].map { Array($0.values) } ?? []
  }

  /// Policies that name or select the Gateway.
  package func policies(of gateway: NamespacedName) -> [HTTPListenerPolicy] {
    policiesByGateway.sources(of: gateway).compactMap { policies[$0] }
  }

  /// Gateways that a policy names, whether they exist or not, and those that it selects.
  package func gateways(ofPolicy policy: NamespacedName) -> Set<NamespacedName> {
    policiesByGateway.targets(of: policy)
  }

  /// The EndpointSlices of a Service, in the order of their names.
  package func slices(of service: NamespacedName) -> [EndpointSlice] {
    slicesByService.sources(of: service).sorted().compactMap { slices[$0] }
  }

  /// Whether the Service has an EndpointSlice like this.
  package func hasSlice(of service: NamespacedName, where isMeant: (EndpointSlice) -> Bool) -> Bool {
    slicesByService.sources(of: service).contains { slices[$0].map(isMeant) ?? false }
  }

  /// Services that a route's backends name.
  package func services(of route: NamespacedName) -> Set<NamespacedName> { routesByService.targets(of: route) }

  /// Routes with a backend that names the Service.
  package func routes(to service: NamespacedName) -> Set<NamespacedName> { routesByService.sources(of: service) }

  /// Services that a policy's receivers name.
  package func services(ofPolicy policy: NamespacedName) -> Set<NamespacedName> {
    policiesByService.targets(of: policy)
  }

  /// Grants in any of the namespaces that the route's backends stand in, other than its own.
  package func grants(for route: NamespacedName) -> [ReferenceGrant] {
    grants(in: routesByForeignNamespace.targets(of: route))
  }

  /// Grants in any of the namespaces that the policy's receivers stand in, other than its own.
  package func grants(forPolicy policy: NamespacedName) -> [ReferenceGrant] {
    grants(in: policiesByForeignNamespace.targets(of: policy))
  }

  private func grants(in namespaces: Set<String>) -> [ReferenceGrant] {
    namespaces.flatMap { grantsByNamespace.sources(of: $0) }.compactMap { grants[$0] }
  }

  /// The object as it was last seen, if it is of a kind whose status is written.
  package func object(_ reference: ObjectReference) -> KubernetesObject? {
    switch reference.kind {
    case .gatewayClass: gatewayClasses[reference.id.name].map(KubernetesObject.gatewayClass)
    case .gateway: gateways[reference.id].map(KubernetesObject.gateway)
    case .httpRoute: routes[reference.id].map(KubernetesObject.httpRoute)
    case .httpListenerPolicy: policies[reference.id].map(KubernetesObject.httpListenerPolicy)
    case .gatewayParameters, .service, .endpointSlice, .namespace, .referenceGrant: nil
    }
  }
}

// MARK: Gateways and classes

extension ResourceStore {
  private mutating func setGatewayClass(_ name: String, to new: GatewayClass?) -> Affected {
    let old = gatewayClasses[name]
    gatewayClasses[name] = new
    classesByParameters.set(name, to: new?.parameters.map { [$0] } ?? [])
    var affected = Affected()
    if new?.controllerName == controllerName,
      old?.metadata.generation != new?.metadata.generation || old?.metadata.uid != new?.metadata.uid
    {
      affected.statuses.insert(ObjectReference(kind: .gatewayClass, id: NamespacedName(namespace: "", name: name)))
    }
    guard old?.controllerName != new?.controllerName else {
      if new?.controllerName == controllerName, old?.parametersRef != new?.parametersRef {
        affected.deployments = gatewaysByClass.sources(of: name)
      }
      return affected
    }
    let gateways = gatewaysByClass.sources(of: name)
    // The policies' targets are judged by the class even where it only goes from one foreign controller to another.
    for gateway in gateways { affected.statuses.formUnion(policyReferences(of: gateway)) }
    if old?.controllerName == controllerName || new?.controllerName == controllerName {
      affected.gateways = gateways
      affected.deployments = gateways
    } else if old == nil {
      // The class may have been this controller's before it was deleted; what was deployed for it is still there.
      affected.deployments = gateways
    }
    return affected
  }

  private mutating func setGateway(_ id: NamespacedName, to new: Gateway?) -> Affected {
    let old = gateways[id]
    let wasManaged = isManaged(id)
    gateways[id] = new
    gatewaysByClass.set(id, to: new.map { [$0.gatewayClassName] } ?? [])
    gatewaysByParameters.set(id, to: new?.parameters.map { [$0] } ?? [])
    gatewaysByNamespace.set(id, to: new == nil ? [] : [id.namespace])
    if new?.admitsBySelector == true { gatewaysWithSelector.insert(id) } else { gatewaysWithSelector.remove(id) }
    guard old?.input != new?.input else { return Affected() }
    if old?.metadata.labels != new?.metadata.labels {
      for policy in selectingPolicies.sources(of: id.namespace) { setGateways(ofPolicy: policy) }
    }
    var affected = Affected()
    if wasManaged || isManaged(id) {
      affected.gateways = [id]
      affected.deployments = [id]
    } else if let old, let new, old.gatewayClassName != new.gatewayClassName {
      // As of a class: the one before may have been this controller's until it was deleted.
      affected.deployments = [id]
    }
    if wasManaged != isManaged(id) || old?.gatewayClassName != new?.gatewayClassName {
      affected.statuses = policyReferences(of: id)
    }
    if isManaged(id), isReplaced(old?.metadata, by: new?.metadata) {
      affected.statuses.insert(ObjectReference(kind: .gateway, id: id))
    }
    return affected
  }

  /// Whether this is another object than before, if of the same name: it has no status yet, although a translation may
  /// have nothing new to say of it.
  private func isReplaced(_ old: ObjectMeta?, by new: ObjectMeta?) -> Bool { new != nil && old?.uid != new?.uid }

  private func policyReferences(of gateway: NamespacedName) -> Set<ObjectReference> {
    Set(policiesByGateway.sources(of: gateway).map { ObjectReference(kind: .httpListenerPolicy, id: $0) })
  }

  private func managed(_ gateways: Set<NamespacedName>) -> Set<NamespacedName> { gateways.filter(isManaged) }
}

// MARK: Parameters of Gateways

extension ResourceStore {
  private mutating func setParameters(_ id: NamespacedName, to new: GatewayParameters?) -> Affected {
    let old = parameters[id]
    parameters[id] = new
    guard old?.input != new?.input else { return Affected() }
    var reached = gatewaysByParameters.sources(of: id)
    for name in classesByParameters.sources(of: id) { reached.formUnion(gatewaysByClass.sources(of: name)) }
    return Affected(deployments: managed(reached))
  }
}

// MARK: What attaches to Gateways

extension ResourceStore {
  private mutating func setRoute(_ id: NamespacedName, to new: HTTPRoute?) -> Affected {
    let old = routes[id]
    routes[id] = new
    guard old?.input != new?.input else {
      // What is the same is there once.
      if var old, let new {
        (old.metadata, old.parentStatuses) = (new.metadata, new.parentStatuses)
        routes[id] = old
      }
      return Affected()
    }
    let left = old?.gateways ?? []
    let reached = new?.gateways ?? []
    setInput(new.map(RouteInput.init), of: id, leaving: left, for: reached)
    routesByService.set(id, to: new?.services ?? [])
    routesByForeignNamespace.set(id, to: new?.foreignNamespaces ?? [])
    var affected = Affected(gateways: managed(left.union(reached)))
    if !affected.gateways.isEmpty, isReplaced(old?.metadata, by: new?.metadata) {
      affected.statuses = [ObjectReference(kind: .httpRoute, id: id)]
    }
    return affected
  }

  private mutating func setInput(
    _ input: RouteInput?, of id: NamespacedName, leaving left: Set<NamespacedName>, for gateways: Set<NamespacedName>
  ) {
    for gateway in left.subtracting(gateways) {
      routesByGateway[gateway]?[id] = nil
      if routesByGateway[gateway]?.isEmpty == true { routesByGateway[gateway] = nil }
    }
    for gateway in gateways { routesByGateway[gateway, default: [:]][id] = input }
  }

  private mutating func setPolicy(_ id: NamespacedName, to new: HTTPListenerPolicy?) -> Affected {
    let old = policies[id]
    policies[id] = new
    guard old?.input != new?.input else { return Affected() }
    var reached = policiesByGateway.targets(of: id)
    selectingPolicies.set(id, to: new?.targetSelectors.isEmpty == false ? [id.namespace] : [])
    policiesByService.set(id, to: new?.services ?? [])
    policiesByForeignNamespace.set(id, to: new?.foreignNamespaces ?? [])
    setGateways(ofPolicy: id)
    reached.formUnion(policiesByGateway.targets(of: id))
    return Affected(gateways: managed(reached), statuses: [ObjectReference(kind: .httpListenerPolicy, id: id)])
  }

  /// Finds anew which Gateways a policy is for. One without selectors costs what it names, another what its namespace
  /// holds.
  private mutating func setGateways(ofPolicy id: NamespacedName) {
    guard let policy = policies[id] else { return policiesByGateway.remove(id) }
    var targets = policy.namedGateways
    if !policy.targetSelectors.isEmpty {
      for name in gatewaysByNamespace.sources(of: id.namespace) {
        guard let gateway = gateways[name] else { continue }
        if policy.targetSelectors.contains(where: { $0.selects(gateway) }) { targets.insert(name) }
      }
    }
    policiesByGateway.set(id, to: targets)
  }
}

// MARK: Backends

extension ResourceStore {
  private mutating func setService(_ id: NamespacedName, to new: Service?) -> Affected {
    let old = services[id]
    services[id] = new
    guard old?.input != new?.input else { return Affected() }
    let policies = policiesByService.sources(of: id)
    return Affected(gateways: gateways(ofRoutes: routesByService.sources(of: id), policies: policies))
  }

  private mutating func setSlice(_ id: NamespacedName, to new: EndpointSlice?) -> Affected {
    let old = slices[id]
    slices[id] = new
    guard old?.input != new?.input else { return Affected() }
    var services = slicesByService.targets(of: id)
    slicesByService.set(id, to: new?.service.map { [$0] } ?? [])
    services.formUnion(slicesByService.targets(of: id))
    return Affected(endpoints: services)
  }

  private mutating func setNamespace(_ name: String, to new: Namespace?) -> Affected {
    let old = namespaces[name]
    namespaces[name] = new
    guard old?.metadata.labels != new?.metadata.labels else { return Affected() }
    return Affected(gateways: managed(gatewaysWithSelector))
  }

  private mutating func setGrant(_ id: NamespacedName, to new: ReferenceGrant?) -> Affected {
    let old = grants[id]
    grants[id] = new
    grantsByNamespace.set(id, to: new == nil ? [] : [id.namespace])
    guard old?.from != new?.from || old?.to != new?.to else { return Affected() }
    let policies = policiesByForeignNamespace.sources(of: id.namespace)
    return Affected(
      gateways: gateways(ofRoutes: routesByForeignNamespace.sources(of: id.namespace), policies: policies))
  }

  private func gateways(
    ofRoutes routes: Set<NamespacedName>, policies: Set<NamespacedName>
  ) -> Set<NamespacedName> {
    var reached: Set<NamespacedName> = []
    for route in routes { reached.formUnion(self.routes[route]?.gateways ?? []) }
    for policy in policies { reached.formUnion(policiesByGateway.targets(of: policy)) }
    return managed(reached)
  }
}
