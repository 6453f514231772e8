/// One stream's dealings with one type of resource.
struct TypeProgress {
  /// The response that the client has not answered yet. There is at most one for each type.
  struct Outstanding {
    let nonce: String
    let transition: Transition
    /// What the response was made from.
    let served: Served
    /// By name, where that is from which it carries of older snapshots, because a listener still needs it.
    let origins: [String: Served]
  }

  /// `nil` until the client's first request of this type.
  var subscription: Subscription?

  var holdings = Holdings()
  var outstanding: Outstanding?

  /// Of the last response on this stream; empty before it.
  var lastNonce = ""

  /// Whether the client has been told of its subscription as a whole, if only that there is nothing.
  var isAnswered = false

  /// What a state-of-the-world client says on a new stream that it has; looked at once.
  var claimedVersion: String?

  /// The first request said that the client has something from an earlier stream.
  var isFromBefore = false

  /// Names that were to be sent again before the client had asked for any of the type: what it says of them in its first
  /// request it said too early.
  private(set) var dueWhenAsked: Set<String> = []

  /// The client refused the last response, so it goes on with something older.
  var hasRefused = false

  /// The client needs something that it has nothing of for its present use, and which is not on its way yet.
  var awaitsSomethingNew = false

  /// For listeners and routes: the snapshot that those in use by the client are from; `nil` as long as that is not
  /// known.
  var live: Served?

  /// For listeners and routes, by name: those of which the client may use a version that is not from ``live``, because it
  /// refused another one or because none is served now. Nearly always empty.
  var older: [String: Older] = [:]

  /// The names of which the client refused the version that it was sent last, or may have.
  private(set) var refused: Set<String> = []

  /// Names that the client was sent and may have nothing of, because it refused the first version of them.
  var refusedAtFirst: Set<String> = []

  /// The goal for which nothing is left to send; `nil` if that has to be worked out.
  var reachedGoal: Goal.Key?

  /// Whether the client waits for something that it has nothing of, such as the endpoints of a new cluster.
  var isIntroducing: Bool {
    awaitsSomethingNew || outstanding?.transition.introduces == true
  }

  /// Whether the client has acknowledged all that there was to send when it was last looked at.
  var isSettled: Bool {
    subscription == nil || (outstanding == nil && !hasRefused && reachedGoal != nil)
  }

  /// Takes note of what the client made of a response.
  ///
  /// - Parameter blame: what it refused of it; `nil` for an answer that takes all of it.
  mutating func note(_ transition: Transition, _ blame: Blame?) {
    refused.formUnion(blame?.suspects.map(\.name) ?? [])
    if !refused.isEmpty { refused.subtract((blame?.taken ?? transition.resources).map(\.name)) }
    if !refused.isEmpty { refused = refused.filter { holdings[$0]?.isVersion == true } }
  }

  /// Makes the client's version of a resource void, so that it is sent again. Until it is, which another response that is
  /// under way may put off, the client waits for it.
  mutating func forget(_ name: String) {
    // A claim to have all of it does not cover what is forgotten; which of it that is, it does not say.
    claimedVersion = nil
    guard let subscription else {
      dueWhenAsked.insert(name)
      return
    }
    guard subscription.covers(name), holdings[name] != nil else { return }
    holdings[name] = .unknown
    awaitsSomethingNew = true
    reachedGoal = nil
  }

  /// Makes all versions void that the client has.
  mutating func forgetAll() {
    claimedVersion = nil
    holdings.forgetAll()
    awaitsSomethingNew = true
    reachedGoal = nil
  }

  /// Makes void, of what the client's first request said that it has, what it was to be sent by then.
  mutating func forgetWhatIsDue() {
    for name in dueWhenAsked { forget(name) }
    dueWhenAsked = []
  }

  /// The response that takes the client nearer to the goal; `nil` if there is none now.
  mutating func advance(
    _ type: ResourceType, speaking: ADSDialect, to goal: Goal, cache: TransitionCache
  ) -> Transition? {
    guard let subscription, outstanding == nil, reachedGoal != goal.key else { return nil }
    let transition = cache.transition(
      type, speaking: speaking, from: holdings, for: subscription, to: goal,
      mustAnswer: owesAnswer(type, speaking, subscription))
    holdings = cache.shared(transition.after, of: type)
    forgetOlderOfNothing(after: transition)
    reachedGoal = goal.key
    awaitsSomethingNew = false
    let isKnown = claimedVersion == transition.version
    claimedVersion = nil
    guard transition.isNeeded, !isKnown else {
      isAnswered = isAnswered || isKnown
      return nil
    }
    isAnswered = true
    hasRefused = false
    return transition
  }

  /// A client waits for the first response to a subscription to everything, however little there is.
  private func owesAnswer(_ type: ResourceType, _ speaking: ADSDialect, _ subscription: Subscription) -> Bool {
    guard !isAnswered else { return false }
    return switch speaking {
    case .delta: subscription.isWildcard && holdings.entries.isEmpty
    case .stateOfTheWorld: type.isFullState
    }
  }
}
