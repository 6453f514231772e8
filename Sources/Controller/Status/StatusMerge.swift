import KubernetesAPI

/// Puts this controller's part of a status into the status that is stored, and finds out whether that changes anything.
enum StatusMerge {
  /// The object with its new status, or nil if the stored one says the same already: then nothing is written.
  ///
  /// `status.parents` of a route and `status.ancestors` of a policy are atomic lists (one writer replaces the whole), so
  /// the entries of other controllers are carried over as they stand.
  /// - Parameter now: RFC 3339, for conditions whose status changes.
  static func merge(
    _ desired: DesiredStatus, into current: KubernetesObject, controllerName: String, now: String
  ) -> KubernetesObject? {
    switch (desired, current) {
    case (.gatewayClass(_, let conditions), .gatewayClass(var object)):
      let merged = timed(conditions, after: object.conditions, now: now)
      guard !object.conditions.contains(all: merged) else { return nil }
      object.conditions = merged
      return .gatewayClass(object)
    case (.gateway(_, let status), .gateway(var object)):
      guard let merged = merge(status, into: object.status, now: now) else { return nil }
      object.status = merged
      return .gateway(object)
    case (.httpRoute(_, let ours), .httpRoute(var object)):
      let merged = merge(ours, into: object.parentStatuses, controllerName: controllerName, now: now)
      guard merged != object.parentStatuses else { return nil }
      object.parentStatuses = merged
      return .httpRoute(object)
    case (.httpListenerPolicy(_, let ours), .httpListenerPolicy(var object)):
      let merged = merge(
        ours.fitting(beside: object.ancestorStatuses, controllerName), into: object.ancestorStatuses,
        controllerName: controllerName, now: now)
      guard merged != object.ancestorStatuses else { return nil }
      object.ancestorStatuses = merged
      return .httpListenerPolicy(object)
    default:
      return nil
    }
  }

  private static func merge(_ desired: GatewayStatus, into current: GatewayStatus, now: String) -> GatewayStatus? {
    var merged = desired
    merged.conditions = timed(desired.conditions, after: current.conditions, now: now)
    for index in merged.listeners.indices {
      let old = current.listeners.first { $0.name == merged.listeners[index].name }
      merged.listeners[index].conditions = timed(
        merged.listeners[index].conditions, after: old?.conditions ?? [], now: now)
    }
    let isStored =
      current.addresses == merged.addresses && current.conditions.contains(all: merged.conditions)
      && current.listeners.count == merged.listeners.count
      && merged.listeners.allSatisfy { listener in
        current.listeners.contains { $0.says(thatOf: listener) }
      }
    return isStored ? nil : merged
  }

  private static func merge<Entry: ControllerEntry>(
    _ ours: [Entry], into current: [Entry], controllerName: String, now: String
  ) -> [Entry] {
    let others = current.filter { $0.controllerName != controllerName }
    let mine = ours.map { entry in
      var entry = entry
      let old = current.first { $0.controllerName == controllerName && $0.subject == entry.subject }
      entry.conditions = timed(entry.conditions, after: old?.conditions ?? [], now: now)
      return entry
    }
    let merged = others + mine
    // The order of the entries says nothing, so another order alone is no change.
    return Set(merged) == Set(current) && merged.count == current.count ? current : merged
  }

  /// Conditions with the time of their last transition: the stored one where the status is as it was.
  private static func timed(_ conditions: [Condition], after old: [Condition], now: String) -> [Condition] {
    conditions.map { condition in
      var condition = condition
      let before = old.first { $0.type == condition.type }
      let keeps = before?.status == condition.status && before?.lastTransitionTime.isEmpty == false
      condition.lastTransitionTime = keeps ? before?.lastTransitionTime ?? now : now
      return condition
    }
  }
}

/// An entry of a status list in which several controllers each have their own.
private protocol ControllerEntry: Hashable {
  var controllerName: String { get }
  /// What the controller speaks of.
  var subject: ParentReference { get }
  var conditions: [Condition] { get set }
}

extension RouteParentStatus: ControllerEntry {
  fileprivate var subject: ParentReference { parentRef }
}

extension PolicyAncestorStatus: ControllerEntry {
  fileprivate var subject: ParentReference { ancestorRef }
}

extension [PolicyAncestorStatus] {
  /// The most entries that the API takes (Gateway API, PolicyStatus).
  private static let maximumCount = 16

  /// Those that fit beside the entries of other controllers; what is refused somewhere comes first.
  fileprivate func fitting(beside stored: [PolicyAncestorStatus], _ controllerName: String) -> Self {
    let room = Swift.max(0, Self.maximumCount - stored.count { $0.controllerName != controllerName })
    guard count > room else { return self }
    func isRefused(_ entry: PolicyAncestorStatus) -> Bool { entry.conditions.contains { $0.status == .no } }
    return Array((filter(isRefused) + filter { !isRefused($0) }).prefix(room))
  }
}

extension [Condition] {
  fileprivate func contains(all others: [Condition]) -> Bool { others.allSatisfy { contains($0) } }
}

extension GatewayStatus.ListenerStatus {
  fileprivate func says(thatOf other: Self) -> Bool {
    name == other.name && attachedRoutes == other.attachedRoutes && supportedKinds == other.supportedKinds
      && conditions.contains(all: other.conditions)
  }
}
