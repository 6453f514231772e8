import Synchronization

/// What is known of a server: whether it gives lists as the first events of a watch. Shared by all that ask it, so that
/// it is asked once.
package final class StreamedLists: Sendable {
  private enum Knowledge {
    case untried, given, refused
  }

  private let knowledge = Mutex(Knowledge.untried)

  package init() {}

  /// Whether to ask for one.
  var mayBeAsked: Bool { knowledge.withLock { $0 != .refused } }

  /// How long the server may be silent within such a list. One that has never given any is likely to be one that takes
  /// the request for a plain watch, and says nothing more until something changes.
  var idleTimeout: Duration { knowledge.withLock { $0 == .given } ? .seconds(60) : .seconds(10) }

  /// One has come to its end.
  func given() {
    knowledge.withLock { $0 = .given }
  }

  /// The server has refused, or shown that it does not know what was asked; false where it knew before, so that the
  /// answer must have another reason.
  func refused() -> Bool {
    knowledge.withLock { knowledge in
      guard knowledge == .untried else { return knowledge == .refused }
      knowledge = .refused
      return true
    }
  }
}

/// The server does not give lists as the first events of a watch.
struct NoStreamedLists: Error {}
