import KubernetesClient
import RealComponents

/// The server of the model: a few objects of one kind, what happened to them as far as the server remembers, and what
/// befalls a server. Only its rules count; what goes over the wire is made of it by ``WatchModel``.
struct ModelServer {
  struct Entry: Hashable {
    /// The object's resourceVersion.
    var revision: Int
    /// Different for every write that there ever was, also where a restored server gives a resourceVersion again.
    var value: Int
    /// It cannot be decoded.
    var isBroken: Bool
  }

  struct Change {
    var revision: Int
    var kind: WatchEvent.Kind
    var name: String
    /// As it is now, or as it was last.
    var entry: Entry
  }

  typealias Objects = [String: Entry]

  private struct Backup {
    var objects: Objects
    var revision: Int
    var changes: [Change]
    var oldest: Int
  }

  private(set) var objects: Objects = [:]
  private(set) var revision = 1
  private(set) var isInstalled = true
  private(set) var restores = 0
  private var changes: [Change] = []
  /// What happened up to here can be watched no more.
  private var oldest = 1
  private var writes = 0
  private var backup: Backup?
  /// Nothing is written between a restore and the first whole list after it: a server that has come as far again as the
  /// state that a client knows, with other contents, cannot be told from one that was never restored.
  private var isFrozen = false
  /// The lists that clients may be in the middle of.
  private var snapshots: [Int: Objects] = [:]

  mutating func change(_ random: inout SplitMix64) {
    guard isInstalled, !isFrozen else { return }
    let name = "object-\(Int.random(in: 0..<5, using: &random))"
    revision += 1
    writes += 1
    if let entry = objects[name], Int.random(in: 0..<3, using: &random) == 0 {
      objects[name] = nil
      changes.append(Change(revision: revision, kind: .deleted, name: name, entry: entry))
    } else {
      let entry = Entry(
        revision: revision, value: writes, isBroken: Int.random(in: 0..<12, using: &random) == 0)
      changes.append(
        Change(revision: revision, kind: objects[name] == nil ? .added : .modified, name: name, entry: entry))
      objects[name] = entry
    }
  }

  mutating func forgetHistory() {
    oldest = revision
    changes = []
    snapshots = [:]
  }

  mutating func backUp() {
    guard !isFrozen, isInstalled else { return }
    backup = Backup(objects: objects, revision: revision, changes: changes, oldest: oldest)
  }

  /// Goes back to the backup: the next writes get resourceVersions that there were before.
  mutating func restore() {
    guard let backup, !isFrozen, isInstalled, backup.revision < revision else { return }
    (objects, revision, changes, oldest) = (backup.objects, backup.revision, backup.changes, backup.oldest)
    snapshots = [:]
    isFrozen = true
    restores += 1
  }

  mutating func wasListedWholly() { isFrozen = false }

  /// The definition of the kind is deleted, and its objects with it.
  mutating func uninstall() {
    guard !isFrozen else { return }
    isInstalled = false
    revision += 1
    objects = [:]
    backup = nil
    forgetHistory()
  }

  mutating func install() { isInstalled = true }

  /// The changes since a revision; nil when the server no longer knows.
  func changes(since revision: Int) -> [Change]? {
    revision < oldest ? nil : changes.filter { $0.revision > revision }
  }

  struct Page {
    var items: [(name: String, entry: Entry)]
    var revision: Int
    /// Nil on the last page.
    var token: String?
    /// All that the list shows.
    var whole: Objects
  }

  /// Two items of the list; nil when it can no longer be continued.
  mutating func page(_ token: String?) -> Page? {
    let position = token?.split(separator: ".").compactMap { Int($0) } ?? [revision, 0]
    if token == nil { snapshots[revision] = objects }
    guard let whole = snapshots[position[0]] else { return nil }
    let all = whole.sorted { $0.key < $1.key }.map { (name: $0.key, entry: $0.value) }
    let next = position[1] + 2
    return Page(
      items: Array(all[min(position[1], all.count)..<min(next, all.count)]), revision: position[0],
      token: next < all.count ? "\(position[0]).\(next)" : nil, whole: whole)
  }
}
