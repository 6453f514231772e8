/// How often something may be done: so many times at once, and one more after each interval (a token bucket).
struct Allowance {
  private let capacity: Double
  private let interval: Duration
  private var left: Double
  private var updated: ContinuousClock.Instant

  init(_ capacity: Int, every interval: Duration, at now: ContinuousClock.Instant) {
    self.capacity = Double(capacity)
    self.interval = interval
    left = self.capacity
    updated = now
  }

  /// Takes one; false if none is left.
  mutating func take(at now: ContinuousClock.Instant) -> Bool {
    if now > updated {
      left = min(capacity, left + (now - updated) / interval)
      updated = now
    }
    guard left >= 1 else { return false }
    left -= 1
    return true
  }

  /// Gives one back that was not used after all.
  mutating func giveBack() {
    left = min(capacity, left + 1)
  }
}
