import KubernetesAPI

/// What a reflector does next, and what it has to tell, decided without I/O: list, watch from there, resume, list again
/// when the server has lost the thread, and wait between failures.
///
/// It knows of each object only its name and resourceVersion, so that a second list becomes the difference to what is
/// known.
struct WatchStateMachine: Sendable {
  /// What to do next.
  enum Step: Sendable, Hashable {
    /// Ask for the list as the first events of a watch; then ``watched(_:_:_:)`` for each of them, and
    /// ``pageEnded(_:)``, or ``streamRefused()``.
    case stream
    /// Ask for a page of the list; then ``listed(_:_:)`` for each item, and ``pageEnded(_:)``.
    case list(continueToken: String?)
    /// Watch; then ``watched(_:_:_:)`` and ``bookmarked(_:)`` for each event, and ``watchEnded(after:random:)``.
    case watch(resourceVersion: String)
    /// Wait; then ``waited()``.
    case wait(Duration)
  }

  /// What to tell.
  enum Notice: Sendable, Hashable {
    case deleted(NamespacedName)
    case synced
    case absent
    case restarted(WatchRestart.Reason, String, Duration)
  }

  struct Transition: Sendable, Hashable {
    var notices: [Notice] = []
    var step: Step
  }

  /// What an event means for one who knows what came before.
  enum Change: Sendable, Hashable {
    case upserted, deleted, none
  }

  struct Settings: Sendable, Hashable {
    var backoff = Backoff()
    /// How often to look for a kind that the server does not have.
    var absentInterval: Duration = .seconds(30)
    /// A watch that lived this long was sound, whatever ended it.
    var soundAfter: Duration = .seconds(10)
    /// Whether lists are asked for as the first events of a watch.
    var streamsLists = false
    /// A watch that the server ends sooner counts as a failure, so that it is not asked again without a pause.
    var shortWatch: Duration = .seconds(1)
    /// A server that could not be asked for this long may be another one, or the same with another past.
    var doubtAfter: Duration = .seconds(60)
  }

  private struct Known: Sendable {
    var resourceVersion: String
    /// The list that last showed the object.
    var list: Int
  }

  private enum Phase: Sendable {
    case streaming
    case listing(continueToken: String?)
    case watching
  }

  private let settings: Settings
  private var streamsLists: Bool
  private var phase = Phase.listing(continueToken: nil)
  private var known: [NamespacedName: Known] = [:]
  /// Counts the lists that were begun.
  private var list = 0
  private var resourceVersion = ""
  /// Up to here the list, or a bookmark, has told everything.
  private var floor = ""
  /// The objects that the watch has told as deleted since its last bookmark, each with the version of its end, so that
  /// an event that comes late does not bring one back.
  private var deleted: [NamespacedName: String] = [:]
  private static let deletedLimit = 1000
  /// Whether the watch has brought anything yet.
  private var hasHeard = false
  /// Failures in a row.
  private var failures = 0
  private var outage = Outage()
  private var lastFailure: WatchRestart.Reason?
  private var isSynced = false
  private var isAbsent = false

  init(_ settings: Settings = Settings()) {
    self.settings = settings
    streamsLists = settings.streamsLists
  }

  /// The first step.
  mutating func begin() -> Step {
    beginList()
    return nextStep
  }

  /// The server has taken the request for a list or a watch.
  mutating func accepted() { outage.accepted() }

  // MARK: What the list brings

  /// An item of the list; false when this state of it is known already.
  mutating func listed(_ id: NamespacedName, _ resourceVersion: String) -> Bool {
    let before = known.updateValue(Known(resourceVersion: resourceVersion, list: list), forKey: id)
    return before?.resourceVersion != resourceVersion
  }

  /// A page has come wholly.
  mutating func pageEnded(_ metadata: ListMetadata) -> Transition {
    if let token = metadata.continueToken {
      phase = .listing(continueToken: token)
      return Transition(step: nextStep)
    }
    outage.ended()
    if let transition = rewound(to: metadata.resourceVersion) { return transition }
    resourceVersion = metadata.resourceVersion
    isAbsent = false
    phase = .watching
    floor = resourceVersion
    hasHeard = false
    let gone = known.filter { $0.value.list != list }.keys.sorted()
    for id in gone { known[id] = nil }
    var notices = gone.map(Notice.deleted)
    if !isSynced {
      isSynced = true
      notices.append(.synced)
    }
    return Transition(notices: notices, step: nextStep)
  }

  /// A list that is older than what was known already comes from a server that was restored from a backup. What it has
  /// written since may bear the versions that other states had before, so nothing that is known tells a state any more:
  /// the list is read once more, and every object of it is told.
  private mutating func rewound(to version: String) -> Transition? {
    guard Self.isOlder(version, than: resourceVersion) else { return nil }
    resourceVersion = version
    forgetVersions()
    beginList()
    return Transition(step: nextStep)
  }

  /// Has the next list tell every object.
  private mutating func forgetVersions() {
    for id in known.keys { known[id]?.resourceVersion = "" }
  }

  /// The server does not give lists as the first events of a watch: it is asked for pages.
  mutating func streamRefused() -> Transition {
    streamsLists = false
    beginList()
    return Transition(step: nextStep)
  }

  // MARK: What the watch brings

