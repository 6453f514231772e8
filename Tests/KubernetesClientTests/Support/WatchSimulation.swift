import KubernetesAPI

@testable import KubernetesClient

/// A generator that gives the same numbers for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

/// A server's objects and what happened to them, as far as the server remembers.
struct ModelServer {
  struct Change {
    var revision: Int
    var kind: WatchEvent.Kind
    var id: NamespacedName
  }

  private(set) var objects: [NamespacedName: Int] = [:]
  private(set) var revision = 1
  private var changes: [Change] = []
  private var oldest = 1
  /// The lists that clients may be in the middle of.
  private var snapshots: [Int: [(id: NamespacedName, revision: Int)]] = [:]

  mutating func change(_ random: inout SeededGenerator) {
    let id = NamespacedName(namespace: "demo", name: "object-\(Int.random(in: 0..<6, using: &random))")
    revision += 1
    if objects[id] != nil, Bool.random(using: &random) {
      objects[id] = nil
      changes.append(Change(revision: revision, kind: .deleted, id: id))
    } else {
      changes.append(Change(revision: revision, kind: objects[id] == nil ? .added : .modified, id: id))
      objects[id] = revision
    }
  }

  mutating func forgetHistory() {
    oldest = revision
    changes = []
    snapshots = [:]
  }

  /// The changes since a revision; nil when the server no longer knows.
  func changes(since revision: Int) -> [Change]? {
    revision < oldest ? nil : changes.filter { $0.revision > revision }
  }

  /// Two items of the list; nil when it can no longer be continued.
  mutating func page(_ token: String?) -> (items: [(id: NamespacedName, revision: Int)], metadata: ListMetadata)? {
    let position = token?.split(separator: ".").compactMap { Int($0) } ?? [revision, 0]
    if token == nil { snapshots[revision] = objects.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    guard let all = snapshots[position[0]] else { return nil }
    let next = position[1] + 2
    return (
      Array(all[min(position[1], all.count)..<min(next, all.count)]),
      ListMetadata(
        resourceVersion: "\(position[0])", continueToken: next < all.count ? "\(position[0]).\(next)" : nil)
    )
  }
}

/// The state machine between a model server that changes, forgets and fails at random, and a mirror of it.
struct WatchSimulation {
  private(set) var server = ModelServer()
  private(set) var mirror: [NamespacedName: Int] = [:]
  /// What was told although it was known.
  private(set) var needless: [String] = []
  private(set) var delays: [Duration] = []
  private(set) var syncs = 0
  private var machine = WatchStateMachine()
  private var step: WatchStateMachine.Step
  private var random: SeededGenerator

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
    step = machine.begin()
  }

  /// Lets one thing happen on the server, perhaps, and carries out one step.
  mutating func round(isCalm: Bool) {
    if !isCalm, chance(3) { server.change(&random) }
    if !isCalm, chance(20) { server.forgetHistory() }
    let failure = isCalm ? nil : randomFailure()
    switch step {
    case .wait(let delay):
      delays.append(delay)
      step = machine.waited()
    case .list(let token): list(token, failure)
    case .watch(let resourceVersion): watch(Int(resourceVersion) ?? 0, failure)
    }
  }

  private mutating func chance(_ parts: Int) -> Bool { Int.random(in: 0..<parts, using: &random) == 0 }

  private mutating func randomFailure() -> WatchFailure? {
    guard chance(3) else { return nil }
    let reasons: [WatchRestart.Reason] = [.disconnected, .stalled, .malformed, .throttled, .refused, .absent, .expired]
    return reasons.randomElement(using: &random).map { WatchFailure($0) }
  }

  private mutating func list(_ token: String?, _ failure: WatchFailure?) {
    guard let page = server.page(token) else { return fail(WatchFailure(.expired)) }
    // A failure comes before the items, between them, or behind them all.
    let count = failure == nil ? page.items.count : Int.random(in: 0...page.items.count, using: &random)
    for item in page.items.prefix(count) where machine.listed(item.id, "\(item.revision)") {
      upsert(item.id, item.revision)
    }
    if let failure { return fail(failure) }
    take(machine.pageEnded(page.metadata))
  }

  private mutating func watch(_ revision: Int, _ failure: WatchFailure?) {
    guard let changes = server.changes(since: revision) else { return fail(WatchFailure(.expired)) }
    let count = failure == nil ? changes.count : Int.random(in: 0...changes.count, using: &random)
    for change in changes.prefix(count) {
      switch machine.watched(change.kind, change.id, "\(change.revision)") {
      case .upserted: upsert(change.id, change.revision)
      case .deleted: delete(change.id)
      case .none: break
      }
    }
    if let failure { return fail(failure) }
    if chance(2) { machine.bookmarked("\(server.revision)") }
    take(machine.watchEnded(after: .seconds(chance(2) ? 0 : 300), random: 0.5))
  }

  private mutating func fail(_ failure: WatchFailure) {
    take(machine.failed(failure, after: .seconds(chance(2) ? 0 : 300), random: 0.5))
  }

  private mutating func take(_ transition: WatchStateMachine.Transition) {
    for notice in transition.notices {
      switch notice {
      case .deleted(let id): delete(id)
      case .synced: syncs += 1
      case .absent, .restarted: break
      }
    }
    step = transition.step
  }

  private mutating func upsert(_ id: NamespacedName, _ revision: Int) {
    if mirror.updateValue(revision, forKey: id) == revision { needless.append("\(id)@\(revision)") }
  }

  private mutating func delete(_ id: NamespacedName) {
    if mirror.removeValue(forKey: id) == nil { needless.append("delete \(id)") }
  }
}
