/// The transitions that streams of one Gateway on one event loop have in common.
///
/// It holds a transition only as long as a stream waits for its acknowledgement, so that responses take no memory
/// once all have answered.
final class TransitionCache {
  private struct Key: Hashable {
    let type: ResourceType
    let speaking: ADSDialect
    let from: UInt64
    let subscription: UInt64
    let goal: Goal.Key
    let mustAnswer: Bool
  }

  private struct Entry {
    weak let transition: Transition?
  }

  /// More positions than this are not remembered at a time.
  private let capacity = 256
  private var entries: [Key: Entry] = [:]

  /// When so many entries are there, those whose transition is gone are taken out.
  private var cleaningCount = 8

  /// What the streams last came to hold. Streams that arrive there by different transitions share its storage.
  private var latest = PerType<Holdings?> { _ in nil }

  /// How many entries there are, with those that are of no use any more.
  var count: Int { entries.count }

  /// How many transitions were worked out rather than found.
  private(set) var misses = 0

  func transition(
    _ type: ResourceType, speaking: ADSDialect, from holdings: Holdings, for subscription: Subscription,
    to goal: Goal, mustAnswer: Bool
  ) -> Transition {
    let key = Key(
      type: type, speaking: speaking, from: holdings.hash, subscription: subscription.hash, goal: goal.key,
      mustAnswer: mustAnswer)
    if let found = entries[key]?.transition { return found }
    misses += 1
    let made = Transition.make(
      type, speaking: speaking, from: holdings, for: subscription, to: goal, mustAnswer: mustAnswer)
    if entries.count >= cleaningCount {
      entries = entries.filter { $0.value.transition != nil }
      cleaningCount = max(8, min(2 * entries.count, capacity))
    }
    if entries.count < capacity {
      entries[key] = Entry(transition: made)
    }
    return made
  }

  /// The same holdings, in the storage that other streams use for them where there is one.
  func shared(_ holdings: Holdings, of type: ResourceType) -> Holdings {
    if let latest = latest[type], latest == holdings { return latest }
    latest[type] = holdings
    return holdings
  }
}
