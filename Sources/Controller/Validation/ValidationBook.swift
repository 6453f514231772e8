import EnvoyAPI
import KubernetesAPI
import Translator
import XDS

/// The listeners that wait for their check, and what was found of those before: a bounded value without I/O.
struct ValidationBook {
  /// A listener that has yet to be checked.
  struct Pending: Sendable {
    let resource: EncodedResource
    let candidate: ListenerCandidate
    /// Equal for equal content of the listener and its clusters.
    let key: String
  }

  /// How many verdicts are kept, the newest ones.
  static let verdictLimit = 1024

  private var verdicts: [String: ValidationVerdict] = [:]
  /// The keys of the verdicts, the oldest first from `oldest` on.
  private var keys: [String] = []
  private var oldest = 0

  /// By Gateway, those of the newest snapshot: what waited before needs no check any more.
  private var waiting: [NamespacedName: [Pending]] = [:]

  /// What is to be held back of a translation that is to be published.
  ///
  /// - Parameter served: the listener of a name that is served now; nothing is checked that is.
  mutating func checks(
    for translated: EncodedTranslation, of gateway: NamespacedName, served: (String) -> EncodedResource?
  ) -> ListenerChecks {
    var checks = ListenerChecks()
    var pending: [Pending] = []
    let resources = Dictionary(
      translated.resources.lazy.filter { $0.type == .listener }.map { ($0.name, $0) }
    ) { first, _ in first }
    for listener in translated.configuration.listeners {
      guard let resource = resources[listener.name], served(listener.name) != resource else { continue }
      let entry = Self.entry(listener.name, resource, translated, gateway)
      switch entry.flatMap({ verdicts[$0.key] }) {
      case .accepted, .unavailable: break
      case .refused(let reason): checks.refused[listener.name] = reason
      case nil:
        guard let entry else { break }
        checks.pending.insert(listener.name)
        pending.append(entry)
      }
    }
    waiting[gateway] = pending.isEmpty ? nil : pending
    return checks
  }

  private static func entry(
    _ name: String, _ resource: EncodedResource, _ translated: EncodedTranslation, _ gateway: NamespacedName
  ) -> Pending? {
    let configuration = translated.configuration
    guard let listener = configuration.listeners.first(where: { $0.name == name }) else { return nil }
    let clusters = configuration.clusters.filter { resource.mentions($0.name) }
    let names = Set(clusters.map(\.name))
    let versions = translated.resources.filter { $0.type == .cluster && names.contains($0.name) }.map(\.version)
    let candidate = ListenerCandidate(
      gateway: gateway, listener: listener, clusters: clusters, routes: configuration.routeTables.map(\.name))
    return Pending(
      resource: resource, candidate: candidate, key: ([resource.version] + versions).joined(separator: " "))
  }

  /// Hands out the next listener of a Gateway that has to be checked.
  mutating func next(of gateway: NamespacedName) -> Pending? {
    guard let first = waiting[gateway]?.first else { return nil }
    waiting[gateway]?.removeFirst()
    if waiting[gateway]?.isEmpty == true { waiting[gateway] = nil }
    return first
  }

  /// Forgets what waits for a Gateway.
  mutating func remove(_ gateway: NamespacedName) { waiting[gateway] = nil }

  /// What was found of this content before.
  func verdict(on pending: Pending) -> ValidationVerdict? { verdicts[pending.key] }

  /// Keeps what was found. That nothing could be found out says nothing of the next time.
  mutating func keep(_ verdict: ValidationVerdict, on pending: Pending) {
    if case .unavailable = verdict { return }
    guard verdicts.updateValue(verdict, forKey: pending.key) == nil else { return }
    if keys.count < Self.verdictLimit { return keys.append(pending.key) }
    verdicts[keys[oldest]] = nil
    keys[oldest] = pending.key
    oldest = (oldest + 1) % keys.count
  }

  /// How many verdicts are kept.
  var count: Int { verdicts.count }
}
