import KubernetesAPI
import Translator
import XDS

/// What was refused of each Gateway's configuration, by its proxies or by the check before them, and which policies are
/// to blame: a value, asked by the statuses.
struct RefusalBook: Sendable {
  private struct ResourceKey: Hashable {
    let type: ResourceType
    let name: String
  }

  /// What policies had in one version of a resource.
  private struct Version {
    let version: String
    let contributions: [PolicyContribution]
  }

  /// A field that is left out.
  private struct LeftOut {
    var refusal: Refusal
    /// The resource that was refused for it.
    let key: ResourceKey
  }

  /// A field of a policy that is not in effect, because Envoy refuses it.
  private struct RejectedField: Hashable {
    let policy: NamespacedName
    let path: String
  }

  private struct Page {
    /// By resource, the last published versions, the newest last.
    var versions: [ResourceKey: [Version]] = [:]
    /// Of the policies as they were translated last.
    var generations: [NamespacedName: Int] = [:]
    var refusals: [NamespacedName: [Refusal]] = [:]
    /// By name, why a listener or its routes are refused.
    var listeners: [String: String] = [:]
    /// By the refuser's words, what was blamed and is still published.
    var blamed: [String: Set<FieldContent>] = [:]
    /// What is left out of the listeners, because there is no version without it that works, or it holds others up.
    var leftOut: [FieldContent: LeftOut] = [:]
    /// What the last translation did leave out, with the paths of the fields.
    var missing: [FieldContent: String] = [:]
    /// The policies with a part in something that no proxy has answered.
    var undecided: Set<NamespacedName> = []
    /// The listeners that no proxy has answered.
    var undecidedListeners: Set<String> = []
    /// What was logged.
    var problems: [Problem] = []
    /// The fields that are refused, of the same problems.
    var fields: Set<RejectedField> = []

    /// The same field in the listeners of several ports is one thing to mend.
    mutating func add(_ refusal: Refusal, to policy: NamespacedName) {
      let isKnown = refusals[policy]?.contains { $0.paths == refusal.paths && $0.reason == refusal.reason } ?? false
      if !isKnown { refusals[policy, default: []].append(refusal) }
    }
  }

  /// What became of one Gateway's resources.
  struct Judgement {
    /// Whose status may say something else now.
    var references: Set<ObjectReference>
    /// All that is refused.
    var problems: [Problem]
    /// Whether something else is to be left out of the listeners than was.
    var hasToTranslate = false
  }

  /// How many versions of a resource are remembered, beside the one that a proxy took last: as many as may be on their
  /// way to a proxy, and then some.
  private static let versionLimit = 8

  private var pages: [NamespacedName: Page] = [:]
  /// In how many Gateways each field is refused.
  private var rejected: [RejectedField: Int] = [:]

  /// How many fields of policies are not in effect now, because Envoy refuses them; one that is refused in several
  /// Gateways is one.
  var rejectedFields: Int { rejected.count }

  /// Notes what policies have in a snapshot that is published.
  /// - Parameters:
  ///   - leftOut: what the translation left out.
  ///   - generations: of the policies, as they were translated.
  ///   - accepted: the version of a resource that a proxy took last.
  mutating func record(
    _ policies: [EffectivePolicy], leftOut: [PolicyContribution] = [], in snapshot: Snapshot,
    of gateway: NamespacedName, generations: [NamespacedName: Int], accepted: (ResourceType, String) -> String?
  ) {
    var contributions: [ResourceKey: [PolicyContribution]] = [:]
    for policy in policies {
      contributions[ResourceKey(type: .listener, name: policy.resource)] = policy.contributions
      for contribution in policy.contributions {
        for cluster in contribution.clusters {
          contributions[ResourceKey(type: .cluster, name: cluster), default: []].append(contribution)
        }
      }
    }
    var page = pages[gateway] ?? Page()
    page.generations = generations
    page.versions = page.versions.filter { contributions[$0.key] != nil }
    for (key, contributions) in contributions {
      guard let version = snapshot[key.type, key.name]?.version else { continue }
      var versions = (page.versions[key] ?? []).filter { $0.version != version }
      if versions.count >= Self.versionLimit {
        let accepted = accepted(key.type, key.name)
        versions.remove(at: versions.firstIndex { $0.version != accepted } ?? 0)
      }
      page.versions[key] = versions + [Version(version: version, contributions: contributions)]
    }
    page.missing = Dictionary(leftOut.map { (FieldContent($0), $0.path) }) { first, _ in first }
    let present = Set(policies.flatMap(\.contributions).map(FieldContent.init)).union(page.missing.keys)
    page.blamed = page.blamed.mapValues { $0.intersection(present) }.filter { !$0.value.isEmpty }
    page.leftOut = page.leftOut.filter { present.contains($0.key) }
    pages[gateway] = page
  }

