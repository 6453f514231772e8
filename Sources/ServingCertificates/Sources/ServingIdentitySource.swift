import Synchronization

/// Where the server's identity comes from, now and whenever it changes.
package protocol ServingIdentitySource: Sendable {
  /// The identity as it is now, once there is one, and each that follows; who reads slowly gets the newest only. Each
  /// call gives another sequence, for one reader, which ends when the source does.
  func identities() -> AsyncStream<CheckedIdentity>

  /// What is waited for, in a few words, before there is an identity; nil from then on.
  var awaited: String? { get }

  /// To be called when this replica begins to lead.
  func leads()

  /// Works until the task is cancelled.
  func run() async
}

extension ServingIdentitySource {
  package func leads() {}
}

/// Hands each new identity to everyone who wants to know.
final class IdentityFeed: Sendable {
  private struct State {
    var current: CheckedIdentity?
    var readers: [Int: AsyncStream<CheckedIdentity>.Continuation] = [:]
    var lastReader = 0
  }

  private let state = Mutex(State())

  var current: CheckedIdentity? { state.withLock { $0.current } }

  /// Tells it to all readers, unless it is the one that they know.
  /// - Returns: whether it is new.
  func publish(_ identity: CheckedIdentity) -> Bool {
    state.withLock { state in
      guard state.current != identity else { return false }
      state.current = identity
      for reader in state.readers.values { reader.yield(identity) }
      return true
    }
  }

  func identities() -> AsyncStream<CheckedIdentity> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: CheckedIdentity.self, bufferingPolicy: .bufferingNewest(1))
    let reader = state.withLock { state in
      state.lastReader += 1
      state.readers[state.lastReader] = continuation
      if let current = state.current { continuation.yield(current) }
      return state.lastReader
    }
    continuation.onTermination = { [weak self] _ in
      self?.state.withLock { _ = $0.readers.removeValue(forKey: reader) }
    }
    return stream
  }
}
