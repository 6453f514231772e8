/// How long to wait before the next attempt: doubling from failure to failure, up to a bound, and never quite the same
/// for two clients.
package struct Backoff: Sendable, Hashable {
  /// After the first failure, at most.
  package var initial: Duration
  package var maximum: Duration

  package init(initial: Duration = .milliseconds(400), maximum: Duration = .seconds(30)) {
    self.initial = initial
    self.maximum = maximum
  }

  /// The delay after `failures` failures in a row (at least one): between half of the bound and the bound, as
  /// `random` (0..<1) says.
  package func delay(after failures: Int, random: Double) -> Duration {
    // Beyond 2^20 the maximum has long been reached.
    let factor = 1 << min(max(failures, 1) - 1, 20)
    return min(initial * factor, maximum) * (0.5 + random / 2)
  }
}

/// Time and chance, as the reflector sees them; tests bring their own.
package struct ReflectorClock: Sendable {
  /// Time that has passed since some fixed moment.
  package var now: @Sendable () -> Duration
  /// Throws `CancellationError` when the task is cancelled.
  package var sleep: @Sendable (Duration) async throws -> Void
  /// Evenly spread over 0..<1.
  package var random: @Sendable () -> Double

  package init(
    now: @escaping @Sendable () -> Duration, sleep: @escaping @Sendable (Duration) async throws -> Void,
    random: @escaping @Sendable () -> Double
  ) {
    self.now = now
    self.sleep = sleep
    self.random = random
  }

  package static let system = ReflectorClock(
    now: { [start = ContinuousClock.now] in start.duration(to: .now) },
    sleep: { try await Task.sleep(for: $0) },
    random: { Double.random(in: 0..<1) })
}
