/// What a state-of-the-world client asks, without the parts that concern the whole stream.
struct StateOfTheWorldRequest {
  var typeURL: String
  /// All that the client wants of this type.
  var names: [String] = []
  /// The last version that the client took.
  var version = ""
  /// The last response that the client saw; empty for none.
  var nonce = ""
  /// Why the client refuses that response.
  var refusal: String?
}

/// One stream of the state-of-the-world protocol: requests in, responses out, without I/O.
///
/// Responses of clusters and listeners carry everything, those of endpoints and routes only what changed. A version
/// covers exactly what the client was sent, so that a client which comes back with it needs nothing.
struct StateOfTheWorldStream: ADSStreamLogic {
  private(set) var rollout = Rollout(speaking: .stateOfTheWorld)
  private let maximumNames: Int
  private var unknownTypes: Set<String> = []

  /// - Parameter maximumNames: How many names a client may have in play for one type.
  init(maximumNames: Int) {
    self.maximumNames = maximumNames
  }

  mutating func receive(_ request: StateOfTheWorldRequest) throws(RequestRefusal) -> [StreamEvent] {
    guard let type = ResourceType(typeURL: request.typeURL) else {
      // Nothing can be said about it but silence; Envoy goes on when its initial fetch times out.
      let isNew = unknownTypes.count < 8 && unknownTypes.insert(request.typeURL).inserted
      return isNew ? [.unknownType(request.typeURL)] : []
    }
    guard request.names.count <= maximumNames else { throw .tooManyNames(type, limit: maximumNames) }
    let progress = rollout.types[type]
    if progress.subscription == nil {
      rollout.types[type].begin(type, request)
      return []
    }
    // A request that was on its way before the last response: the answer to that response repeats what it says.
    guard request.nonce == progress.lastNonce else {
      rollout.types[type].expect(request.names)
      return []
    }
    let event = rollout.answer(type, nonce: request.nonce, refusal: request.refusal)
    rollout.types[type].update(type, request.names, isAnswer: event != nil)
    return event.map { [$0] } ?? []
  }

  mutating func responses(to newest: Served, cache: TransitionCache) -> [Rollout.Response] {
    rollout.advance(to: newest, cache: cache)
  }

  mutating func presumeAllAsked() { rollout.presumeAllAsked() }

  func isSettled(at generation: UInt64) -> Bool {
    rollout.isSettled(at: generation)
  }

  var isWholeProxy: Bool { rollout.isWholeProxy }

  func holds(_ resource: EncodedResource) -> Bool { rollout.holds(resource) }
}

extension TypeProgress {
  /// Takes the first request of a type on a stream.
  fileprivate mutating func begin(_ type: ResourceType, _ request: StateOfTheWorldRequest) {
    subscription = .init(request.names, isImplied: request.names.isEmpty && type.isFullState)
    claimedVersion = request.version.isEmpty ? nil : request.version
    isFromBefore = claimedVersion != nil
    awaitsSomethingNew = !request.names.isEmpty
    forgetWhatIsDue()
  }

  /// Takes a later request, whose names replace the earlier ones.
  fileprivate mutating func update(_ type: ResourceType, _ names: [String], isAnswer: Bool) {
    guard let old = subscription else { return }
    if old.isNamed(names) {
      if !isAnswer { sendAgain() }
      return
    }
    let new = Subscription(names, isImplied: names.isEmpty && old.wildcard == .implied)
    guard new != old else {
      if !isAnswer { sendAgain() }
      return
    }
    subscription = new
    // What it gave up it has no more, should it name it again before anything is sent. What is full state is sent whole.
    if !type.isFullState { for name in holdings.entries.keys where !new.names.contains(name) { holdings[name] = nil } }
    awaitsSomethingNew = new.names.contains { holdings[$0] == nil }
    reachedGoal = nil
  }

  /// Takes a request that was overtaken by a response: what it names anew, the answer to that response will name too.
  fileprivate mutating func expect(_ names: [String]) {
    guard outstanding != nil, let subscription, !subscription.isWildcard,
      names.contains(where: { !subscription.names.contains($0) })
    else { return }
    awaitsSomethingNew = true
    reachedGoal = nil
  }

  /// The client asks for what it has, as Envoy does when it warms a changed cluster or listener.
  private mutating func sendAgain() {
    holdings.forgetAll()
    isAnswered = false
    reachedGoal = nil
  }
}

extension Subscription {
  fileprivate init(_ names: [String], isImplied: Bool) {
    self.init()
    wildcard = isImplied ? .implied : names.contains(Self.wildcardName) ? .named : .none
    for name in names where name != Self.wildcardName {
      insert(name)
    }
  }

  /// Whether these names, in any order but each once, are this subscription.
  fileprivate func isNamed(_ list: [String]) -> Bool {
    wildcard == .none && list.count == names.count && list.allSatisfy(names.contains)
  }
}
