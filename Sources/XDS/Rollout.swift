/// The order in which one stream's client gets a new snapshot, so that no request meets a route without its cluster.
///
/// - Clusters and endpoints go at once, to the newest snapshot; what is gone stays for now.
/// - Listeners and routes follow the newest snapshot whose clusters the client has answered, and when it waits for no
///   endpoints of clusters that are new to it. So they never overtake their clusters, and a steady flow of new
///   clusters does not hold them up.
/// - Removals come last: routes when the listeners are acknowledged, clusters and endpoints when no listener or route
///   that the client may still use is from a snapshot that has them.
///
/// A refusal (NACK) counts as an answer: Envoy takes the good resources of a response that it refuses in part, so a bad
/// cluster costs only its own routes. A client that answers nothing gets nothing more. Each type has at most one
/// response under way, and what follows it is worked out when it is answered, from the snapshot that is the newest
/// then.
///
/// A client that comes back over the delta protocol says what it has, so that the order holds for it too. Over the
/// state of the world it does not: it gets the newest clusters at once, if it has not got them. Its requests may come one
/// by one, clusters first, so what it has not asked for yet it may still use. Envoy asks for clusters last where one of
/// them has yet to hear of its endpoints: then it is sent all endpoints again, and listeners and routes wait.
struct Rollout {
  /// One response to be sent.
  struct Response {
    let nonce: String
    let transition: Transition
  }

  let speaking: ADSDialect
  var types = PerType { _ in TypeProgress() }

  /// The newest snapshot whose clusters the client has answered.
  private var answered: Served?

  /// What listeners and routes are sent from.
  private var ready: Served?

  private var knowsClusters = false
  private var hasSentEndpointsAgain = false
  private var mayAskForMore = true
  private var lastNonce: UInt64 = 0

  init(speaking: ADSDialect) {
    self.speaking = speaking
  }

  /// Takes the next steps towards the newest snapshot.
  mutating func advance(to newest: Served, cache: TransitionCache) -> [Response] {
    var responses: [Response] = []
    var step: Position
    repeat {
      step = position
      makeReady()
      advanceClusters(to: newest, cache, &responses)
      advanceEndpoints(to: newest, cache, &responses)
      makeReady()
      advanceListenersAndRoutes(cache, &responses)
    } while step != position
    return responses
  }

  /// Takes it that a client that has come back asks for no more types than it has asked for by now.
  mutating func presumeAllAsked() {
    mayAskForMore = false
  }

  /// Whether the client has come back, so that of types that it has not asked for yet it may have something in use.
  private var isReturning: Bool {
    mayAskForMore && ResourceType.allCases.contains { types[$0].isFromBefore }
  }

  /// Whether the client may have clusters, and ask for them yet. One that asks for endpoints has clusters that need them.
  private var mayAskForClusters: Bool {
    mayAskForMore && !knowsClusters && (types[.endpoint].subscription != nil || isReturning)
  }

  /// Whether the client has acknowledged everything of the newest snapshot, removals too.
  func isSettled(at generation: UInt64) -> Bool {
    ready?.generation == generation && ResourceType.allCases.allSatisfy { types[$0].isSettled }
  }

  /// Whether the client wants all listeners and clusters, as a proxy does.
  var isWholeProxy: Bool {
    types[.cluster].subscription?.isWildcard == true && types[.listener].subscription?.isWildcard == true
  }

  /// Whether the client has been sent this very version and did not refuse it, or said that it has it.
  func holds(_ resource: EncodedResource) -> Bool {
    let progress = types[resource.type]
    return progress.holdings[resource.name] == .version(resource.digest) && !progress.refused.contains(resource.name)
  }

  /// Takes the client's answer to a response; `nil` if that response is not under way.
  mutating func answer(_ type: ResourceType, nonce: String, refusal: String?) -> StreamEvent? {
    guard let outstanding = types[type].outstanding, outstanding.nonce == nonce else { return nil }
    let (transition, served) = (outstanding.transition, outstanding.served)
    let blame = refusal.map { Blame($0, of: transition, refusedBefore: types[type].refused) }
    types[type].outstanding = nil
    types[type].hasRefused = blame != nil
    types[type].note(transition, blame)
    if let blame, blame.isOfWhole, speaking == .delta || !type.isFullState {
      types[type].takeBack(type, transition, blame)
    } else {
      switch type {
      case .cluster: answered = served
      case .endpoint: break
      case .listener, .route: types[type].use(type, outstanding, blame)
      }
    }
    return blame.map { .refused(transition, of: served, $0) } ?? .accepted(transition, of: served)
  }

  /// A nonce that this stream has not used yet.
  mutating func nextNonce() -> String {
    lastNonce += 1
    return String(lastNonce)
  }

  /// How far the client is; as long as this moves there may be more to send.
  private struct Position: Equatable {
    var ready: UInt64?
    var listeners: UInt64?
    var routes: UInt64?
  }

