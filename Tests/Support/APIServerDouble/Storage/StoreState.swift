/// All that the server holds: objects, the recent changes of each resource, and one counter for both.
struct StoreState: Sendable {
  typealias Objects = [GroupResource: [ObjectKey: StoredObject]]

  private(set) var revision: Int
  /// Changes up to this revision are forgotten: a watch cannot start before it.
  private(set) var oldestRevision: Int
  private(set) var objects: Objects = [:]
  private(set) var kinds: [ResourceKind]
  private var changes: [GroupResource: [Change]] = [:]
  private var changeCount = 0
  private let historyLimit: Int
  /// What the pages after the first are taken from, newest last.
  private var snapshots: [(revision: Int, objects: Objects)] = []

  private static let snapshotLimit = 16

  init(kinds: [ResourceKind], firstRevision: Int, historyLimit: Int) {
    self.kinds = kinds
    self.historyLimit = historyLimit
    revision = firstRevision
    oldestRevision = firstRevision
  }

  // MARK: Kinds

  func kind(group: String, version: String, plural: String) -> ResourceKind? {
    kinds.first { $0.plural == plural && $0.version == version && $0.group == group }
  }

  func kind(_ id: GroupResource) -> ResourceKind? { kinds.first { $0.id == id } }

  /// Serves these kinds, in the place of any with the same group, version and name.
  mutating func serve(_ added: [ResourceKind]) {
    for kind in added {
      if let index = kinds.firstIndex(where: { $0.id == kind.id && $0.version == kind.version }) {
        kinds[index] = kind
      } else {
        kinds.append(kind)
      }
    }
  }

  /// Serves a resource no longer, and forgets its objects.
  mutating func withdraw(where isWithdrawn: (ResourceKind) -> Bool) {
    for kind in kinds where isWithdrawn(kind) {
      objects[kind.id] = nil
      changes[kind.id] = nil
    }
    kinds.removeAll(where: isWithdrawn)
  }

  // MARK: Reading

  func object(_ id: GroupResource, _ key: ObjectKey) -> StoredObject? { objects[id]?[key] }

  /// The objects of a snapshot: the present one, or one that an earlier page kept.
  func objects(at requested: Int) -> Objects? {
    requested == revision ? objects : snapshots.last { $0.revision == requested }?.objects
  }

  /// Keeps the present state for the pages that follow.
  mutating func keepSnapshot() {
    if snapshots.last?.revision == revision { return }
    snapshots.append((revision, objects))
    if snapshots.count > Self.snapshotLimit { snapshots.removeFirst() }
  }

  /// The changes after a revision, oldest first; throws 410 if some of them are forgotten.
  func changes(of id: GroupResource, after revision: Int) throws(StatusError) -> ArraySlice<Change> {
    guard revision >= oldestRevision else { throw .tooOld(revision, oldest: oldestRevision) }
    let all = changes[id] ?? []
    // Watches are mostly near the end, so the search starts there.
    let start = all.lastIndex { $0.revision <= revision }.map { $0 + 1 } ?? 0
    return all[start...]
  }

  // MARK: Writing

  /// Stores a new or changed object under the next revision, and returns it as stored.
  mutating func put(_ value: JSONValue, of kind: ResourceKind) -> StoredObject {
    revision += 1
    var value = value
    value[["metadata", "resourceVersion"]] = .string(String(revision))
    let stored = StoredObject(value, of: kind)
    let previous = objects[kind.id]?.updateValue(stored, forKey: stored.key)
    if objects[kind.id] == nil { objects[kind.id] = [stored.key: stored] }
    record(
      Change(
        revision: revision, kind: previous == nil ? .added : .modified, object: stored, previous: previous),
      of: kind.id)
    return stored
  }

  /// Removes an object under the next revision.
  mutating func remove(_ key: ObjectKey, of kind: ResourceKind) {
    guard let previous = objects[kind.id]?.removeValue(forKey: key) else { return }
    revision += 1
    record(
      Change(
        revision: revision, kind: .deleted, object: previous.moved(to: revision, of: kind), previous: previous),
      of: kind.id)
  }

  private mutating func record(_ change: Change, of id: GroupResource) {
    changes[id, default: []].append(change)
    changeCount += 1
    // Halving keeps the cost of forgetting small.
    if changeCount > historyLimit { forgetChanges(before: change.revision - historyLimit / 2) }
  }

  private mutating func forgetChanges(before limit: Int) {
    oldestRevision = max(oldestRevision, limit)
    let oldest = oldestRevision
    for id in changes.keys { changes[id]?.removeAll { $0.revision <= oldest } }
    changeCount = changes.values.reduce(0) { $0 + $1.count }
  }

  /// What was stored so far was there from the beginning.
  mutating func forgetChangesSoFar() { forgetChanges(before: revision) }

  /// Moves the counter on and forgets every change and snapshot: nothing read before can be watched or paged from.
  mutating func forgetHistory() {
    revision += 10
    snapshots = []
    forgetChanges(before: revision)
  }
}
