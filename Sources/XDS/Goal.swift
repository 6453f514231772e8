/// What a client should hold of one type, and what it may keep for now.
///
/// A resource that is gone from the newest set stays with the client as long as an earlier set, from which its
/// listeners and routes may still come, names it: removals come last.
struct Goal {
  /// What identifies a goal, without its bytes.
  struct Key: Hashable {
    let newest: UInt64
    let kept: UInt64?
    let live: UInt64?
    let keepsAll: Bool
  }

  let newest: ResourceSet

  /// The set that belongs to the listeners and routes on their way to the client.
  var kept: ResourceSet?

  /// The set that belongs to the listeners and routes that the client has acknowledged.
  var live: ResourceSet?

  /// Nothing is removed: which listeners and routes the client has is not known.
  var keepsAll = false

  init(_ newest: ResourceSet) {
    self.newest = newest
  }

  var key: Key {
    Key(newest: newest.digest, kept: kept?.digest, live: live?.digest, keepsAll: keepsAll)
  }

  /// The names that may stay although the newest set has them no more.
  var keptNames: Set<String> {
    var names: Set<String> = []
    for set in [kept, live] {
      guard let set, set != newest else { continue }
      names.formUnion(set.byName.keys.lazy.filter { newest[$0] == nil })
    }
    return names
  }

  /// The resource of this name: the newest, else the kept one that the client holds, else a kept one.
  func resource(_ name: String, held: Holdings.Held?) -> EncodedResource? {
    if let resource = newest[name] { return resource }
    let candidates = (kept?[name], live?[name])
    if let resource = candidates.1, held == .version(resource.digest) { return resource }
    return candidates.0 ?? candidates.1
  }
}
