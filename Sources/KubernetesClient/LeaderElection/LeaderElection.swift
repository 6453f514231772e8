package import FoundationEssentials
package import KubernetesAPI

/// Who of several replicas leads, decided without I/O, by the rules of client-go's `leaderelection`: the time comes in
/// with each call, and what to do next comes out.
///
/// The clocks of replicas are never compared. A replica leads until ``Settings/renewDeadline`` after it *began* its last
/// successful write of the Lease; another takes the Lease over no sooner than the Lease's duration after it *saw* the
/// last change of it, which is later than that write. Two clocks only have to run about equally fast: the difference
/// of the two durations is what they may diverge by in that time.
package struct LeaderElection: Sendable {
  package struct Settings: Sendable, Hashable {
    /// For how long after its last change others leave the Lease alone; the API has it in whole seconds.
    package var leaseDuration: Duration
    /// For how long after its last renewal a leader leads; shorter than `leaseDuration`.
    package var renewDeadline: Duration
    /// The pause between two tries; clearly shorter than `renewDeadline`.
    package var retryPeriod: Duration

    /// As they are by default, a leader that is gone without a word is followed within 15 s: the Lease's duration after
    /// the last look at it, and one more try.
    package init(
      leaseDuration: Duration = .seconds(12), renewDeadline: Duration = .seconds(8),
      retryPeriod: Duration = .seconds(2)
    ) {
      self.leaseDuration = leaseDuration
      self.renewDeadline = renewDeadline
      self.retryPeriod = retryPeriod
    }
  }

  /// When something happens.
  package struct Moment: Sendable {
    /// By a clock that goes on while the process is stopped.
    package var now: ContinuousClock.Instant
    /// By the wall clock, for people who read the Lease.
    package var date: Date
    /// Evenly spread over 0..<1.
    package var random: Double

    package init(now: ContinuousClock.Instant, date: Date, random: Double) {
      self.now = now
      self.date = date
      self.random = random
    }
  }

  /// What to do next.
  package enum Step: Sendable, Hashable {
    /// Read the Lease; then `found`, or `failed`.
    case read
    /// Create it, or replace what has the same resource version; then `written`, or `failed`.
    case create(Lease)
    case replace(Lease)
    /// Then `waited`.
    case wait(Duration)
    /// Nothing more: the Lease is released, or cannot be.
    case end
  }

  /// What to tell.
  package enum Notice: Sendable, Hashable {
    case began
    /// With the reason where it was not intended.
    case ended(String?)
    /// Another replica leads.
    case follows(String)
    /// The API server will not have it, and not the next time either; told once until it does.
    case refused(String)
  }

  package struct Transition: Sendable, Hashable {
    package var notices: [Notice]
    package var step: Step

    package init(notices: [Notice] = [], step: Step) {
      self.notices = notices
      self.step = step
    }
  }

  /// Why a step has failed.
  package struct Failure: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
      /// Somebody else was quicker, or the Lease is gone.
      case conflict
      /// The API server forbids it, or knows no such namespace.
      case refused
      case other
    }

    package var kind: Kind
    package var message: String

    package init(_ kind: Kind, _ message: String) {
      self.kind = kind
      self.message = message
    }
  }

  private enum Refusal {
    case ofReading, ofWriting
  }

  private let lease: NamespacedName
  private let identity: String
  private let settings: Settings
  private let address: String?

  /// Until when this replica leads; nil if it does not. To be held against the clock at each use.
  package private(set) var leadsUntil: ContinuousClock.Instant?
  /// The Lease as last seen, and when that state of it came.
  private var observed: (lease: Lease, since: ContinuousClock.Instant)?
  /// Whether what is observed is known to be old.
  private var isStale = false
  /// When the write that is under way was handed out.
  private var writeBegan: ContinuousClock.Instant?
  private var isReleasing = false
  private var releaseTries = 0
  private var lastFailure: String?
  private var followed: String?
  private var toldRefusal: Refusal?

  /// - Parameters:
  ///   - lease: where the Lease is.
  ///   - identity: of this replica; never used before, not even by the same host.
  ///   - address: where the others reach this replica when it leads, `HOST:PORT`; nil where they do not.
  package init(
    lease: NamespacedName, identity: String, settings: Settings = Settings(), address: String? = nil
  ) {
    self.lease = lease
    self.identity = identity
    self.settings = settings
    self.address = address
  }

  /// Which other replica led when the Lease was looked at last; nil for nobody, and for this one.
  package var otherLeader: LeaderLocation.Leader? {
    guard leadsUntil == nil, let holder = observed?.lease.holderIdentity, !holder.isEmpty, holder != identity else {
      return nil
    }
    return LeaderLocation.Leader(identity: holder, address: observed?.lease.address)
  }

  // MARK: What comes in

  /// The first step.
  package func begin() -> Step { .read }

  /// The Lease was read; nil if there is none.
  package mutating func found(_ lease: Lease?, at moment: Moment) -> Transition {
    var notices = expired(at: moment)
    // That the Lease may be read says nothing of writing it.
    if toldRefusal == .ofReading { toldRefusal = nil }
    if let lease {
      observe(lease, at: moment)
      if leadsUntil != nil, lease.holderIdentity != identity {
        leadsUntil = nil
        notices.append(.ended("\(Self.name(of: lease)) has taken the Lease"))
      }
    } else if let observed, !isReleasing, isHeldByAnother(observed, at: moment) {
      // Whoever removed it has not stopped the holder.
      return Transition(notices: notices, step: pause(at: moment))
    } else {
      observed = nil
    }
    isStale = false
    return proceed(at: moment, notices)
  }

  /// The write that was asked for last has succeeded.
  /// - Parameter lease: as it is stored now.
  package mutating func written(_ lease: Lease, at moment: Moment) -> Transition {
    toldRefusal = nil
    observe(lease, at: moment)
    isStale = false
    let began = writeBegan ?? moment.now
    writeBegan = nil
    guard !isReleasing else { return Transition(step: .end) }
    let until = began + settings.renewDeadline
    // The answer may have lain there while the process was stopped.
    guard until > moment.now else { return Transition(notices: expired(at: moment), step: .read) }
    var notices = expired(at: moment)
    if leadsUntil == nil {
      followed = nil
      notices.append(.began)
    }
    leadsUntil = until
    lastFailure = nil
    return Transition(notices: notices, step: pause(at: moment))
  }

  /// The step that was asked for last has failed.
  package mutating func failed(_ failure: Failure, at moment: Moment) -> Transition {
    lastFailure = failure.message
    let refusal = writeBegan == nil ? Refusal.ofReading : .ofWriting
    writeBegan = nil
    var notices = expired(at: moment)
    if failure.kind != .refused {
      // A write whose answer is lost may have been made all the same.
      isStale = true
    } else if toldRefusal != refusal {
      toldRefusal = refusal
      notices.append(.refused(failure.message))
    }
    if isReleasing { return Transition(step: failure.kind == .conflict ? .read : .end) }
    return Transition(notices: notices, step: pause(at: moment))
  }

  /// The wait is over.
  package mutating func waited(at moment: Moment) -> Transition {
    let notices = expired(at: moment)
    // A leader knows the Lease, and writes it without looking: the API server does.
    guard leadsUntil != nil, !isStale else { return Transition(notices: notices, step: .read) }
    return proceed(at: moment, notices)
  }

  /// Gives the Lease back, for the next to take it at once. This replica does not lead from here on; what it wrote
  /// before must have ended. Whatever was under way is given up.
  package mutating func release(at moment: Moment) -> Transition {
    let notices: [Notice] = leadsUntil == nil ? [] : [.ended(nil)]
    leadsUntil = nil
    isReleasing = true
    // A write that was given up may be stored.
    if writeBegan != nil || isStale { return Transition(notices: notices, step: .read) }
    return proceed(at: moment, notices)
  }

  // MARK: What follows

  /// Writes the Lease, if it is to be had.
  private mutating func proceed(at moment: Moment, _ notices: [Notice]) -> Transition {
    guard !isReleasing else { return Transition(notices: notices, step: releaseStep(at: moment)) }
    guard let observed else {
      writeBegan = moment.now
      return Transition(notices: notices, step: .create(taken(nil, at: moment)))
    }
    if isHeldByAnother(observed, at: moment) {
      var notices = notices
      if followed != observed.lease.holderIdentity {
        followed = observed.lease.holderIdentity
        toldRefusal = nil
        notices.append(.follows(observed.lease.holderIdentity))
      }
      return Transition(notices: notices, step: pause(at: moment))
    }
    writeBegan = moment.now
    return Transition(notices: notices, step: .replace(taken(observed.lease, at: moment)))
  }

  private mutating func releaseStep(at moment: Moment) -> Step {
    guard var lease = observed?.lease, lease.holderIdentity == identity, releaseTries < 2 else { return .end }
    releaseTries += 1
    lease.holderIdentity = ""
    lease.address = nil
    // The API server allows no zero.
    lease.durationSeconds = 1
    lease.acquireTime = MicroTime.text(of: moment.date)
    lease.renewTime = lease.acquireTime
    return .replace(lease)
  }

  private func taken(_ old: Lease?, at moment: Moment) -> Lease {
    let time = MicroTime.text(of: moment.date)
    var lease = old ?? Lease(metadata: ObjectMeta(namespace: self.lease.namespace, name: self.lease.name))
    if lease.holderIdentity != identity || lease.acquireTime == nil {
      lease.acquireTime = time
      if old != nil { lease.transitions += 1 }
    }
    lease.holderIdentity = identity
    lease.address = address
    lease.renewTime = time
    lease.durationSeconds = max(1, Int(settings.leaseDuration.components.seconds))
    return lease
  }

  /// Until the next try, or the moment in which something ends.
  private func pause(at moment: Moment) -> Step {
    if let leadsUntil {
      return .wait(min(settings.retryPeriod, max(.zero, moment.now.duration(to: leadsUntil))))
    }
    // Replicas that began together are not to ask together for ever.
    let period = settings.retryPeriod * (1 + moment.random / 5)
    guard let observed, isHeldByAnother(observed, at: moment) else { return .wait(period) }
    return .wait(min(period, moment.now.duration(to: end(of: observed)) + .milliseconds(1)))
  }

  private mutating func observe(_ lease: Lease, at moment: Moment) {
    if let observed, observed.lease.metadata.resourceVersion == lease.metadata.resourceVersion { return }
    observed = (lease, moment.now)
  }

  private func isHeldByAnother(
    _ observed: (lease: Lease, since: ContinuousClock.Instant), at moment: Moment
  ) -> Bool {
    let holder = observed.lease.holderIdentity
    return !holder.isEmpty && holder != identity && moment.now < end(of: observed)
  }

  private func end(of observed: (lease: Lease, since: ContinuousClock.Instant)) -> ContinuousClock.Instant {
    // What the holder wrote counts: it may have been started with other settings.
    observed.since + (observed.lease.durationSeconds.map { .seconds(max(0, $0)) } ?? settings.leaseDuration)
  }

  /// Ends the leadership whose time is over.
  private mutating func expired(at moment: Moment) -> [Notice] {
    guard let leadsUntil, leadsUntil <= moment.now else { return [] }
    self.leadsUntil = nil
    return [.ended("the Lease was not renewed in time" + (lastFailure.map { ": \($0)" } ?? ""))]
  }

  private static func name(of lease: Lease) -> String {
    lease.holderIdentity.isEmpty ? "nobody" : lease.holderIdentity
  }
}
