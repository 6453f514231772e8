import KubernetesAPI
import Translator

/// What the last translation of each Gateway said of the objects involved, and from it the whole status of each object:
/// a route may have several parents and a policy several targets, each translated on its own.
struct StatusBook: Sendable {
  private let controllerName: String
  private var reports: [NamespacedName: TranslationReport] = [:]

  init(controllerName: String) { self.controllerName = controllerName }

  /// Notes the report of a Gateway's translation (nil: the Gateway is not served any more).
  /// - Returns: the objects of which the old and the new report do not say the same.
  mutating func record(_ report: TranslationReport?, of gateway: NamespacedName) -> Set<ObjectReference> {
    let old = reports[gateway]
    reports[gateway] = report
    var references: Set<ObjectReference> = []
    let routes = Set((old?.routes ?? [:]).keys).union((report?.routes ?? [:]).keys)
    for id in routes where old?.routes[id] != report?.routes[id] {
      references.insert(ObjectReference(kind: .httpRoute, id: id))
    }
    let policies = Set((old?.policies ?? [:]).keys).union((report?.policies ?? [:]).keys)
    for id in policies where old?.policies[id] != report?.policies[id] {
      references.insert(ObjectReference(kind: .httpListenerPolicy, id: id))
    }
    if report != nil, old?.gateway != report?.gateway {
      references.insert(ObjectReference(kind: .gateway, id: gateway))
    }
    return references
  }

  /// The whole status of an object from this controller's side; nil where it has none to give.
  ///
  /// What is stored of a Gateway that has yet to be translated (after a restart) stands until then.
  func status(of reference: ObjectReference, in store: ResourceStore) -> DesiredStatus? {
    switch (reference.kind, store.object(reference)) {
    case (.gatewayClass, .gatewayClass(let object)): status(of: object)
    case (.gateway, .gateway): reports[reference.id].map { .gateway(reference.id, $0.gateway) }
    case (.httpRoute, .httpRoute(let route)):
      .httpRoute(reference.id, parents(of: route, in: store))
    case (.httpListenerPolicy, .httpListenerPolicy(let policy)):
      .httpListenerPolicy(reference.id, ancestors(of: policy, in: store))
    default: nil
    }
  }

  private func status(of gatewayClass: GatewayClass) -> DesiredStatus? {
    guard gatewayClass.controllerName == controllerName else { return nil }
    let accepted = Condition(
      type: "Accepted", status: .yes, reason: "Accepted", message: "served by \(controllerName)",
      observedGeneration: gatewayClass.metadata.generation)
    return .gatewayClass(gatewayClass.metadata.name, [accepted])
  }

  private func parents(of route: HTTPRoute, in store: ResourceStore) -> [RouteParentStatus] {
    route.gateways.sorted().flatMap { gateway in
      if let report = reports[gateway] { return report.routes[route.metadata.id] ?? [] }
      guard store.isManaged(gateway) else { return [] }
      return route.parentStatuses.filter {
        $0.controllerName == controllerName && $0.parentRef.gateway(from: route.metadata.namespace) == gateway
      }
    }
  }

  private func ancestors(of policy: HTTPListenerPolicy, in store: ResourceStore) -> [PolicyAncestorStatus] {
    var judged: Set<ParentReference> = []
    let wrong = store.targetProblems(of: policy).compactMap { problem -> PolicyAncestorStatus? in
      guard let reference = problem.reference, judged.insert(reference).inserted else { return nil }
      let condition = Condition(
        type: "Accepted", status: .no, reason: "TargetNotFound",
        message: "\(problem.problem.path): \(problem.problem.message)",
        observedGeneration: policy.metadata.generation)
      return PolicyAncestorStatus(
        ancestorRef: reference, controllerName: controllerName, conditions: [condition])
    }
    let served = store.gateways(ofPolicy: policy.metadata.id).filter(store.isManaged).sorted()
    return wrong
      + served.flatMap { gateway in
        if let report = reports[gateway] { return report.policies[policy.metadata.id] ?? [] }
        return policy.ancestorStatuses.filter {
          $0.controllerName == controllerName && $0.ancestorRef.gateway(from: policy.metadata.namespace) == gateway
        }
      }
  }
}
