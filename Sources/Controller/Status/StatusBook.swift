import KubernetesAPI
import Translator

/// What the last translation of each Gateway said of the objects involved, and from it the whole status of each object:
/// a route may have several parents and a policy several targets, each translated on its own.
struct StatusBook: Sendable {
  private let controllerName: String
  /// Whether proxies are deployed from here, so that their deployment is known.
  private let isDeploying: Bool
  private var reports: [NamespacedName: TranslationReport] = [:]
  private var deployments: [NamespacedName: DeploymentReport] = [:]

  init(controllerName: String, isDeploying: Bool) {
    self.controllerName = controllerName
    self.isDeploying = isDeploying
  }

  /// Notes what became of a Gateway's deployment.
  /// - Returns: whether that is news.
  mutating func record(_ deployment: DeploymentReport, of gateway: NamespacedName) -> Bool {
    deployments.updateValue(deployment, forKey: gateway) != deployment
  }

  /// Forgets what is known of deployments: what is stored stands until they are looked at.
  mutating func forgetDeployments() { deployments = [:] }

  /// Notes the report of a Gateway's translation (nil: the Gateway is not served any more).
  /// - Returns: the objects of which the old and the new report do not say the same.
  mutating func record(_ report: TranslationReport?, of gateway: NamespacedName) -> Set<ObjectReference> {
    let old = reports[gateway]
    reports[gateway] = report
    if report == nil { deployments[gateway] = nil }
    var references: Set<ObjectReference> = []
    for id in Self.changed(old?.routes ?? [:], report?.routes ?? [:]) {
      references.insert(ObjectReference(kind: .httpRoute, id: id))
    }
    for id in Self.changed(old?.policies ?? [:], report?.policies ?? [:]) {
      references.insert(ObjectReference(kind: .httpListenerPolicy, id: id))
    }
    if report != nil, old?.gateway != report?.gateway {
      references.insert(ObjectReference(kind: .gateway, id: gateway))
    }
    return references
  }

  /// The keys that do not have the same value in both.
  private static func changed<Value: Equatable>(
    _ old: [NamespacedName: Value], _ new: [NamespacedName: Value]
  ) -> [NamespacedName] {
    new.compactMap { id, value in old[id] == value ? nil : id } + old.keys.filter { new[$0] == nil }
  }

  /// The objects that the last translations speak of.
  var references: Set<ObjectReference> {
    var references: Set<ObjectReference> = []
    for (gateway, report) in reports {
      references.insert(ObjectReference(kind: .gateway, id: gateway))
      for id in report.routes.keys { references.insert(ObjectReference(kind: .httpRoute, id: id)) }
      for id in report.policies.keys { references.insert(ObjectReference(kind: .httpListenerPolicy, id: id)) }
    }
    return references
  }

  /// The whole status of an object from this controller's side; nil where it has none to give.
  ///
  /// What is stored of a Gateway that has yet to be translated (after a restart) stands until then.
  /// - Parameters:
  ///   - refused: what proxies refuse.
  ///   - programmed: what proxies have taken.
  func status(
    of reference: ObjectReference, in store: ResourceStore, refused: RefusalBook, programmed: ProgrammedListeners
  ) -> DesiredStatus? {
    switch (reference.kind, store.object(reference)) {
    case (.gatewayClass, .gatewayClass(let object)): status(of: object)
    case (.gateway, .gateway(let gateway)):
      reports[reference.id].map { report in
        .gateway(
          reference.id,
          programming(of: gateway, programmed).applied(
            to: report.gateway.withRefusals(
              refused, of: gateway, standing: hasStandingRefusal(gateway.metadata.id, in: store, refused))))
      }
    case (.httpRoute, .httpRoute(let route)):
      .httpRoute(reference.id, parents(of: route, in: store))
    case (.httpListenerPolicy, .httpListenerPolicy(let policy)):
      .httpListenerPolicy(reference.id, ancestors(of: policy, in: store, refused: refused))
    default: nil
    }
  }

