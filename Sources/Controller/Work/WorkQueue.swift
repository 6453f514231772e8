/// Keys waiting to be worked on: each at most once, in the order of their arrival.
///
/// A short debounce joins a burst of changes to one key into one piece of work: a key is ready when it has been quiet
/// for `quietPeriod`, or has waited for `maximumDelay`. A key that is being worked on is not given out a second time; if
/// it changes meanwhile it waits for the end of the first. A key that failed comes back after an exponentially growing
/// delay. A value without clock or I/O: the time comes in with each call, so that tests need not wait.
package struct WorkQueue<Key: Hashable & Sendable>: Sendable {
  package typealias Instant = ContinuousClock.Instant

  package struct Configuration: Sendable {
    /// How long a key must be quiet before it is worked on.
    package var quietPeriod: Duration
    /// How long a key that never is quiet waits at the most.
    package var maximumDelay: Duration
    /// The delay after the first failure; doubled with each further one.
    package var firstRetry: Duration
    package var maximumRetry: Duration

    package init(
      quietPeriod: Duration = .milliseconds(10), maximumDelay: Duration = .milliseconds(100),
      firstRetry: Duration = .milliseconds(200), maximumRetry: Duration = .seconds(60)
    ) {
      self.quietPeriod = quietPeriod
      self.maximumDelay = maximumDelay
      self.firstRetry = firstRetry
      self.maximumRetry = maximumRetry
    }
  }

  /// A key handed out, with the time of the oldest change that it carries.
  package struct Item: Hashable, Sendable {
    package var key: Key
    package var changedAt: Instant
  }

  private struct Waiting {
    var firstAdded: Instant
    var ready: Instant
    /// Arrival number, so that keys which are ready together go in the order in which they came.
    var order: UInt64
  }

  private let configuration: Configuration
  private var waiting: [Key: Waiting] = [:]
  private var active: Set<Key> = []
  private var failures: [Key: Int] = [:]
  private var arrivals: UInt64 = 0

  package init(configuration: Configuration = Configuration()) { self.configuration = configuration }

  /// Keys that wait, not counting those being worked on.
  package var depth: Int { waiting.count }

  /// Whether nothing waits and nothing is being worked on.
  package var isIdle: Bool { waiting.isEmpty && active.isEmpty }

  /// Notes that `key` changed at `now`. A new change ends a failed key's backoff, since it may be the mend.
  package mutating func add(_ key: Key, at now: Instant) {
    if var entry = waiting[key] {
      let latest = entry.firstAdded + configuration.maximumDelay
      entry.ready =
        failures[key] == nil ? min(now + configuration.quietPeriod, latest) : now + configuration.quietPeriod
      waiting[key] = entry
    } else {
      arrivals += 1
      waiting[key] = Waiting(firstAdded: now, ready: now + configuration.quietPeriod, order: arrivals)
    }
  }

  /// Hands out up to `limit` keys that are ready at `now`, oldest first. Each must be given back with ``finish(_:at:)``
  /// or ``fail(_:changedAt:at:)``.
  package mutating func take(_ limit: Int, at now: Instant) -> [Item] {
    guard limit > 0 else { return [] }
    let ready = waiting.filter { $0.value.ready <= now && !active.contains($0.key) }
      .sorted { $0.value.order < $1.value.order }.prefix(limit)
    return ready.map { key, entry in
      waiting[key] = nil
      active.insert(key)
      return Item(key: key, changedAt: entry.firstAdded)
    }
  }

  /// The work on `key` is done.
  package mutating func finish(_ key: Key) {
    active.remove(key)
    failures[key] = nil
  }

  /// The work on `key` failed: it comes back later, or at once if it changed meanwhile.
  /// - Returns: the delay until the next try.
  @discardableResult
  package mutating func fail(_ item: Item, at now: Instant) -> Duration {
    active.remove(item.key)
    let count = failures[item.key, default: 0]
    failures[item.key] = count + 1
    let delay = min(configuration.firstRetry * (1 << min(count, 20)), configuration.maximumRetry)
    if waiting[item.key] == nil {
      arrivals += 1
      waiting[item.key] = Waiting(firstAdded: item.changedAt, ready: now + delay, order: arrivals)
    }
    return delay
  }

  /// When the next key becomes ready; nil if none waits (but for keys whose work must end first).
  package var nextReady: Instant? {
    waiting.lazy.filter { !active.contains($0.key) }.map(\.value.ready).min()
  }
}
