import Synchronization

/// How often something has happened per second over the last minute, in constant memory.
package final class EventRate: Sendable {
  private static let window = 60

  private struct State {
    /// Events by second, as a ring: the second s is at s modulo the window.
    var counts = Array(repeating: 0, count: EventRate.window)
    /// The second of the newest entry.
    var newest = 0

    /// Empties the entries of the seconds that went by since the newest one.
    mutating func advance(to second: Int) {
      guard second > newest else { return }
      for passed in max(newest + 1, second - EventRate.window + 1)...second {
        counts[passed % EventRate.window] = 0
      }
      newest = second
    }
  }

  private let state = Mutex(State())
  private let elapsed: @Sendable () -> Duration

  init<C: Clock>(clock: C) where C.Duration == Duration {
    let start = clock.now
    elapsed = { start.duration(to: clock.now) }
  }

  /// Counts one event, now.
  package func record() {
    let second = Int(elapsed().components.seconds)
    state.withLock {
      $0.advance(to: second)
      $0.counts[second % Self.window] += 1
    }
  }

  /// Events per second over the last minute; the second that is running counts as a whole one.
  package var perSecond: Double {
    let second = Int(elapsed().components.seconds)
    return state.withLock {
      $0.advance(to: second)
      return Double($0.counts.reduce(0, +)) / Double(Self.window)
    }
  }
}
