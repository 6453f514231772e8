import Synchronization

/// The state of the server, shared by all requests; every write wakes the watches.
///
/// A watch holds only its position. It is woken, and takes what came after that position from the store, so a slow
/// one costs nothing: it finds its position forgotten and gets 410, as from the real server.
final class ObjectStore: Sendable {
  private let state: Mutex<StoreState>
  private let wakers = Mutex<Wakers>(Wakers())

  private struct Wakers {
    var next = 0
    var continuations: [Int: AsyncStream<Void>.Continuation] = [:]
  }

  init(_ state: StoreState) {
    self.state = Mutex(state)
  }

  func read<Result: Sendable, Failure: Error>(
    _ body: (StoreState) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try state.withLock { (state) throws(Failure) in try body(state) }
  }

  /// Runs a change as one transaction, then wakes the watches if it moved the revision.
  func write<Result: Sendable, Failure: Error>(
    _ body: (inout StoreState) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let (result, moved) = try state.withLock { (state) throws(Failure) -> (Result, Bool) in
      let before = state.revision
      let result = try body(&state)
      return (result, state.revision != before)
    }
    if moved { wakeWatches() }
    return result
  }

  /// Replaces everything with an earlier state, of which nobody can watch or page on.
  func restore(_ earlier: StoreState) {
    state.withLock { state in
      state = earlier
      state.forgetChangesSoFar()
    }
  }

  /// A stream that says "look again". Several wake-ups before the watch looks become one.
  func wakeUps() -> (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation) {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let identifier = wakers.withLock { wakers in
      wakers.next += 1
      wakers.continuations[wakers.next] = continuation
      return wakers.next
    }
    continuation.onTermination = { [weak self] _ in
      self?.wakers.withLock { wakers in wakers.continuations[identifier] = nil }
    }
    return (stream, continuation)
  }

  /// How many watches are open.
  var watchCount: Int { wakers.withLock { $0.continuations.count } }

  /// Ends every watch that is open now.
  func endWatches() {
    // Outside the lock, because finishing one calls back to take it off the list.
    let continuations = wakers.withLock { Array($0.continuations.values) }
    for continuation in continuations { continuation.finish() }
  }

  private func wakeWatches() {
    let continuations = wakers.withLock { Array($0.continuations.values) }
    for continuation in continuations { continuation.yield() }
  }
}
