import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

/// What the policies come to on one port.
struct PortCombination {
  private let port: Int
  /// The names of the Gateway's listeners on the port.
  private let listeners: [String]
  private(set) var plan = ListenerPolicyPlan()
  private(set) var contributions: [PolicyContribution] = []
  private(set) var losses: [PolicyLoss] = []
  /// By the path of a field that can be set once.
  private var owners: [String: PolicyVerdict.Owner] = [:]

  init(port: Int, listeners: [String]) {
    self.port = port
    self.listeners = listeners
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
    let id = translated.policy.metadata.id
    switch part.content {
    case .accessLog(let log):
      plan.add(meant.count == listeners.count ? log : log.limited(to: meant))
      if meant.count < listeners.count { plan.separatesListeners = true }
      note(part, of: id, in: meant)
    case .tracing, .setting:
      if let owner = owners[part.path] {
        losses.append(
          PolicyLoss(policy: id, path: part.path, listeners: meant, winner: owner.policy, reason: owner.reason))
        return verdict.override(part.path, by: owner, onPort: port)
      }
      if case .tracing(let output) = part.content { plan.set(output) }
      if case .setting(let setting) = part.content { plan.settings.append(setting) }
      owners[part.path] = PolicyVerdict.Owner(
        policy: id, section: translated.targets.isWhole ? nil : meant.first)
      let others = listeners.filter { !meant.contains($0) }
      if !others.isEmpty { verdict.extend(part.path, to: others, onPort: port) }
      note(part, of: id, in: listeners)
    }
    verdict.isInEffect = true
  }

  private mutating func note(_ part: TranslatedPolicy.Part, of policy: NamespacedName, in listeners: [String]) {
    contributions.append(
      PolicyContribution(
        policy: policy, path: part.path, fingerprint: part.fingerprint, clusters: part.clusters, listeners: listeners))
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
