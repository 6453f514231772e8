/// A many-to-many relation kept both ways, so that the question "who refers to this?" costs only its answer.
struct RelationIndex<Source: Hashable & Sendable, Target: Hashable & Sendable>: Sendable {
  private var targetsBySource: [Source: Set<Target>] = [:]
  private var sourcesByTarget: [Target: Set<Source>] = [:]

  /// Everything that refers to `target`.
  func sources(of target: Target) -> Set<Source> { sourcesByTarget[target] ?? [] }

  /// Everything that `source` refers to.
  func targets(of source: Source) -> Set<Target> { targetsBySource[source] ?? [] }

  /// Makes `targets` all that `source` refers to. Costs what changed.
  mutating func set(_ source: Source, to targets: Set<Target>) {
    let old = targetsBySource[source] ?? []
    guard old != targets else { return }
    for target in old.subtracting(targets) {
      sourcesByTarget[target]?.remove(source)
      if sourcesByTarget[target]?.isEmpty == true { sourcesByTarget[target] = nil }
    }
    for target in targets.subtracting(old) { sourcesByTarget[target, default: []].insert(source) }
    targetsBySource[source] = targets.isEmpty ? nil : targets
  }

  mutating func remove(_ source: Source) { set(source, to: []) }
}
