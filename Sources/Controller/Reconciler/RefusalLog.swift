import KubernetesAPI
import Logging
import Translator

/// Says what is refused in the log: once when it comes up and once when it is mended, however often it is translated.
struct RefusalLog: Sendable {
  /// Where a set of problems comes from; each is replaced as a whole.
  enum Scope: Hashable, Sendable {
    /// The translation of a Gateway.
    case gateway(NamespacedName)
    /// The targets of a policy.
    case targets(ObjectReference)
  }

  private let logger: Logger
  private var standing: [Scope: Set<Problem>] = [:]

  init(logger: Logger) { self.logger = logger }

  /// Makes `problems` all that stands against the scope, and logs the difference.
  mutating func update(_ problems: some Sequence<Problem>, for scope: Scope) {
    let old = standing[scope] ?? []
    let new = Set(problems)
    guard old != new else { return }
    standing[scope] = new.isEmpty ? nil : new
    for problem in new.subtracting(old).sorted() {
      logger.warning(
        "\(problem.object) is refused: \(problem.path): \(problem.message)",
        metadata: ["object": "\(problem.object)", "field": "\(problem.path)"])
    }
    let stillRefused = Set(new.map(\.object))
    for object in Set(old.map(\.object)).subtracting(stillRefused).sorted() {
      logger.notice("\(object) is accepted now, or gone", metadata: ["object": "\(object)"])
    }
  }

  /// Logs what went wrong on this side, for which no object is to blame.
  func logFailure(_ what: String, _ error: any Error) {
    logger.error("\(what): \(error)")
  }
}
