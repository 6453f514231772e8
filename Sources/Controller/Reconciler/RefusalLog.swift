import KubernetesAPI
import Logging
import PrometheusMetrics
import Translator

/// Counts the objects that are refused, and says so in the log: once when it comes up and once when it is mended, however often it is translated,
/// and for however many Gateways.
struct RefusalLog: Sendable {
  /// Where a set of problems comes from; each is replaced as a whole.
  enum Scope: Hashable, Sendable {
    /// The translation of a Gateway.
    case gateway(NamespacedName)
    /// The targets of a policy.
    case targets(ObjectReference)
    /// The proxies of a Gateway, and the check before them.
    case proxies(NamespacedName)
    /// The deployment of a Gateway's proxies.
    case deployment(NamespacedName)
  }

  private let logger: Logger
  private let counts: InstrumentFamily<RefusedKindLabel, Gauge>
  private var standing: [Scope: Set<Problem>] = [:]
  /// In how many scopes each problem stands.
  private var scopes: [Problem: Int] = [:]
  /// How many different problems each object has.
  private var problems: [ObjectReference: Int] = [:]

  /// - Parameter counts: shows how many objects are refused.
  init(logger: Logger, counts: InstrumentFamily<RefusedKindLabel, Gauge>) {
    self.logger = logger
    self.counts = counts
  }

  /// Makes `problems` all that stands against the scope, and logs what that changes.
  mutating func update(_ problems: some Sequence<Problem>, for scope: Scope) {
    let old = standing[scope] ?? []
    let new = Set(problems)
    guard old != new else { return }
    standing[scope] = new.isEmpty ? nil : new
    // First what is added: an object that goes from one problem to another has not been mended in between.
    for problem in new.subtracting(old).sorted() { add(problem) }
    for problem in old.subtracting(new).sorted() { remove(problem) }
  }

  private mutating func add(_ problem: Problem) {
    scopes[problem, default: 0] += 1
    guard scopes[problem] == 1 else { return }
    problems[problem.object, default: 0] += 1
    if problems[problem.object] == 1 { count(problem.object, 1) }
    logger.warning(
      "\(problem.object) is refused: \(problem.path): \(problem.message)",
      metadata: ["object": "\(problem.object)", "field": "\(problem.path)"])
  }

  private mutating func remove(_ problem: Problem) {
    guard Self.decrement(&scopes, problem) == 0, Self.decrement(&problems, problem.object) == 0 else { return }
    count(problem.object, -1)
    logger.notice("\(problem.object) is no longer refused", metadata: ["object": "\(problem.object)"])
  }

  private func count(_ object: ObjectReference, _ change: Int) {
    guard let kind = RefusedKindLabel(rawValue: object.kind.rawValue) else { return }
    counts[kind].add(change)
  }

  /// The count afterwards; a count of 0 takes no room.
  private static func decrement<Key>(_ counts: inout [Key: Int], _ key: Key) -> Int {
    let count = max(0, (counts[key] ?? 0) - 1)
    counts[key] = count == 0 ? nil : count
    return count
  }
}
