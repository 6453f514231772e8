import KubernetesAPI

/// What became of one policy on a Gateway.
struct PolicyVerdict {
  /// Who decides a field.
  struct Owner: Hashable {
    let policy: NamespacedName
    /// The listener that it names; nil where it is for the whole Gateway.
    let section: String?

    /// Why it decides.
    var reason: String {
      section.map { "it names the listener \"\($0)\"" } ?? "it is older, or the first by name"
    }
  }

  private struct Loss {
    let port: Int
    let owner: Owner
  }

  private struct Extension {
    let path: String
    let listeners: [String]
    let port: Int
  }

  let policy: HTTPListenerPolicy
  private let targets: PolicyTargets
  /// The fields that are left out, because they are faulty.
  private let faults: [FieldFault]
  /// By field, where it is left out because another policy has set it.
  private var losses: [(path: String, losses: [Loss])] = []
  /// Fields that hold for listeners which the policy does not name.
  private var extensions: [Extension] = []
  /// Whether any field is in effect.
  var isInEffect = false

  init(_ translated: TranslatedPolicy) {
    policy = translated.policy
    targets = translated.targets
    faults = translated.faults
  }

  /// Notes that another policy decides a field.
  mutating func override(_ path: String, by owner: Owner, onPort port: Int) {
    let loss = Loss(port: port, owner: owner)
    if let index = losses.firstIndex(where: { $0.path == path }) {
      losses[index].losses.append(loss)
    } else {
      losses.append((path, [loss]))
    }
  }

  /// Notes that a field holds for other listeners of a port too.
  mutating func extend(_ path: String, to listeners: [String], onPort port: Int) {
    extensions.append(Extension(path: path, listeners: listeners, port: port))
  }
}

// MARK: What is said of it

extension PolicyVerdict {
  /// What the policy's status says of a Gateway: one entry for each of the policy's targets there.
  func statuses(towards gateway: Gateway, controllerName: String) -> [PolicyAncestorStatus] {
    let id = gateway.metadata.id
    func entry(_ section: String?, _ conditions: [Condition]) -> PolicyAncestorStatus {
      let reference = ParentReference(namespace: id.namespace, name: id.name, sectionName: section)
      return PolicyAncestorStatus(ancestorRef: reference, controllerName: controllerName, conditions: conditions)
    }
    let whole = targets.isWhole ? [entry(nil, conditions)] : []
    var unknown: Set<String> = []
    return whole + targets.sections.map { entry($0, conditions) }
      + targets.unknownSections.filter { unknown.insert($0.name).inserted }.map {
        let text = "spec.targetRefs[\($0.index)].sectionName: \(unknownListener($0.name, of: gateway))"
        return entry($0.name, [condition("Accepted", .no, "TargetNotFound", text)])
      }
  }

  func problems(towards gateway: Gateway) -> [Problem] {
    let object = ObjectReference(kind: .httpListenerPolicy, id: policy.metadata.id)
    return faults.map { Problem(object: object, path: $0.path, message: $0.message) }
      + targets.unknownSections.map {
        Problem(
          object: object, path: "spec.targetRefs[\($0.index)].sectionName",
          message: unknownListener($0.name, of: gateway))
      }
  }

  private func unknownListener(_ name: String, of gateway: Gateway) -> String {
    let names = gateway.listeners.map(\.name)
    let question = nearestName(to: name, among: names).map { "did you mean \"\($0)\"? " } ?? ""
    return
      "Gateway \(gateway.metadata.id) has no listener \"\(name)\"; \(question)it has: \(names.joined(separator: ", "))"
  }

  private var conditions: [Condition] {
    var conditions = [
      faults.isEmpty
        ? condition("Accepted", .yes, "Accepted", acceptance)
        : condition("Accepted", .no, faults.reason.rawValue, refusal)
    ]
    if let resolvedRefs { conditions.append(resolvedRefs) }
    if !losses.isEmpty {
      conditions.append(condition("Overridden", .yes, "Conflicted", losses.map(Self.fault).summary))
    }
    return conditions
  }

  private var acceptance: String {
    let notes = extensions.map { note in
      " \(note.path) holds for the listener\(note.listeners.count == 1 ? "" : "s")"
        + " \(note.listeners.map { "\"\($0)\"" }.joined(separator: ", ")) too, which"
        + " share\(note.listeners.count == 1 ? "s" : "") port \(note.port) (Envoy has one connection manager for the"
        + " plain HTTP listeners of a port)."
    }
    return "The policy is accepted." + notes.joined()
  }

  /// Said only of a policy that refers to something.
  private var resolvedRefs: Condition? {
    let wrong = faults.filter(\.reason.isOfReference)
    if !wrong.isEmpty { return condition("ResolvedRefs", .no, wrong.reason.rawValue, wrong.summary) }
    guard !policy.backendReferences.isEmpty, faults.isEmpty else { return nil }
    return condition("ResolvedRefs", .yes, "ResolvedRefs", "All references are resolved.")
  }

  private var refusal: String {
    let summary = faults.summary
    guard isInEffect else { return summary }
    return summary + (summary.hasSuffix("?") ? "" : ".") + " The rest of the policy is in effect."
  }

  private static func fault(_ field: (path: String, losses: [Loss])) -> FieldFault {
    let owners = Set(field.losses.map(\.owner))
    if owners.count == 1, let owner = owners.first, owner.section == nil {
      return FieldFault(
        field.path,
        "has no effect, policy \(owner.policy) decides (the oldest does; of the same age, the first by name)")
    }
    let places = field.losses.map { loss in
      "on port \(loss.port), where policy \(loss.owner.policy) decides (\(loss.owner.reason))"
    }
    return FieldFault(field.path, "has no effect " + places.joined(separator: ", nor "))
  }

  private func condition(_ type: String, _ status: Condition.Status, _ reason: String, _ message: String) -> Condition {
    Condition(
      type: type, status: status, reason: reason, message: message,
      observedGeneration: policy.metadata.generation)
  }
}
