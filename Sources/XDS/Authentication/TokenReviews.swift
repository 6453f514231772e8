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
    /// Until then it is not asked about again.
    let until: ContinuousClock.Instant
    /// Until then a good token counts where nobody can be asked.
    let standby: ContinuousClock.Instant
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
    let now = clock.now()
    if known.until > now { return known.verdict }
    if known.standby <= now { state.known.remove(key) }
    return nil
  }

  /// What a token's streams are told when nobody can be asked: that it is good, if it was when it was asked about last
  /// and has not expired since. New tokens come from the same server that cannot be asked, so most that come then are
  /// known: those of proxies that connect anew, or whose process was started again.
  private func standby(for key: BearerToken.Key, or outcome: Outcome, _ state: inout State) -> Outcome {
    guard let known = state.known.use(key), case .accepted(let user) = known.verdict, known.standby > clock.now() else {
      return outcome
    }
    return .accepted(user: user)
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
    let answers = state.withLock { state in
      state.running -= 1
      let review = state.reviews.removeValue(forKey: token.key)
      if case .refused = outcome {} else if let review { giveBack(to: review.peer, &state) }
      var answers: [Answer] = []
      var ownOutcome = outcome
      switch outcome {
      case .accepted(let user): remember(.accepted(user: user), of: token, &state)
      case .refused(let reason): remember(.refused(reason: reason), of: token, &state)
      case .unavailable:
        ownOutcome = standby(for: token.key, or: outcome, &state)
        answers = takeQueued(outcome, &state)
      case .limited, .cancelled: break
      }
      return answers + (review?.waiters.values.map { Answer(waiter: $0, outcome: ownOutcome) } ?? [])
    }
    for answer in answers { answer.waiter.resume(returning: answer.outcome) }
  }

  private struct Answer {
    let waiter: CheckedContinuation<Outcome, Never>
    let outcome: Outcome
  }

  /// Takes all that wait for their turn: when nobody answers, they are told so now, and not each after a time-out that
  /// others had before it. Their proxies come again.
  private func takeQueued(_ outcome: Outcome, _ state: inout State) -> [Answer] {
    var answers: [Answer] = []
    for key in state.queue[state.turn...] {
      guard let review = state.reviews.removeValue(forKey: key) else { continue }
      giveBack(to: review.peer, &state)
      let own = standby(for: key, or: outcome, &state)
      answers += review.waiters.values.map { Answer(waiter: $0, outcome: own) }
    }
    state.queue = []
    state.turn = 0
    return answers
  }

  private func remember(_ verdict: TokenVerdict, of token: BearerToken, _ state: inout State) {
    let now = clock.now()
    let known: Known
    switch verdict {
    case .accepted:
      let left = timeLeft(of: token)
      known = Known(
        verdict: verdict, until: now + min(left, settings.successLifetime),
        standby: now + min(left, settings.standbyLifetime))
    case .refused:
      known = Known(verdict: verdict, until: now + settings.failureLifetime, standby: now)
    }
    // Also where nothing is remembered of it: what was known before no longer holds.
    if known.until > now { state.known.insert(known, for: token.key) } else { state.known.remove(token.key) }
  }

  /// How long a token that is good now may still be, by what it says itself.
  private func timeLeft(of token: BearerToken) -> Duration {
    guard let expiry = token.expiry else { return settings.standbyLifetime }
    let left = expiry - clock.unixTime()
    // One that is good for longer than anything is remembered might be good for longer than a Duration can tell.
    guard left < settings.standbyLifetime / .seconds(1) + settings.expiryMargin / .seconds(1) else {
      return settings.standbyLifetime
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
