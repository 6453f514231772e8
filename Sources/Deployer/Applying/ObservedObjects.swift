import KubernetesAPI

/// What is there of the objects that Gateways run on, as the watches and this operator's own writes showed it last.
struct ObservedObjects: Sendable {
  private struct Entry {
    var object: ObservedObject
    /// The hash of the document whose apply led to this and is not to be found in it: the API server, or somebody who
    /// is quicker than a watch, makes something else of it, and would again.
    var settledFor: String?
    /// When the same document was applied again since somebody had changed what was there, the newest last.
    var putBacks: [ContinuousClock.Instant] = []
  }

  /// So often in a minute is an object put back; more often there is somebody who does the same.
  private static let mostPutBacks = 5

  private var entries: [ObjectKey: Entry] = [:]
  private var ownedKeys: [NamespacedName: Set<ObjectKey>] = [:]
  /// Where a Gateway is to have its objects, so that what stands in their place can be told to it.
  private var plannedKeys: [NamespacedName: Set<ObjectKey>] = [:]
  private var planners: [ObjectKey: NamespacedName] = [:]
  /// The objects that are being written, and whether a watch has told meanwhile that they are gone.
  private var writes: [ObjectKey: Bool] = [:]

  subscript(key: ObjectKey) -> ObservedObject? { entries[key]?.object }

  /// The names of the Gateways that own something, whether they exist or not.
  var owners: Set<NamespacedName> { Set(ownedKeys.keys) }

  /// What a Gateway owns, the last to be applied first.
  func objects(of gateway: GatewayIdentity) -> [ObservedObject] {
    let owned = (ownedKeys[gateway.id] ?? []).compactMap { entries[$0]?.object }.filter { $0.owner == gateway }
    return ManagedKind.allCases.reversed().flatMap { kind in
      owned.filter { $0.kind == kind }.sorted { $0.metadata.id < $1.metadata.id }
    }
  }

  /// Whether the object is as the document asks for, as far as that can be had.
  func isUpToDate(_ desired: DesiredObject) -> Bool {
    guard let entry = entries[desired.key] else { return false }
    if entry.settledFor == desired.hash { return true }
    return entry.object.applied == desired.hash && entry.object.fields.contain(desired.document)
  }

  /// Takes in what a watch shows.
  /// - Returns: the Gateways for which that is something new.
  mutating func note(_ object: ObservedObject) -> Set<NamespacedName> {
    let key = object.key
    guard let old = entries[key] else {
      set(key, Entry(object: object))
      return concerned(key)
    }
    if object.isOlder(than: old.object) { return [] }
    let isSame = object.says(thatOf: old.object)
    let before = concerned(key)
    var new = Entry(object: object, putBacks: old.putBacks)
    if object.fields == old.object.fields { new.settledFor = old.settledFor }
    set(key, new)
    return isSame ? [] : before.union(concerned(key))
  }

  /// Takes in that an object is gone, or is no longer one that this operator watches.
  mutating func remove(_ key: ObjectKey) -> Set<NamespacedName> {
    let concerned = concerned(key)
    set(key, nil)
    if writes[key] != nil { writes[key] = true }
    return concerned
  }

  /// To be called before an object is applied, with ``endWrite(of:)`` after it.
  mutating func beginWrite(of key: ObjectKey) { writes[key] = false }

  mutating func endWrite(of key: ObjectKey) { writes[key] = nil }

  /// Takes in what the API server made of a document.
  ///
  /// An answer that comes after a watch has told that the object is gone may be of before that, and is not believed.
  /// - Parameter isPutBack: the same document had been applied before, and somebody has changed what came of it.
  mutating func note(
    _ answer: ObservedObject, to desired: DesiredObject, isPutBack: Bool, at now: ContinuousClock.Instant = .now
  ) {
    guard writes[desired.key] != true else { return }
    let old = entries[desired.key]
    if let old, answer.isOlder(than: old.object) {
      let putBacks = isPutBack ? putBacks(of: old, with: now) : old.putBacks
      entries[desired.key]?.putBacks = putBacks
      return
    }
    let isWhole = answer.applied == desired.hash && answer.fields.contain(desired.document)
    var new = Entry(object: answer, settledFor: isWhole ? nil : desired.hash)
    if isPutBack { new.putBacks = putBacks(of: old, with: now) }
    set(desired.key, new)
  }

  private func putBacks(of entry: Entry?, with now: ContinuousClock.Instant) -> [ContinuousClock.Instant] {
    (entry?.putBacks ?? []).suffix(Self.mostPutBacks - 1) + [now]
  }

  /// Whether somebody undoes what is applied, again and again.
  func isContended(_ key: ObjectKey, at now: ContinuousClock.Instant = .now) -> Bool {
    guard let putBacks = entries[key]?.putBacks, putBacks.count >= Self.mostPutBacks, let first = putBacks.first else {
      return false
    }
    return first.duration(to: now) < .seconds(60)
  }

  /// Notes where a Gateway is to have its objects.
  mutating func plan(_ keys: Set<ObjectKey>, of gateway: NamespacedName) {
    for key in plannedKeys[gateway] ?? [] where planners[key] == gateway { planners[key] = nil }
    plannedKeys[gateway] = keys.isEmpty ? nil : keys
    for key in keys { planners[key] = gateway }
  }

  private func concerned(_ key: ObjectKey) -> Set<NamespacedName> {
    Set([entries[key]?.object.owner?.id, planners[key]].compactMap(\.self))
  }

  private mutating func set(_ key: ObjectKey, _ entry: Entry?) {
    if let owner = entries[key]?.object.owner?.id {
      ownedKeys[owner]?.remove(key)
      if ownedKeys[owner]?.isEmpty == true { ownedKeys[owner] = nil }
    }
    entries[key] = entry
    if let owner = entry?.object.owner?.id { ownedKeys[owner, default: []].insert(key) }
  }
}
