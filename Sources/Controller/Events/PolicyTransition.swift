import KubernetesAPI

/// What a newly written status says of a policy that the one before did not: what an Event is made of.
struct PolicyTransition: Hashable, Sendable {
  /// A policy is told so much at a time.
  private static let limit = 8

  var severity: EventDocument.Severity
  var reason: String
  var message: String

  /// The transitions from a stored status to the one that was written over it: a Warning for each refusal that is new,
  /// and one that all is well where there was a refusal and there is none. The same refusal towards several Gateways is
  /// told once.
  static func transitions(
    from old: [PolicyAncestorStatus], to new: [PolicyAncestorStatus], controllerName: String
  ) -> [PolicyTransition] {
    let before = refusals(in: old, controllerName)
    let now = refusals(in: new, controllerName)
    if now.isEmpty {
      guard !before.isEmpty else { return [] }
      let accepted = conditions(new, controllerName).first { $0.type == "Accepted" && $0.status == .yes }
      guard let accepted else { return [] }
      return [PolicyTransition(severity: .normal, reason: "Accepted", message: accepted.message)]
    }
    var told = Set(before.map(\.lasting))
    return Array(now.filter { told.insert($0.lasting).inserted }.prefix(limit))
  }

  /// What makes it another one.
  private var lasting: PolicyTransition {
    var copy = self
    if reason == Refusal.conditionReason { copy.message = Refusal.lasting(message) }
    return copy
  }

  private static func refusals(in ancestors: [PolicyAncestorStatus], _ controllerName: String) -> [PolicyTransition] {
    conditions(ancestors, controllerName)
      .filter { ["Accepted", "Programmed", "ResolvedRefs"].contains($0.type) && $0.status == .no }
      .map { PolicyTransition(severity: .warning, reason: $0.reason, message: $0.message) }
  }

  private static func conditions(_ ancestors: [PolicyAncestorStatus], _ controllerName: String) -> [Condition] {
    ancestors.filter { $0.controllerName == controllerName }.flatMap(\.conditions)
  }
}
