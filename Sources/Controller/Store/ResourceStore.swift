package import KubernetesAPI

/// All objects in use, typed, with indexes that find what a change reaches in the time of the answer:
///
///     GatewayClass ─< Gateway ─< HTTPListenerPolicy        (targetRefs)
///                        └────< HTTPRoute ─< Service       (parentRefs, backendRefs)
///                                             └─< EndpointSlice (label kubernetes.io/service-name)
///     Namespace labels → Gateways that admit routes by selector;  ReferenceGrant → routes with a foreign backend
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
  package private(set) var services: [NamespacedName: Service] = [:]
  package private(set) var slices: [NamespacedName: EndpointSlice] = [:]
  package private(set) var namespaces: [String: Namespace] = [:]
  package private(set) var grants: [NamespacedName: ReferenceGrant] = [:]

  private var gatewaysByClass = RelationIndex<NamespacedName, String>()
  private var gatewaysByNamespace = RelationIndex<NamespacedName, String>()
  private var routesByGateway = RelationIndex<NamespacedName, NamespacedName>()
  private var policiesByGateway = RelationIndex<NamespacedName, NamespacedName>()
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
  package func routes(of gateway: NamespacedName) -> [HTTPRoute] {
    routesByGateway.sources(of: gateway).compactMap { routes[$0] }
  }

  /// Policies that target the Gateway.
  package func policies(of gateway: NamespacedName) -> [HTTPListenerPolicy] {
    policiesByGateway.sources(of: gateway).compactMap { policies[$0] }
  }

  /// The EndpointSlices of a Service, in the order of their names.
  package func slices(of service: NamespacedName) -> [EndpointSlice] {
    slicesByService.sources(of: service).sorted().compactMap { slices[$0] }
  }

  /// Services that a route's backends name.
  package func services(of route: NamespacedName) -> Set<NamespacedName> { routesByService.targets(of: route) }

  /// Grants in any of the namespaces that the route's backends stand in, other than its own.
  package func grants(for route: NamespacedName) -> [ReferenceGrant] {
    routesByForeignNamespace.targets(of: route)
      .flatMap { grantsByNamespace.sources(of: $0) }
      .compactMap { grants[$0] }
  }

  /// The object as it was last seen, if it is of a kind whose status is written.
  package func object(_ reference: ObjectReference) -> KubernetesObject? {
    switch reference.kind {
    case .gatewayClass: gatewayClasses[reference.id.name].map(KubernetesObject.gatewayClass)
    case .gateway: gateways[reference.id].map(KubernetesObject.gateway)
    case .httpRoute: routes[reference.id].map(KubernetesObject.httpRoute)
    case .httpListenerPolicy: policies[reference.id].map(KubernetesObject.httpListenerPolicy)
    case .service, .endpointSlice, .namespace, .referenceGrant: nil
    }
  }
}

// MARK: Gateways and classes

extension ResourceStore {
  private mutating func setGatewayClass(_ name: String, to new: GatewayClass?) -> Affected {
    let old = gatewayClasses[name]
    gatewayClasses[name] = new
    var affected = Affected()
    if new?.controllerName == controllerName,
      old?.metadata.generation != new?.metadata.generation || old?.metadata.uid != new?.metadata.uid
    {
      affected.statuses.insert(ObjectReference(kind: .gatewayClass, id: NamespacedName(namespace: "", name: name)))
    }
    guard old?.controllerName != new?.controllerName else { return affected }
    let gateways = gatewaysByClass.sources(of: name)
    // The policies' targets are judged by the class even where it only goes from one foreign controller to another.
    for gateway in gateways { affected.statuses.formUnion(policyReferences(of: gateway)) }
    if old?.controllerName == controllerName || new?.controllerName == controllerName { affected.gateways = gateways }
    return affected
  }

  private mutating func setGateway(_ id: NamespacedName, to new: Gateway?) -> Affected {
    let old = gateways[id]
    let wasManaged = isManaged(id)
    gateways[id] = new
    gatewaysByClass.set(id, to: new.map { [$0.gatewayClassName] } ?? [])
    gatewaysByNamespace.set(id, to: new == nil ? [] : [id.namespace])
    if new?.admitsBySelector == true { gatewaysWithSelector.insert(id) } else { gatewaysWithSelector.remove(id) }
    guard old?.input != new?.input else { return Affected() }
    var affected = Affected()
    if wasManaged || isManaged(id) { affected.gateways = [id] }
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

// MARK: What attaches to Gateways

extension ResourceStore {
  private mutating func setRoute(_ id: NamespacedName, to new: HTTPRoute?) -> Affected {
    let old = routes[id]
    routes[id] = new
    guard old?.input != new?.input else { return Affected() }
    var reached = routesByGateway.targets(of: id)
    routesByGateway.set(id, to: new?.gateways ?? [])
    routesByService.set(id, to: new?.services ?? [])
    routesByForeignNamespace.set(id, to: new?.foreignNamespaces ?? [])
    reached.formUnion(routesByGateway.targets(of: id))
    var affected = Affected(gateways: managed(reached))
    if !affected.gateways.isEmpty, isReplaced(old?.metadata, by: new?.metadata) {
      affected.statuses = [ObjectReference(kind: .httpRoute, id: id)]
    }
    return affected
  }

  private mutating func setPolicy(_ id: NamespacedName, to new: HTTPListenerPolicy?) -> Affected {
    let old = policies[id]
    policies[id] = new
    guard old?.input != new?.input else { return Affected() }
    var reached = policiesByGateway.targets(of: id)
    policiesByGateway.set(id, to: new?.gateways ?? [])
    reached.formUnion(policiesByGateway.targets(of: id))
    return Affected(gateways: managed(reached), statuses: [ObjectReference(kind: .httpListenerPolicy, id: id)])
  }
}

// MARK: Backends

extension ResourceStore {
  private mutating func setService(_ id: NamespacedName, to new: Service?) -> Affected {
    let old = services[id]
    services[id] = new
    guard old?.input != new?.input else { return Affected() }
    return Affected(gateways: gateways(ofRoutes: routesByService.sources(of: id)))
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
    return Affected(gateways: gateways(ofRoutes: routesByForeignNamespace.sources(of: id.namespace)))
  }

  private func gateways(ofRoutes routes: Set<NamespacedName>) -> Set<NamespacedName> {
    managed(routes.reduce(into: []) { $0.formUnion(routesByGateway.targets(of: $1)) })
  }
}