  /// Forgets a Gateway.
  mutating func remove(_ gateway: NamespacedName) {
    count(from: pages[gateway]?.fields ?? [], to: [])
    pages[gateway] = nil
  }

  private mutating func count(from old: Set<RejectedField>, to new: Set<RejectedField>) {
    for field in new.subtracting(old) { rejected[field, default: 0] += 1 }
    for field in old.subtracting(new) {
      let left = (rejected[field] ?? 0) - 1
      rejected[field] = left > 0 ? left : nil
    }
  }

  /// Finds out whom to blame for what is refused now.
  /// - Parameters:
  ///   - policies: those of the Gateway.
  ///   - accepted: the version of a resource that a proxy took last.
  mutating func judge(
    _ rejections: [RejectedResource], of gateway: NamespacedName, policies: [NamespacedName: HTTPListenerPolicy],
    accepted: (ResourceType, String) -> String?
  ) -> Judgement {
    let old = pages[gateway] ?? Page()
    var page = old
    page.refusals = [:]
    page.listeners = [:]
    for rejection in rejections {
      let reason = rejection.reason(among: rejections.filter { $0.type == rejection.type }.map(\.name))
      note(rejection, reason, policies, &page)
      if let listener = rejection.listenerName { page.listeners[listener] = rejection.summary(reason) }
    }
    forgive(&page, accepted)
    for (content, path) in page.missing {
      guard var refusal = page.leftOut[content]?.refusal else { continue }
      // The entry may have moved.
      if !refusal.paths.allSatisfy({ $0.hasPrefix(path) }) { refusal.paths = [path] }
      page.add(refusal, to: content.policy)
    }
    let undecided = undecided(page, rejections, accepted)
    page.undecided = Set(undecided.values.joined())
    page.undecidedListeners = Set(undecided.keys)
    let new = page.refusals.flatMap { policy, refusals in
      refusals.map { refusal in
        Problem(
          object: ObjectReference(kind: .httpListenerPolicy, id: policy), path: refusal.paths.joined(separator: ", "),
          message: refusal.message(gateway))
      }
    }
    // Not mended before a proxy has said so.
    let standing = old.problems.filter {
      page.undecided.contains($0.object.id) && page.refusals[$0.object.id] == nil && policies[$0.object.id] != nil
    }
    page.problems = (new + standing).sorted()
    let fields = page.refusals.flatMap { policy, refusals in
      refusals.flatMap(\.paths).map { RejectedField(policy: policy, path: $0) }
    }
    let undecidedPolicies = Set(standing.map(\.object.id))
    page.fields = Set(fields).union(old.fields.filter { undecidedPolicies.contains($0.policy) })
    count(from: old.fields, to: page.fields)
    pages[gateway] = page
    return Judgement(
      references: Self.difference(old, page, of: gateway, policies), problems: page.problems,
      hasToTranslate: Set(old.leftOut.keys) != Set(page.leftOut.keys))
  }

  private func note(
    _ rejection: RejectedResource, _ reason: String, _ policies: [NamespacedName: HTTPListenerPolicy],
    _ page: inout Page
  ) {
    let key = ResourceKey(type: rejection.type, name: rejection.name)
    let versions = page.versions[key] ?? []
    guard let now = versions.first(where: { $0.version == rejection.version }) else { return }
    let before = rejection.goodVersion.flatMap { good in versions.first { $0.version == good } }
    let suspects = RefusalAttribution.suspects(
      reason: reason, contributions: now.contributions, before: before?.contributions,
      blamed: (page.blamed[reason] ?? []).union(before == nil ? stored(reason, now.contributions, policies) : []),
      policies: policies)
    page.blamed[reason, default: []].formUnion(suspects.map(\.content))
    // With nothing to fall back to, a listener is better off without the field than not there at all; and what works
    // now is to stay only as long as no other change waits for it.
    let holdsUpOthers =
      before.map { RefusalAttribution.holdsUpOthers(suspects, now.contributions, before: $0.contributions) } ?? false
    for (policy, suspects) in Dictionary(grouping: suspects, by: \.policy) {
      let refusal = Refusal(
        paths: suspects.map(\.path), reason: reason, refuser: rejection.refuser, isWithheld: rejection.isWithheld,
        hasFallback: rejection.goodVersion != nil)
      page.add(refusal, to: policy)
      guard refusal.isWithheld, !refusal.hasFallback || holdsUpOthers else { continue }
      for (content, suspects) in Dictionary(grouping: suspects, by: \.content) {
        var leftOut = refusal
        leftOut.paths = suspects.map(\.path)
        leftOut.isLeftOut = true
        page.leftOut[content] = LeftOut(refusal: leftOut, key: key)
      }
    }
  }

