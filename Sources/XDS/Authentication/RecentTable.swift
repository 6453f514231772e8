/// A table of bounded size that forgets what was not used for long.
///
/// Two generations: when the young one is full, it becomes the old one, and what was old is forgotten. So the last
/// `capacity / 2` that were used are there, and never more than `capacity`.
struct RecentTable<Key: Hashable, Value> {
  private let generation: Int
  private var young: [Key: Value] = [:]
  private var old: [Key: Value] = [:]

  init(capacity: Int) {
    generation = max(1, capacity / 2)
  }

  var count: Int { young.count + old.count }

  /// The value, which counts as a use of it.
  mutating func use(_ key: Key) -> Value? {
    if let value = young[key] { return value }
    guard let value = old.removeValue(forKey: key) else { return nil }
    insert(value, for: key)
    return value
  }

  mutating func insert(_ value: Value, for key: Key) {
    old[key] = nil
    if young[key] == nil, young.count >= generation {
      old = young
      young = [:]
    }
    young[key] = value
  }

  mutating func remove(_ key: Key) {
    young[key] = nil
    old[key] = nil
  }
}
