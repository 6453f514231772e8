import FoundationEssentials
import Synchronization

/// A wall clock that stands still until it is moved.
final class TestClock: Sendable {
  private let date = Mutex(Date(timeIntervalSince1970: 1_750_000_000))

  var now: Date { date.withLock { $0 } }

  func advance(by seconds: Double) { date.withLock { $0 += seconds } }
}
