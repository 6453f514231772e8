import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

/// What the policies come to on one port.
struct PortCombination {
  private let port: Int
  /// The names of the Gateway's listeners on the port.
  private let listeners: [String]
  private(set) var plan: ListenerPolicyPlan
  private(set) var contributions: [PolicyContribution] = []
  private(set) var losses: [PolicyLoss] = []
  /// What would be in effect if Envoy did not refuse it.
  private(set) var leftOut: [PolicyContribution] = []
  private let refused: Set<FieldContent>
  /// By the path of a field that can be set once.
  private var owners: [String: PolicyVerdict.Owner] = [:]

  /// - Parameters:
  ///   - plan: what holds without any policy.
  ///   - refused: what is to be left out. It keeps its place: no other policy's field takes over.
  init(port: Int, listeners: [String], plan: ListenerPolicyPlan, refused: Set<FieldContent>) {
    self.plan = plan
    self.port = port
    self.listeners = listeners
    self.refused = refused
  }

  /// Adds the policies of the Gateway.
  ///
  /// - Parameters:
  ///   - policies: the oldest first.
  ///   - verdicts: of the same policies; each is told what became of it on this port.
  mutating func add(_ policies: [TranslatedPolicy], _ verdicts: inout [PolicyVerdict]) {
    for (index, translated) in policies.enumerated() {
      for part in translated.parts where part.addsUp { add(part, of: translated, &verdicts[index]) }
    }
    let named = policies.indices.filter { policies[$0].targets.names(anyOf: listeners) }
    let others = policies.indices.filter { !policies[$0].targets.names(anyOf: listeners) }
    for index in named + others {
      for part in policies[index].parts where !part.addsUp { add(part, of: policies[index], &verdicts[index]) }
    }
    // As the schema has them, whichever policy they are from, so that equal settings give equal bytes.
    plan.settings.sort { $0.rank < $1.rank }
  }

  private mutating func add(
    _ part: TranslatedPolicy.Part, of translated: TranslatedPolicy, _ verdict: inout PolicyVerdict
  ) {
    let meant = translated.targets.listeners(among: listeners)
    guard !meant.isEmpty else { return }
    let reached = part.addsUp ? meant : listeners
    if !part.addsUp {
      if let owner = owners[part.path] {
        losses.append(
          PolicyLoss(
            policy: translated.policy.metadata.id, path: part.path, listeners: meant, winner: owner.policy,
            reason: owner.reason))
        return verdict.override(part.path, by: owner, onPort: port)
      }
      owners[part.path] = PolicyVerdict.Owner(
        policy: translated.policy.metadata.id, section: translated.targets.isWhole ? nil : meant.first)
      let others = listeners.filter { !meant.contains($0) }
      if !others.isEmpty { verdict.extend(part.path, to: others, onPort: port) }
    }
    verdict.isInEffect = true
    let contribution = PolicyContribution(
      policy: translated.policy.metadata.id, path: part.path, fingerprint: part.fingerprint, clusters: part.clusters,
      listeners: reached)
    guard !refused.contains(FieldContent(contribution)) else { return leftOut.append(contribution) }
    contributions.append(contribution)
    apply(part, to: reached)
  }

  private mutating func apply(_ part: TranslatedPolicy.Part, to reached: [String]) {
    switch part.content {
    case .accessLog(let log):
      plan.add(reached.count == listeners.count ? log : log.limited(to: reached))
      if reached.count < listeners.count { plan.separatesListeners = true }
    case .tracing(let output): plan.set(output)
    case .metrics(let settings): plan.metrics = settings
    case .setting(let setting): plan.settings.append(setting)
    }
  }
}

extension AccessLogTranslation.Output {
  /// The same for the requests of some of the listeners that share a port.
  fileprivate func limited(to listeners: [String]) -> Self {
    let isOfListener = AccessLogFilterTranslation.expression(
      listeners.map { "xds.virtual_host_name.startsWith('\(ResourceName.virtualHostPrefix(listener: $0))')" }
        .joined(separator: " || "))
    var limited = self
    if limited.accessLog.hasFilter {
      limited.accessLog.filter = .with { $0.andFilter.filters = [isOfListener, accessLog.filter] }
    } else {
      limited.accessLog.filter = isOfListener
    }
    return limited
  }
}
