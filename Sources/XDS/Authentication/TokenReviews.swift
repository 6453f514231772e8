import Synchronization

/// The reviews of bearer tokens: what is known of them, and the few that are under way.
///
/// A token is kept only until its review has begun; what is remembered goes by its SHA-256.
final class TokenReviews: Sendable {
  typealias Settings = ServiceAccountAuthenticator.Settings

  enum Outcome: Sendable {
    case accepted(user: String)
    case refused(reason: String)
    /// Too many attempts from this address failed, or wait for their review.
    case limited
    /// It cannot be told now.
    case unavailable(reason: String)
    /// Nobody waits for it any more.
    case cancelled
  }

  private struct Known {
    let verdict: TokenVerdict
    let until: ContinuousClock.Instant
  }

  private struct Review {
    let token: BearerToken
    /// The address whose allowance it was begun with.
    let peer: String
    var waiters: [UInt64: CheckedContinuation<Outcome, Never>] = [:]
  }

  private struct State {
    var known: RecentTable<BearerToken.Key, Known>
    var attempts: RecentTable<String, Allowance>
    /// Those that are under way, and those that wait for their turn.
    var reviews: [BearerToken.Key: Review] = [:]
    /// Those that wait for their turn, the first of them at `turn`.
    var queue: [BearerToken.Key] = []
    var turn = 0
    var running = 0
    var waiterCount: UInt64 = 0
  }

  private enum Step {
    case done(Outcome)
    case wait
  }

  private let reviewer: any TokenReviewer
  private let settings: Settings
  private let clock: AuthenticationClock
  private let state: Mutex<State>

  init(reviewer: any TokenReviewer, settings: Settings, clock: AuthenticationClock) {
    self.reviewer = reviewer
    self.settings = settings
    self.clock = clock
    state = Mutex(
      State(
        known: RecentTable(capacity: settings.knownTokens), attempts: RecentTable(capacity: settings.knownPeers)))
  }

  /// How many reviews are under way or wait for their turn.
  var pendingCount: Int { state.withLock { $0.reviews.count } }

  /// Counts an attempt of this address that has failed already.
  ///
  /// - Returns: false if there were too many.
  func countFailure(of peer: String) -> Bool {
    state.withLock { take(from: peer, &$0) }
  }

