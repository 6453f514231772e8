import Synchronization

/// Which other replica leads, and where it is reached; kept up to date by a ``LeaderElector``.
package final class LeaderLocation: Sendable {
  package struct Leader: Sendable, Hashable {
    /// What it holds the Lease as.
    package let identity: String
    /// `HOST:PORT`; nil where it does not say.
    package let address: String?

    package init(identity: String, address: String?) {
      self.identity = identity
      self.address = address
    }
  }

  /// Yields when ``leader`` has changed; once for all changes that were not seen yet.
  package let changes: AsyncStream<Void>
  private let change: AsyncStream<Void>.Continuation
  private let state = Mutex<Leader?>(nil)

  package init() {
    (changes, change) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// Nil while nobody is known to lead, and while this replica does.
  package var leader: Leader? { state.withLock { $0 } }

  package func set(_ leader: Leader?) {
    let isNews = state.withLock { state in
      defer { state = leader }
      return state != leader
    }
    if isNews { change.yield() }
  }
}
