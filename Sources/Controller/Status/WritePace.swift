/// How fast objects are written: a token bucket, and a stop for all writes when the API server asks for one.
///
/// A value without clock or I/O: the time comes in with each call.
package struct WritePace: Sendable {
  package typealias Instant = ContinuousClock.Instant

  package struct Settings: Sendable {
    /// Writes a second, in the long run; more than 0.
    ///
    /// An API server gives the requests of all controllers that have no priority level of their own some hundred seats
    /// at a time (API priority and fairness, level `workload-low`), and a write holds one for some 10 ms: 50 a second
    /// are below a hundredth of them. Client libraries' usual 5 would need half an hour for 10,000 objects.
    package var rate: Double
    /// Writes at once after a quiet time; at least 1.
    package var burst: Int

    package init(rate: Double = 50, burst: Int = 100) {
      self.rate = max(rate, 0.001)
      self.burst = max(burst, 1)
    }
  }

  private let settings: Settings
  /// Below zero: so many are promised ahead of time.
  private var tokens: Double
  private var countedAt: Instant
  private var stoppedUntil: Instant

  package init(_ settings: Settings = Settings(), at now: Instant) {
    self.settings = settings
    tokens = Double(settings.burst)
    countedAt = now
    stoppedUntil = now
  }

  /// Takes the right to one write.
  /// - Returns: when it may be made. The order of calls is that of the times.
  package mutating func take(at now: Instant) -> Instant {
    count(to: now)
    tokens -= 1
    let begin = max(now, stoppedUntil)
    return tokens >= 0 ? begin : max(countedAt, begin) + .seconds(-tokens / settings.rate)
  }

  /// Gives back the right to a write that turned out to be needless.
  package mutating func giveBack() { tokens = min(tokens + 1, Double(settings.burst)) }

  /// Whether a write that was to be made now has to wait for the end of a stop that came since; until when.
  package func stop(at now: Instant) -> Instant? { stoppedUntil > now ? stoppedUntil : nil }

  /// Has all writes wait. Those that follow the stop come one after the other: a server that asked for time is not to be
  /// met by a burst.
  package mutating func stop(for duration: Duration, at now: Instant) {
    count(to: now)
    stoppedUntil = max(stoppedUntil, now + duration)
    tokens = min(tokens, 0)
    countedAt = max(countedAt, stoppedUntil)
  }

  private mutating func count(to now: Instant) {
    guard now > countedAt else { return }
    tokens = min(Double(settings.burst), tokens + countedAt.duration(to: now) / .seconds(1) * settings.rate)
    countedAt = now
  }
}