  private func programming(of gateway: Gateway, _ programmed: ProgrammedListeners) -> GatewayProgramming {
    let known = deployments[gateway.metadata.id].map(GatewayProgramming.Deployment.known)
    return GatewayProgramming(gateway: gateway, deployment: isDeploying ? known ?? .unknown : .others) {
      programmed.contains($0, of: gateway)
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

  private func ancestors(
    of policy: HTTPListenerPolicy, in store: ResourceStore, refused: RefusalBook
  ) -> [PolicyAncestorStatus] {
    let served = store.gateways(ofPolicy: policy.metadata.id).filter(store.isManaged).sorted()
    return wrongTargets(of: policy, in: store)
      + served.flatMap { gateway -> [PolicyAncestorStatus] in
        guard let report = reports[gateway] else {
          return policy.ancestorStatuses.filter {
            $0.controllerName == controllerName && $0.ancestorRef.gateway(from: policy.metadata.namespace) == gateway
          }
        }
        return (report.policies[policy.metadata.id] ?? []).map { status in
          var status = status
          if let condition = refused.condition(of: policy, towards: gateway)
            ?? storedRefusal(of: policy, towards: gateway, status, refused)
          {
            status.conditions.append(condition)
          }
          return status
        }
      }
  }

  private func wrongTargets(of policy: HTTPListenerPolicy, in store: ResourceStore) -> [PolicyAncestorStatus] {
    var judged: Set<ParentReference> = []
    return store.targetProblems(of: policy).compactMap { problem in
      guard let reference = problem.reference, judged.insert(reference).inserted else { return nil }
      let condition = Condition(
        type: "Accepted", status: .no, reason: "TargetNotFound",
        message: "\(problem.problem.path): \(problem.problem.message)",
        observedGeneration: policy.metadata.generation)
      return PolicyAncestorStatus(
        ancestorRef: reference, controllerName: controllerName, conditions: [condition])
    }
  }

  /// Whether what is stored of a policy of the Gateway is a refusal that stands.
  private func hasStandingRefusal(
    _ gateway: NamespacedName, in store: ResourceStore, _ refused: RefusalBook
  ) -> Bool {
    store.policies(of: gateway).contains { policy in
      refused.isUndecided(policy.metadata.id, towards: gateway)
        && policy.ancestorStatuses.contains { $0.storedRefusal(of: policy, by: controllerName) != nil }
    }
  }

  /// The refusal that is stored stands until a proxy answers, as after a restart: what is unchanged is likely to be
  /// refused again.
  private func storedRefusal(
    of policy: HTTPListenerPolicy, towards gateway: NamespacedName, _ status: PolicyAncestorStatus,
    _ refused: RefusalBook
  ) -> Condition? {
    guard refused.isUndecided(policy.metadata.id, towards: gateway) else { return nil }
    let stored = policy.ancestorStatuses.first {
      $0.controllerName == controllerName && $0.ancestorRef == status.ancestorRef
    }
    return stored?.storedRefusal(of: policy, by: controllerName)
  }
}

extension PolicyAncestorStatus {
  /// What the controller has stored of a refusal of the policy as it is.
  fileprivate func storedRefusal(of policy: HTTPListenerPolicy, by controllerName: String) -> Condition? {
    guard self.controllerName == controllerName else { return nil }
    return conditions.first {
      $0.type == Refusal.conditionType && $0.reason == Refusal.conditionReason
        && $0.observedGeneration == policy.metadata.generation
    }
  }
}

extension GatewayStatus {
  /// The same with the listeners not programmed whose configuration is refused, and the Gateway not if all are.
  /// - Parameter standing: whether a refusal that is stored stands until a proxy answers.
  fileprivate func withRefusals(
    _ refused: RefusalBook, of gateway: Gateway, standing: @autoclosure () -> Bool
  ) -> GatewayStatus {
    var status = self
    var names: [String] = []
    for index in status.listeners.indices {
      guard let spec = gateway.listeners.first(where: { $0.name == status.listeners[index].name }),
        let message = refused.refusal(ofPort: spec.port, of: gateway.metadata.id)
          ?? gateway.storedRefusal(of: spec, refused).flatMap({ standing() ? $0 : nil })
      else { continue }
      if status.listeners[index].conditions.refuse(message) { names.append(spec.name) }
    }
    if !names.isEmpty, names.count == status.listeners.count {
      _ = status.conditions.refuse(
        "No listener is served as it is written; the proxies refuse \(names.joined(separator: ", ")).")
    }
    return status
  }
}

extension Gateway {
  /// Why a listener was refused that no proxy has answered. Who began to lead a moment ago, or was started then, has yet
  /// to hear of it.
  fileprivate func storedRefusal(of listener: Listener, _ refused: RefusalBook) -> String? {
    guard refused.isUndecided(port: listener.port, of: metadata.id) else { return nil }
    return status.listeners.first { $0.name == listener.name }?.conditions.first {
      $0.type == Refusal.conditionType && $0.reason == Refusal.conditionReason
        && $0.observedGeneration == metadata.generation
    }?.message
  }
}

extension [Condition] {
  /// Makes `Programmed` false, where it is true.
  fileprivate mutating func refuse(_ message: String) -> Bool {
    guard let index = firstIndex(where: { $0.type == Refusal.conditionType && $0.status == .yes }) else { return false }
    self[index].status = .no
    self[index].reason = Refusal.conditionReason
    self[index].message = message
    return true
  }
}
