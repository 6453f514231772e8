import Synchronization

/// Whether this process leads: until a moment that its elector moves on with each renewal.
///
/// Asking holds the moment against the clock, so that nobody has to be told in time: a process that was stopped past it
/// (SIGSTOP, a machine that hangs) does not lead in the first instruction that it carries out again. `ContinuousClock`
/// goes on meanwhile, also while the machine sleeps.
package final class Leadership: Sendable {
  private enum State {
    case alone
    case until(ContinuousClock.Instant?)
  }

  private let state: Mutex<State>

  private init(_ state: State) { self.state = Mutex(state) }

  /// Of the only replica that there is, which leads for ever.
  package static var alone: Leadership { Leadership(.alone) }
  /// Of one that does not lead yet.
  package static var elected: Leadership { Leadership(.until(nil)) }

  package var isLeader: Bool { (try? remaining()) != nil }

  /// For how long it still leads.
  /// - Throws: if it does not.
  package func remaining() throws(NotLeading) -> Duration {
    switch state.withLock({ $0 }) {
    case .alone: return .seconds(3600)
    case .until(let end):
      let now = ContinuousClock.now
      guard let end, end > now else { throw NotLeading() }
      return now.duration(to: end)
    }
  }

  /// Moves the end of the leadership; nil ends it now. Has no effect on the only replica.
  package func set(until end: ContinuousClock.Instant?) {
    state.withLock { state in
      if case .until = state { state = .until(end) }
    }
  }
}

/// What only the leader may do was not done, since this process does not lead (any more).
package struct NotLeading: Error, Hashable, CustomStringConvertible {
  package init() {}

  package var description: String { "this replica does not lead" }
}

/// Lets requests through while this process leads, and none of them outlive its leadership.
///
/// The check is made for each request at the last moment in which it can be, also for one that is repeated because the
/// API server asked for some time. One that is under way when the leadership ends is given up then: libcurl looks at
/// the time before it goes on with a request, so a process that was stopped sends nothing of it when it goes on.
struct LeaderTransport: KubernetesTransport {
  let transport: any KubernetesTransport
  let leadership: Leadership

  func perform<Result>(
    _ request: HTTPRequest, _ consume: (HTTPResponseHead, any HTTPResponseBody) async throws -> Result
  ) async throws -> Result {
    let remaining = try leadership.remaining()
    var request = request
    request.timeouts.total = min(request.timeouts.total ?? remaining, remaining)
    return try await transport.perform(request, consume)
  }

  func shutdown() async { await transport.shutdown() }
}
