import Logging
import Synchronization

/// Logs what clients do wrong, as often as somebody can read it: one that is refused comes again, and one that means harm
/// comes as often as it can.
final class ThrottledLog: Sendable {
  private struct State {
    var allowance: Allowance
    var unlogged = 0
  }

  private let state: Mutex<State>
  private let now: @Sendable () -> ContinuousClock.Instant

  /// - Parameters:
  ///   - burst: How many are logged at once.
  ///   - interval: After which another one is.
  init(
    burst: Int = 20, interval: Duration = .seconds(5),
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
  ) {
    self.now = now
    state = Mutex(State(allowance: Allowance(burst, every: interval, at: now())))
  }

  /// Logs the message, or counts it for the next one that is logged.
  func log(_ message: @autoclosure () -> String, to logger: Logger) {
    let unlogged = state.withLock { state -> Int? in
      guard state.allowance.take(at: now()) else {
        state.unlogged += 1
        return nil
      }
      defer { state.unlogged = 0 }
      return state.unlogged
    }
    guard let unlogged else { return }
    let rest = unlogged == 0 ? "" : " (and \(unlogged) others like it before, which are not logged)"
    logger.warning("\(message())\(rest)")
  }
}