  // Not inlined: Swift 6.3's optimiser fails on the borrow of `ready` where this is put into the loop of `advance`.
  private var position: Position {
    @inline(never) get {
      Position(
        ready: ready?.generation, listeners: types[.listener].live?.generation,
        routes: types[.route].live?.generation)
    }
  }

  private mutating func advanceClusters(
    to newest: Served, _ cache: TransitionCache, _ responses: inout [Response]
  ) {
    if !knowsClusters, types[.cluster].subscription != nil {
      // Without an interest in clusters everything counted as answered; now that is to be seen.
      knowsClusters = true
      answered = nil
      ready = nil
    }
    let changed = advance(
      .cluster, to: goal(.cluster, newest, keeping: [.listener, .route]), from: newest, cache, &responses)
    for cluster in changed where mayAskForMore || types[.endpoint].subscription != nil {
      guard let endpoints = cluster.endpointName else { continue }
      types[.endpoint].forget(endpoints)
    }
    if types[.cluster].outstanding == nil {
      answered = newest
    }
  }

  private mutating func advanceEndpoints(
    to newest: Served, _ cache: TransitionCache, _ responses: inout [Response]
  ) {
    if mayAskForClusters, !hasSentEndpointsAgain, types[.listener].subscription != nil,
      types[.endpoint].subscription != nil
    {
      hasSentEndpointsAgain = true
      types[.endpoint].forgetAll()
    }
    var goal = goal(.endpoint, newest, keeping: [.listener, .route])
    if let clusters = types[.cluster].outstanding {
      // Of clusters on their way, the client asks for the endpoints although the newest snapshot may lack them again;
      // of clusters that it is told are gone, it gives the endpoints up by itself, and has nothing to be told.
      goal.keep(clusters.served.snapshot.sets[.endpoint])
      goal.keepsAll = true
    }
    advance(.endpoint, to: goal, from: newest, cache, &responses)
  }

  private mutating func makeReady() {
    guard let answered, answered.generation != ready?.generation, !types[.endpoint].isIntroducing else { return }
    ready = answered
  }

  private mutating func advanceListenersAndRoutes(_ cache: TransitionCache, _ responses: inout [Response]) {
    guard let ready, !mayAskForClusters else { return }
    advance(.listener, to: Goal(ready.snapshot.sets[.listener]), from: ready, cache, &responses)
    useIfSettled(.listener, ready)
    advance(.route, to: goal(.route, ready, keeping: [.listener]), from: ready, cache, &responses)
    useIfSettled(.route, ready)
  }

  /// Takes note that a client with nothing more to get uses what is served. What one has that has not asked yet is not
  /// known: it may come back with something older.
  private mutating func useIfSettled(_ type: ResourceType, _ served: Served) {
    if types[type].subscription != nil, types[type].isSettled { types[type].use(type, served) }
  }

  /// The goal of a type, with what these other types use or may come to use.
  private func goal(_ type: ResourceType, _ newest: Served, keeping users: [ResourceType]) -> Goal {
    var goal = Goal(newest.snapshot.sets[type])
    if type != .route {
      // Listeners and routes may yet be sent from these. Routes themselves may not, before their time.
      goal.keep(answered?.snapshot.sets[type])
      goal.keep(ready?.snapshot.sets[type])
    }
    for user in users {
      let progress = types[user]
      guard progress.subscription != nil else {
        if isReturning { goal.keepsAll = true }
        continue
      }
      goal.keep(progress.outstanding?.served.snapshot.sets[type])
      for origin in progress.outstanding?.origins ?? [:] { goal.keep(origin.value.snapshot.sets[type]) }
      for used in [progress.live] + progress.olderInUse {
        goal.keep(used?.snapshot.sets[type])
        if used == nil { goal.keepsAll = true }
      }
    }
    return goal
  }

  /// Sends what there is to send of one type, and returns what of it is new to the client.
  @discardableResult
  private mutating func advance(
    _ type: ResourceType, to goal: Goal, from served: Served, _ cache: TransitionCache,
    _ responses: inout [Response]
  ) -> [EncodedResource] {
    guard let transition = types[type].advance(type, speaking: speaking, to: goal, cache: cache) else { return [] }
    let nonce = nextNonce()
    types[type].outstanding = .init(
      nonce: nonce, transition: transition, served: served, origins: origins(of: transition, from: served))
    types[type].lastNonce = nonce
    responses.append(Response(nonce: nonce, transition: transition))
    return transition.changed
  }

  /// The older snapshots that routes of a response are from.
  private func origins(of transition: Transition, from served: Served) -> [String: Served] {
    guard transition.type == .route else { return [:] }
    let listeners = types[.listener]
    var origins: [String: Served] = [:]
    for route in transition.resources where served.snapshot[.route, route.name] != route {
      let users = [listeners.outstanding?.served, listeners.live] + listeners.olderInUse
      origins[route.name] = users.lazy.compactMap(\.self).first { $0.snapshot[.route, route.name] == route }
    }
    return origins
  }
}
