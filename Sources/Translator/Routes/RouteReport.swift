import KubernetesAPI

/// Turns what was found about a route into its status and the problems to tell.
struct RouteReport {
  /// A message tells this many findings in full, so that it stays readable and within what a condition may hold.
  private static let findingsInFull = 8

  private let route: HTTPRoute
  private let attachment: RouteAttachment
  /// What the route is refused for.
  private let refusals: [Problem]
  private let faults: [(path: String, fault: BackendFault)]

  /// - Parameter backends: by rule and backend reference.
  init(
    _ route: HTTPRoute, _ backends: [[Result<Backend, BackendFault>]], _ attachment: RouteAttachment,
    refusals: [Problem]
  ) {
    self.route = route
    self.attachment = attachment
    self.refusals = refusals
    faults = backends.enumerated().flatMap { rule, backends in
      backends.enumerated().compactMap { index, backend in
        guard case .failure(let fault) = backend else { return nil }
        return ("spec.rules[\(rule)].backendRefs[\(index)].\(fault.field)", fault)
      }
    }
  }

  func parentStatuses(controllerName: String) -> [RouteParentStatus] {
    attachment.parents.map { parent in
      RouteParentStatus(
        parentRef: parent.reference, controllerName: controllerName,
        conditions: [acceptedCondition(parent), resolvedCondition])
    }
  }

  var problems: [Problem] {
    let unattached = attachment.parents.compactMap { parent -> Problem? in
      guard case .failure(let refusal) = parent.outcome else { return nil }
      return problem(path(of: refusal, parent), refusal.message)
    }
    return unattached + refusals + faults.map { problem($0.path, $0.fault.message) }
  }

  private func acceptedCondition(_ parent: RouteAttachment.Parent) -> Condition {
    if case .failure(let refusal) = parent.outcome {
      return condition("Accepted", false, refusal.reason, "\(path(of: refusal, parent)): \(refusal.message)")
    }
    guard refusals.isEmpty else {
      return condition("Accepted", false, "UnsupportedValue", Self.message(refusals.map { ($0.path, $0.message) }))
    }
    return condition("Accepted", true, "Accepted", "")
  }

  private var resolvedCondition: Condition {
    guard let first = faults.first else { return condition("ResolvedRefs", true, "ResolvedRefs", "") }
    return condition(
      "ResolvedRefs", false, first.fault.reason.rawValue, Self.message(faults.map { ($0.path, $0.fault.message) }))
  }

  private func path(of refusal: RouteAttachment.Refusal, _ parent: RouteAttachment.Parent) -> String {
    refusal.field.hasPrefix("spec.") ? refusal.field : "spec.parentRefs[\(parent.index)].\(refusal.field)"
  }

  private static func message(_ findings: [(path: String, message: String)]) -> String {
    var parts = findings.prefix(findingsInFull).map { "\($0.path): \($0.message)" }
    if findings.count > findingsInFull { parts.append("and \(findings.count - findingsInFull) more") }
    return parts.joined(separator: "; ")
  }

  private func condition(_ type: String, _ isTrue: Bool, _ reason: String, _ message: String) -> Condition {
    Condition(
      type: type, status: isTrue ? .yes : .no, reason: reason, message: message,
      observedGeneration: route.metadata.generation)
  }

  private func problem(_ path: String, _ message: String) -> Problem {
    Problem(object: ObjectReference(kind: .httpRoute, id: route.metadata.id), path: path, message: message)
  }
}