  /// An event about an object. One that tells an older state than is known already came late, or again, and is no change;
  /// so is one that is older than a bookmark.
  mutating func watched(_ kind: WatchEvent.Kind, _ id: NamespacedName, _ resourceVersion: String) -> Change {
    heard(resourceVersion)
    // What an earlier list has told may be of a server that was restored from a backup since: a list is believed.
    let last = known[id].flatMap { $0.list == list ? $0.resourceVersion : nil } ?? deleted[id] ?? ""
    guard !Self.isOlder(resourceVersion, than: last) else { return .none }
    if kind != .deleted, isWatching, Self.isOlder(resourceVersion, than: floor) { return .none }
    guard kind == .deleted else {
      deleted[id] = nil
      return listed(id, resourceVersion) ? .upserted : .none
    }
    if deleted.count >= Self.deletedLimit { deleted = [:] }
    deleted[id] = resourceVersion.isEmpty ? last : resourceVersion
    return known.removeValue(forKey: id) == nil ? .none : .deleted
  }

  /// A bookmark, or an event about an object whose name cannot be read.
  mutating func bookmarked(_ resourceVersion: String) {
    heard(resourceVersion)
    floor = self.resourceVersion
    deleted = [:]
  }

  private mutating func heard(_ resourceVersion: String) {
    guard case .watching = phase else { return }
    hasHeard = true
    outage.accepted()
    // What comes before an event that breaks says nothing of the next one: only a watch that lasts does. Each such event
    // costs a list.
    if lastFailure != .malformed { failures = 0 }
    if !resourceVersion.isEmpty, !Self.isOlder(resourceVersion, than: self.resourceVersion) {
      self.resourceVersion = resourceVersion
    }
  }

  /// Whether a resourceVersion is before another. Clients may compare them as numbers, which they have been in every
  /// release (KEP-5504); of what is no number, nothing is said.
  private static func isOlder(_ version: String, than other: String) -> Bool {
    guard let version = UInt64(version), let other = UInt64(other) else { return false }
    return version < other
  }

  /// The server has ended the watch in good order, `lifetime` after it began.
  mutating func watchEnded(after lifetime: Duration, random: Double) -> Transition {
    guard lifetime >= settings.shortWatch else {
      return failed(WatchFailure(.ended, "the watch ended as soon as it began"), after: lifetime, random: random)
    }
    hasHeard = false
    outage.ended()
    return Transition(notices: [.restarted(.ended, "", .zero)], step: nextStep)
  }

  // MARK: What fails

  /// The list or the watch has failed, `lifetime` after it began.
  mutating func failed(_ failure: WatchFailure, after lifetime: Duration, random: Double) -> Transition {
    if failure.reason == .absent, !isWatching { return absent(failure, random) }
    if isWatching, lifetime >= settings.soundAfter { failures = 0 }
    // The first 410 comes from a server that is there again: what is new is to be listed without the pause that an
    // unreachable one has earned. A list that fails as well goes on with its own count.
    if failure.reason == .expired, lastFailure != .expired { failures = 0 }
    lastFailure = failure.reason
    failures += 1
    chooseWayOn(after: failure)
    hasHeard = false
    var delay = settings.backoff.delay(after: failures, random: random)
    if let retryAfter = failure.retryAfter { delay = max(delay, retryAfter * (1 + random / 4)) }
    outage.failed(failure, after: lifetime, delay: delay)
    return Transition(notices: [.restarted(failure.reason, failure.message, delay)], step: .wait(delay))
  }

  /// Decides what follows the wait: the same again where the thread is not lost, else the list from its beginning.
  private mutating func chooseWayOn(after failure: WatchFailure) {
    if case .streaming = phase {
      beginList()
      // A list that breaks again and again may be one that takes too long as a whole; pages are shorter.
      if failures >= 3 { phase = .listing(continueToken: nil) }
      return
    }
    switch (failure.reason, phase) {
    case (.disconnected, _), (.untrusted, _), (.throttled, _), (.unauthorized, _), (.forbidden, _), (.ended, _),
      (.overrun, _), (.stalled, .listing), (.stalled, .streaming):
      // The first page, asked for again, shows a later state, so what it showed before no longer counts; and a later
      // page that cannot be had in several attempts may be what is wrong.
      if case .listing(let token) = phase, token == nil || failures >= 3 { beginList() }
    case (.stalled, .watching):
      // Silence from the first moment on is also what a server answers that has lost its history and has not come as
      // far again as the state that is asked for: it would stay silent, bookmarks and all.
      if !hasHeard { beginList() }
    case (.expired, _), (.malformed, _), (.absent, _), (.refused, _):
      beginList()
    }
  }

  /// The kind is not there: neither are its objects. That is told once.
  private mutating func absent(_ failure: WatchFailure, _ random: Double) -> Transition {
    let delay = settings.absentInterval * (0.75 + random / 2)
    failures = 0
    beginList()
    guard !isAbsent else { return Transition(step: .wait(delay)) }
    isAbsent = true
    isSynced = false
    var notices = known.keys.sorted().map(Notice.deleted)
    known = [:]
    notices += [.restarted(.absent, failure.message, delay), .absent]
    return Transition(notices: notices, step: .wait(delay))
  }

  /// The wait is over. After an outage the server is listed and every object of it told: it may have another past.
  mutating func waited() -> Step {
    if outage.reaches(settings.doubtAfter) {
      forgetVersions()
      if isWatching { beginList() }
    }
    return nextStep
  }

  private mutating func beginList() {
    list += 1
    deleted = [:]
    phase = streamsLists ? .streaming : .listing(continueToken: nil)
  }

  private var isWatching: Bool {
    if case .watching = phase { true } else { false }
  }

  private var nextStep: Step {
    switch phase {
    case .streaming: .stream
    case .listing(let token): .list(continueToken: token)
    case .watching: .watch(resourceVersion: resourceVersion)
    }
  }
}
