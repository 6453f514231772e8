/// What a client should hold of one type, and what it may keep for now.
///
/// A resource that is gone from the newest set stays with the client as long as an earlier set, from which its
/// listeners and routes may still come, names it: removals come last.
struct Goal {
  /// What identifies a goal, without its bytes.
  struct Key: Hashable {
    let newest: UInt64
    let kept: [UInt64]
    let keepsAll: Bool
  }

  let newest: ResourceSet

  /// The sets that belong to the listeners and routes that the client has or that are on their way to it, without
  /// those that equal the newest. Nearly always empty.
  private(set) var kept: [ResourceSet] = []

  /// Nothing is removed: which listeners and routes the client has is not known.
  var keepsAll = false

  init(_ newest: ResourceSet) {
    self.newest = newest
  }

  var key: Key {
    Key(newest: newest.digest, kept: kept.map(\.digest), keepsAll: keepsAll)
  }

  mutating func keep(_ set: ResourceSet?) {
    guard let set, set != newest, !kept.contains(set) else { return }
    kept.append(set)
  }

  /// The names that may stay although the newest set has them no more.
  var keptNames: Set<String> {
    var names: Set<String> = []
    for set in kept {
      names.formUnion(set.byName.keys.lazy.filter { newest[$0] == nil })
    }
    return names
  }

  /// The resource of this name: the newest, else the kept one that the client holds, else a kept one unless a newer one is
  /// held back.
  func resource(_ name: String, held: Holdings.Held?) -> EncodedResource? {
    if let resource = newest[name] { return resource }
    var found: EncodedResource?
    for set in kept {
      guard let resource = set[name] else { continue }
      if held == .version(resource.digest) { return resource }
      if !newest.withheld.contains(name) { found = found ?? resource }
    }
    return found
  }
}