  /// What is stored as refused with these words: after a restart it is likely to be that again.
  private func stored(
    _ reason: String, _ contributions: [PolicyContribution], _ policies: [NamespacedName: HTTPListenerPolicy]
  ) -> Set<FieldContent> {
    let words = reason.hasSuffix(".") ? String(reason.dropLast()) : reason
    return Set(
      contributions.filter { contribution in
        guard let policy = policies[contribution.policy] else { return false }
        return policy.ancestorStatuses.flatMap(\.conditions).contains {
          $0.reason == Refusal.conditionReason && $0.observedGeneration == policy.metadata.generation
            && $0.message.contains(words)
        }
      }.map(FieldContent.init))
  }

  /// Takes back what a proxy has taken after all.
  private func forgive(_ page: inout Page, _ accepted: (ResourceType, String) -> String?) {
    for (content, leftOut) in page.leftOut {
      guard let good = accepted(leftOut.key.type, leftOut.key.name),
        let version = page.versions[leftOut.key]?.first(where: { $0.version == good }),
        version.contributions.contains(where: { FieldContent($0) == content })
      else { continue }
      page.leftOut[content] = nil
    }
  }

  /// By listener whose newest version was neither taken nor refused, the policies in it.
  private func undecided(
    _ page: Page, _ rejections: [RejectedResource], _ accepted: (ResourceType, String) -> String?
  ) -> [String: [NamespacedName]] {
    let refused = Set(rejections.map(\.version))
    var policies: [String: [NamespacedName]] = [:]
    for (key, versions) in page.versions where key.type == .listener {
      guard let newest = versions.last, !refused.contains(newest.version),
        accepted(key.type, key.name) != newest.version
      else { continue }
      policies[key.name] = newest.contributions.map(\.policy)
    }
    return policies
  }

  private static func difference(
    _ old: Page, _ new: Page, of gateway: NamespacedName, _ policies: [NamespacedName: HTTPListenerPolicy]
  ) -> Set<ObjectReference> {
    var changed = Set(old.refusals.keys).union(new.refusals.keys).filter { old.refusals[$0] != new.refusals[$0] }
    for policy in old.undecided.symmetricDifference(new.undecided) {
      // Others have no refusal stored that could stand or fall with it.
      let stored = policies[policy]?.ancestorStatuses.flatMap(\.conditions) ?? []
      if stored.contains(where: { $0.reason == Refusal.conditionReason }) { changed.insert(policy) }
    }
    var references = Set(changed.map { ObjectReference(kind: .httpListenerPolicy, id: $0) })
    if old.listeners != new.listeners || old.undecidedListeners != new.undecidedListeners {
      references.insert(ObjectReference(kind: .gateway, id: gateway))
    }
    return references
  }

  /// What the next translation of a Gateway is to leave out.
  func leftOut(of gateway: NamespacedName) -> Set<FieldContent> {
    pages[gateway].map { Set($0.leftOut.keys) } ?? []
  }

  // MARK: What statuses say

  /// The condition of a policy of which a Gateway's configuration is refused; nil where it is not.
  func condition(of policy: HTTPListenerPolicy, towards gateway: NamespacedName) -> Condition? {
    guard let refusals = pages[gateway]?.refusals[policy.metadata.id], !refusals.isEmpty else { return nil }
    return Condition(
      type: Refusal.conditionType, status: .no, reason: Refusal.conditionReason,
      message: Refusal.message(refusals, gateway),
      observedGeneration: pages[gateway]?.generations[policy.metadata.id] ?? policy.metadata.generation)
  }

  /// Whether no proxy has answered yet what a policy has in the Gateway's listeners, so that what is stored stands.
  func isUndecided(_ policy: NamespacedName, towards gateway: NamespacedName) -> Bool {
    pages[gateway]?.undecided.contains(policy) ?? false
  }

  /// Whether no proxy has answered yet what is in the listener on a port, so that what is stored stands.
  func isUndecided(port: Int, of gateway: NamespacedName) -> Bool {
    pages[gateway]?.undecidedListeners.contains(ResourceName.listener(port: port)) ?? false
  }

  /// Why the listener on a port is refused; nil where it is not.
  func refusal(ofPort port: Int, of gateway: NamespacedName) -> String? {
    pages[gateway]?.listeners[ResourceName.listener(port: port)]
  }
}

extension RejectedResource {
  /// The listener that does not work as it should because of this.
  fileprivate var listenerName: String? {
    switch type {
    case .listener: name
    case .cluster, .endpoint, .route: nil
    }
  }

  fileprivate func summary(_ reason: String) -> String {
    let who =
      switch refuser {
      case .proxies(let count, let connected): "\(count) of \(connected) proxies refused the listener: "
      case .check: "Envoy refused the listener before it was sent to the proxies: "
      }
    return who + reason + (isWithheld && goodVersion == nil ? "; it is not served" : "; what worked last goes on")
  }
}
