/// A many-to-many relation kept both ways, so that the question "who refers to this?" costs only its answer.
struct RelationIndex<Source: Hashable & Sendable, Target: Hashable & Sendable>: Sendable {
  private var targetsBySource: [Source: OneOrMore<Target>] = [:]
  private var sourcesByTarget: [Target: OneOrMore<Source>] = [:]

  /// Everything that refers to `target`.
  func sources(of target: Target) -> Set<Source> { sourcesByTarget[target]?.set ?? [] }

  /// Everything that `source` refers to.
  func targets(of source: Source) -> Set<Target> { targetsBySource[source]?.set ?? [] }

  /// Makes `targets` all that `source` refers to. Costs what changed.
  mutating func set(_ source: Source, to targets: Set<Target>) {
    let old = targetsBySource[source]?.set ?? []
    guard old != targets else { return }
    for target in old where !targets.contains(target) { removeSource(source, of: target) }
    for target in targets where !old.contains(target) {
      if sourcesByTarget[target]?.insert(source) == nil { sourcesByTarget[target] = .one(source) }
    }
    targetsBySource[source] = OneOrMore(targets)
  }

  mutating func remove(_ source: Source) { set(source, to: []) }

  private mutating func removeSource(_ source: Source, of target: Target) {
    if sourcesByTarget[target]?.removeUnlessLast(source) == false { sourcesByTarget[target] = nil }
  }
}

/// A set that is never empty. Most objects refer to one other, and a `Set` of one takes four times its element.
private enum OneOrMore<Element: Hashable & Sendable>: Sendable {
  case one(Element)
  case more(Set<Element>)

  /// Nil for the empty set.
  init?(_ set: Set<Element>) {
    guard let first = set.first else { return nil }
    self = set.count == 1 ? .one(first) : .more(set)
  }

  var set: Set<Element> {
    switch self {
    case .one(let element): [element]
    case .more(let set): set
    }
  }

  mutating func insert(_ element: Element) {
    switch self {
    case .one(let first):
      self = .more([first, element])
    case .more(var set):
      // Given up for the moment of the change, so that the set is changed in place and not copied.
      self = .one(element)
      set.insert(element)
      self = .more(set)
    }
  }

  /// - Returns: false if the element is the last one, and stays.
  mutating func removeUnlessLast(_ element: Element) -> Bool {
    switch self {
    case .one(let last):
      return last != element
    case .more(var set):
      self = .one(element)
      set.remove(element)
      guard let some = set.first else { return false }
      self = set.count == 1 ? .one(some) : .more(set)
      return true
    }
  }
}