  /// What a review of this token says, now or some time ago. Streams with the same token share one review, which goes
  /// on when a stream that waits for it ends.
  ///
  /// - Parameter peer: The address that the token came from.
  func outcome(of token: BearerToken, from peer: String) async -> Outcome {
    let id = state.withLock { state in
      state.waiterCount += 1
      return state.waiterCount
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let step = state.withLock { look(at: token, from: peer, waiter: (id, continuation), &$0) }
        if case .done(let outcome) = step { continuation.resume(returning: outcome) }
        // A cancellation before the waiter was there has found nobody.
        if Task.isCancelled { abandon(token.key, id) }
        startReviews()
      }
    } onCancel: {
      abandon(token.key, id)
    }
  }

  // MARK: Under the lock

  private func look(
    at token: BearerToken, from peer: String, waiter: (UInt64, CheckedContinuation<Outcome, Never>),
    _ state: inout State
  ) -> Step {
    let known = verdict(on: token.key, &state)
    if case .accepted(let user) = known { return .done(.accepted(user: user)) }
    if state.reviews[token.key] != nil {
      state.reviews[token.key]?.waiters[waiter.0] = waiter.1
      return .wait
    }
    guard take(from: peer, &state) else { return .done(.limited) }
    if case .refused(let reason) = known { return .done(.refused(reason: "\(reason) (as said a moment ago)")) }
    guard state.reviews.count < settings.pendingReviews else {
      giveBack(to: peer, &state)
      return .done(.unavailable(reason: "\(settings.pendingReviews) tokens wait for their review already"))
    }
    state.reviews[token.key] = Review(token: token, peer: peer, waiters: [waiter.0: waiter.1])
    state.queue.append(token.key)
    return .wait
  }

  private func verdict(on key: BearerToken.Key, _ state: inout State) -> TokenVerdict? {
    guard let known = state.known.use(key) else { return nil }
    guard known.until > clock.now() else {
      state.known.remove(key)
      return nil
    }
    return known.verdict
  }

  private func take(from peer: String, _ state: inout State) -> Bool {
    var allowance =
      state.attempts.use(peer)
      ?? Allowance(settings.failedAttempts, every: settings.failedAttemptInterval, at: clock.now())
    let isTaken = allowance.take(at: clock.now())
    state.attempts.insert(allowance, for: peer)
    return isTaken
  }

  private func giveBack(to peer: String, _ state: inout State) {
    guard var allowance = state.attempts.use(peer) else { return }
    allowance.giveBack()
    state.attempts.insert(allowance, for: peer)
  }

  /// The next review whose turn it is and that somebody waits for.
  private func next(_ state: inout State) -> BearerToken? {
    defer { forgetTurns(&state) }
    while state.running < settings.runningReviews, state.turn < state.queue.count {
      let key = state.queue[state.turn]
      state.turn += 1
      guard let review = state.reviews[key] else { continue }
      if review.waiters.isEmpty {
        state.reviews[key] = nil
        giveBack(to: review.peer, &state)
        continue
      }
      state.running += 1
      return review.token
    }
    return nil
  }

  /// Takes those out of the queue whose turn has come, many at a time.
  private func forgetTurns(_ state: inout State) {
    guard state.turn == state.queue.count || state.turn >= 1_024 else { return }
    state.queue.removeFirst(state.turn)
    state.turn = 0
  }

  // MARK: The reviews

  /// Begins those that there is room for. At most `runningReviews` tasks are alive at a time, and each ends with its
  /// review, which the reviewer bounds in time. They are nobody's children, so that a stream that ends takes no
  /// verdict from the others.
  private func startReviews() {
    while let token = state.withLock({ next(&$0) }) {
      Task {
        let outcome = await self.review(token)
        self.finish(token, outcome)
        self.startReviews()
      }
    }
  }

  private func review(_ token: BearerToken) async -> Outcome {
    do {
      switch try await reviewer.review(token: token.text) {
      case .accepted(let user): return .accepted(user: user)
      case .refused(let reason): return .refused(reason: Self.loggable(reason, of: token))
      }
    } catch {
      return .unavailable(reason: Self.loggable("\(error)", of: token))
    }
  }

  private func finish(_ token: BearerToken, _ outcome: Outcome) {
    let waiters = state.withLock { state in
      state.running -= 1
      let review = state.reviews.removeValue(forKey: token.key)
      switch outcome {
      case .accepted(let user): remember(.accepted(user: user), of: token, for: lifetime(of: token), &state)
      case .refused(let reason): remember(.refused(reason: reason), of: token, for: settings.failureLifetime, &state)
      case .unavailable, .limited, .cancelled: break
      }
      if case .refused = outcome {} else if let review { giveBack(to: review.peer, &state) }
      var waiters = review?.waiters ?? [:]
      if case .unavailable = outcome { waiters.merge(takeQueued(&state)) { one, _ in one } }
      return waiters
    }
    for waiter in waiters.values { waiter.resume(returning: outcome) }
  }

  /// Takes all that wait for their turn: when nobody answers, they are told so now, and not each after a time-out that
  /// others had before it. Their proxies come again.
  private func takeQueued(_ state: inout State) -> [UInt64: CheckedContinuation<Outcome, Never>] {
    var waiters: [UInt64: CheckedContinuation<Outcome, Never>] = [:]
    for key in state.queue[state.turn...] {
      guard let review = state.reviews.removeValue(forKey: key) else { continue }
      giveBack(to: review.peer, &state)
      waiters.merge(review.waiters) { one, _ in one }
    }
    state.queue = []
    state.turn = 0
    return waiters
  }

  private func remember(_ verdict: TokenVerdict, of token: BearerToken, for lifetime: Duration, _ state: inout State) {
    guard lifetime > .zero else { return }
    state.known.insert(Known(verdict: verdict, until: clock.now() + lifetime), for: token.key)
  }

  /// For how long a token that is good now need not be asked about.
  private func lifetime(of token: BearerToken) -> Duration {
    guard let expiry = token.expiry else { return settings.successLifetime }
    let left = expiry - clock.unixTime()
    guard left < settings.successLifetime / .seconds(1) + settings.expiryMargin / .seconds(1) else {
      return settings.successLifetime
    }
    return max(.zero, .seconds(left) - settings.expiryMargin)
  }

  private func abandon(_ key: BearerToken.Key, _ id: UInt64) {
    let waiter = state.withLock { $0.reviews[key]?.waiters.removeValue(forKey: id) }
    waiter?.resume(returning: .cancelled)
  }

  /// What was said, of one line, and without the token should it be in there.
  private static func loggable(_ reason: String, of token: BearerToken) -> String {
    token.isContained(in: reason) ? "for a reason that holds the token" : ForeignText.line(reason)
  }
}
