/// Values in the order of their keys. Changes are collected and taken in together: that costs one pass over the table,
/// and comparing for each change, but no sorting of what was there before.
struct SortedTable<Key: Comparable & Hashable & Sendable, Value: Sendable>: Sendable {
  private var keys: [Key] = []
  private(set) var values: [Value] = []
  /// Nil for a key that is to go.
  private var changes: [Key: Value?] = [:]

  /// Sets the value of a key, or with nil removes it; ``values`` has it after ``settle()``.
  mutating func set(_ key: Key, to value: Value?) { changes[key] = .some(value) }

  /// Takes the changes in.
  mutating func settle() {
    guard !changes.isEmpty else { return }
    let sorted = changes.sorted { $0.key < $1.key }
    changes = [:]
    var (newKeys, newValues): ([Key], [Value]) = ([], [])
    newKeys.reserveCapacity(keys.count + sorted.count)
    newValues.reserveCapacity(keys.count + sorted.count)
    var start = 0
    for (key, value) in sorted {
      let place = place(of: key, from: start)
      newKeys += keys[start..<place]
      newValues += values[start..<place]
      start = place < keys.count && keys[place] == key ? place + 1 : place
      if let value {
        newKeys.append(key)
        newValues.append(value)
      }
    }
    newKeys += keys[start...]
    newValues += values[start...]
    (keys, values) = (newKeys, newValues)
  }

  /// The place of the first key that is not less.
  private func place(of key: Key, from start: Int) -> Int {
    var (low, high) = (start, keys.count)
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
