import NIOCore

/// The two protocols of the aggregated discovery service.
enum ADSDialect: Hashable {
  /// Responses carry what changed and name what is gone.
  case delta
  /// Responses carry whole resources, of clusters and listeners always all of them.
  case stateOfTheWorld
}

/// The one response that takes a client from what it holds to its goal, shared by all streams of an event loop that
/// are in the same position.
///
/// Not `Sendable`: it stays on its event loop, where ``body`` is made when the first stream sends it.
final class Transition {
  let type: ResourceType
  let speaking: ADSDialect

  /// What the response carries, by name.
  let resources: [EncodedResource]

  /// Of ``resources``, what the client does not hold in this version yet.
  let changed: [EncodedResource]

  /// What the response says is gone.
  let removed: [String]

  /// What the client held before it.
  let before: Holdings

  /// What the client holds when it has taken the response.
  let after: Holdings

  /// The names of what is carried that the client has no version of, such as the endpoints of a new cluster.
  let introduced: Set<String>

  var introduces: Bool { !introduced.isEmpty }

  /// Whether there is anything to say.
  let isNeeded: Bool

  /// Whether the store knows already that a client accepted this.
  var isRecordedAsAccepted = false

  /// All fields of the response but the nonce.
  private(set) lazy var body = ResponseEncoding.body(of: self)

  /// What a state-of-the-world client repeats as the version it has: it covers exactly what was sent to it.
  var version: String { hexadecimal(after.versions) }

  fileprivate init(_ draft: Draft, mustAnswer: Bool) {
    type = draft.type
    speaking = draft.speaking
    changed = draft.changed.sorted { $0.name < $1.name }
    removed = draft.removed.sorted()
    before = draft.before
    after = draft.after
    introduced = draft.introduced
    var resources = changed
    switch speaking {
    case .delta:
      isNeeded = mustAnswer || !draft.changed.isEmpty || !draft.removed.isEmpty
    case .stateOfTheWorld where type.isFullState:
      isNeeded = mustAnswer || draft.after != draft.before
      if isNeeded {
        resources = draft.all.sorted { $0.name < $1.name }
      }
    case .stateOfTheWorld:
      isNeeded = mustAnswer || !draft.changed.isEmpty
    }
    self.resources = resources
  }

  /// Whether the response tells the client that a resource is gone which it has: by name, or by leaving it out of a full
  /// state.
  func takesAway(_ name: String) -> Bool {
    switch speaking {
    case .delta: removed.contains(name)
    case .stateOfTheWorld: type.isFullState && isNeeded && before[name]?.isVersion == true && after[name] == nil
    }
  }

  /// Works out the response.
  ///
  /// - Parameter mustAnswer: There is a response even if it has nothing to carry.
  static func make(
    _ type: ResourceType, speaking: ADSDialect, from holdings: Holdings, for subscription: Subscription,
    to goal: Goal, mustAnswer: Bool
  ) -> Transition {
    var draft = Draft(type: type, speaking: speaking, before: holdings, subscription: subscription, goal: goal)
    draft.coverSubscription()
    draft.coverRest()
    return Transition(draft, mustAnswer: mustAnswer)
  }
}

/// A transition in the making.
private struct Draft {
  let type: ResourceType
  let speaking: ADSDialect
  let before: Holdings
  let subscription: Subscription
  let goal: Goal

  var after: Holdings
  var changed: [EncodedResource] = []
  var all: [EncodedResource] = []
  var removed: [String] = []
  var introduced: Set<String> = []

  init(
    type: ResourceType, speaking: ADSDialect, before: Holdings, subscription: Subscription, goal: Goal
  ) {
    self.type = type
    self.speaking = speaking
    self.before = before
    self.subscription = subscription
    self.goal = goal
    after = before
  }

  /// Goes through what the client wants.
  mutating func coverSubscription() {
    if subscription.isWildcard {
      for resource in goal.newest.byName.values {
        carry(resource)
      }
    }
    for name in subscription.names where !(subscription.isWildcard && goal.newest[name] != nil) {
      if let resource = goal.resource(name, held: before[name]) {
        carry(resource)
      } else {
        lack(name)
      }
    }
  }

  /// Goes through what the client holds beyond that: what the wildcard covered once and what is no longer wanted.
  mutating func coverRest() {
    guard subscription.isWildcard else {
      for name in before.entries.keys where !subscription.names.contains(name) {
        after[name] = nil
      }
      return
    }
    let kept = goal.keptNames
    for (name, held) in before.entries where !subscription.names.contains(name) && goal.newest[name] == nil {
      if kept.contains(name), let resource = goal.resource(name, held: held) {
        carry(resource)
      } else if !mayKeep(name) || !held.isVersion {
        if held != .absent, speaking == .delta { removed.append(name) }
        after[name] = nil
      }
    }
  }

  /// Only the delta protocol can leave a resource alone without knowing it.
  private func mayKeep(_ name: String) -> Bool {
    speaking == .delta && (goal.keepsAll || goal.newest.withheld.contains(name))
  }

  private mutating func carry(_ resource: EncodedResource) {
    all.append(resource)
    let held = before[resource.name]
    guard held != .version(resource.digest) else { return }
    changed.append(resource)
    after[resource.name] = .version(resource.digest)
    if held?.isVersion != true { introduced.insert(resource.name) }
  }

  /// The client named it, and there is no such resource.
  private mutating func lack(_ name: String) {
    let held = before[name]
    // Endpoints that were to be sent again, because their cluster changed, are left alone as well: a client that is told
    // that they are gone has none, and one that is not goes on with those that it has.
    if mayKeep(name), held?.isVersion == true || (type == .endpoint && held == .unknown) { return }
    switch speaking {
    case .delta:
      guard held != .absent else { return }
      removed.append(name)
      after[name] = .absent
    case .stateOfTheWorld:
      // This protocol cannot say so, but for leaving it out of a full state. Of other types the client keeps what it has.
      if type.isFullState || held?.isVersion != true { after[name] = nil }
    }
  }
}

extension Holdings.Held {
  var isVersion: Bool {
    if case .version = self { true } else { false }
  }
}
