import HeapModule

/// Keys waiting to be worked on: each at most once, in the order in which they become ready.
///
/// A short debounce joins a burst of changes to one key into one piece of work: a key is ready when it has been quiet
/// for `quietPeriod`, or `maximumDelay` after the burst began. A key that is being worked on is not given out a second
/// time; if it changes meanwhile it waits for the end of the first. A key that failed comes back after an exponentially
/// growing delay. A value without clock or I/O: the time comes in with each call, so that tests need not wait.
///
/// Each call costs O(log n) for n waiting keys.
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

    package init(key: Key, changedAt: Instant) {
      self.key = key
      self.changedAt = changedAt
    }
  }

  private struct Waiting {
    /// The oldest change that was not worked off.
    var changedAt: Instant
    /// When the changes began that are being joined; nil while the key waits only because it failed.
    var burstBegan: Instant?
    var ready: Instant
    /// Arrival number, which tells apart a key's stays in the queue.
    let order: UInt64
  }

  /// Notes in `alarms` when to look at a key again.
  private struct Alarm: Comparable {
    let key: Key
    let ready: Instant
    let order: UInt64

    static func == (left: Self, right: Self) -> Bool { (left.ready, left.order) == (right.ready, right.order) }
    static func < (left: Self, right: Self) -> Bool { (left.ready, left.order) < (right.ready, right.order) }
  }

  /// For so many keys there is room without taking memory anew.
  private static var keptCapacity: Int { 256 }

  private let configuration: Configuration
  private var waiting: [Key: Waiting] = [:]
  private var active: Set<Key> = []
  private var failures: [Key: Int] = [:]
  private var arrivals: UInt64 = 0
  /// Has an alarm for each waiting key that is not active, set for its `ready` or earlier, and possibly some that mean
  /// nothing any more. Between calls, the earliest one is exact.
  private var alarms = Heap<Alarm>()

  package init(configuration: Configuration = Configuration()) { self.configuration = configuration }

  /// Keys that wait, not counting those being worked on.
  package var depth: Int { waiting.count }

  /// Whether nothing waits and nothing is being worked on.
  package var isIdle: Bool { waiting.isEmpty && active.isEmpty }

  /// When the next key becomes ready; nil if none waits (but for keys whose work must end first).
  package var nextReady: Instant? { alarms.min?.ready }

  /// Notes that `key` changed at `now`. A new change ends a failed key's backoff, since it may be the mend.
  package mutating func add(_ key: Key, at now: Instant) {
    guard let old = waiting[key] else {
      return enqueue(key, changedAt: now, burstBegan: now, ready: ready(at: now, burstBegan: now))
    }
    var new = old
    let began = old.burstBegan ?? now
    new.burstBegan = began
    new.ready = ready(at: now, burstBegan: began)
    waiting[key] = new
    // The alarm of a key that is only put off will find that out.
    if new.ready < old.ready { setAlarm(for: key) }
    settle()
  }

  /// Hands out up to `limit` keys that are ready at `now`. Each must be given back with ``finish(_:)`` or
  /// ``fail(_:at:)``.
  package mutating func take(_ limit: Int, at now: Instant) -> [Item] {
    var items: [Item] = []
    while items.count < limit, let alarm = alarms.min, alarm.ready <= now {
      alarms.removeMin()
      if let entry = waiting.removeValue(forKey: alarm.key) {
        active.insert(alarm.key)
        items.append(Item(key: alarm.key, changedAt: entry.changedAt))
      }
      settle()
    }
    giveUpMemory()
    return items
  }

  /// The work on `key` is done.
  package mutating func finish(_ key: Key) {
    active.remove(key)
    failures[key] = nil
    setAlarm(for: key)
  }

  /// The work on a key failed: it comes back later, or as soon as a change that came meanwhile is ready.
  /// - Returns: the delay until the next try.
  @discardableResult
  package mutating func fail(_ item: Item, at now: Instant) -> Duration {
    active.remove(item.key)
    let count = failures[item.key, default: 0]
    failures[item.key] = count + 1
    let delay = min(configuration.firstRetry * (1 << min(count, 20)), configuration.maximumRetry)
    if let entry = waiting[item.key] {
      waiting[item.key]?.changedAt = min(entry.changedAt, item.changedAt)
      setAlarm(for: item.key)
    } else {
      enqueue(item.key, changedAt: item.changedAt, burstBegan: nil, ready: now + delay)
    }
    return delay
  }

  private func ready(at now: Instant, burstBegan: Instant) -> Instant {
    min(now + configuration.quietPeriod, burstBegan + configuration.maximumDelay)
  }

  private mutating func enqueue(_ key: Key, changedAt: Instant, burstBegan: Instant?, ready: Instant) {
    arrivals += 1
    waiting[key] = Waiting(changedAt: changedAt, burstBegan: burstBegan, ready: ready, order: arrivals)
    setAlarm(for: key)
  }

  /// What a burst has made large is not kept for ever.
  private mutating func giveUpMemory() {
    guard waiting.isEmpty, waiting.capacity > Self.keptCapacity else { return }
    waiting = [:]
    alarms = Heap()
  }

  // MARK: Alarms

  private mutating func setAlarm(for key: Key) {
    guard !active.contains(key), let entry = waiting[key] else { return }
    alarms.insert(Alarm(key: key, ready: entry.ready, order: entry.order))
    // A key whose backoff is ended by a change leaves an alarm behind; these must not pile up.
    if alarms.count > 2 * waiting.count + 64 {
      alarms = Heap(
        waiting.filter { !active.contains($0.key) }
          .map { Alarm(key: $0.key, ready: $0.value.ready, order: $0.value.order) })
    }
  }

  /// Sees to it that the earliest alarm is one of a key that waits, for the time at which it is ready.
  private mutating func settle() {
    while let alarm = alarms.min {
      if let entry = waiting[alarm.key], entry.order == alarm.order {
        guard alarm.ready < entry.ready else { return }
        alarms.replaceMin(with: Alarm(key: alarm.key, ready: entry.ready, order: entry.order))
      } else {
        alarms.removeMin()
      }
    }
  }
}
