/// What the store knows of one Gateway: a value, changed under the store's lock.
///
/// Functions that change what is served return the wake-ups that are due; they are called outside the lock.
struct GatewayEntry {
  typealias WakeUp = @Sendable () -> Void

  /// An event loop with streams of this Gateway.
  private struct Loop {
    let wakeUp: WakeUp
    var streams = 0
    /// A wake-up is on its way, so that further publications need none.
    var isWoken = false
  }

  private(set) var published: Snapshot?
  private(set) var served: Served?
  private(set) var generation: UInt64 = 0

  private var acceptance = Acceptance()

  private var loops: [ObjectIdentifier: Loop] = [:]
  private var streams = 0
  /// What other replicas say.
  private var replicas: [ReplicaID: ProxyReport] = [:]

  /// How many streams have yet to acknowledge the newest publication; `nil` when that is not followed.
  private var awaited: Int?
  private var changedAt: ContinuousClock.Instant?
  /// When the change came in that the newest publication carries.
  private var publishedAt: ContinuousClock.Instant?

  /// Whether there is nothing to remember.
  var isEmpty: Bool { published == nil && streams == 0 && replicas.isEmpty }

  // MARK: Publication

  /// - Parameter checks: the listeners that are not to be served before, or because, they were checked.
  mutating func publish(
    _ snapshot: Snapshot, changedAt: ContinuousClock.Instant, checks: ListenerChecks = ListenerChecks()
  ) -> [WakeUp] {
    guard published != snapshot || !checks.isEmpty || !acceptance.isChecked else { return [] }
    let old = published
    acceptance.publish(snapshot, over: old, served: served, checks)
    published = snapshot
    for (replica, report) in replicas {
      // What is served from here on has the next generation.
      acceptance.take(
        report.accepted.filter { old?[$0] == nil }, report.refused, from: replica, connected: connected,
        generation: generation + 1, in: snapshot
      ) { old?[$0] == nil }
    }
    self.publishedAt = changedAt
    return serve(changedAt: changedAt)
  }

  mutating func update(_ endpoints: [EncodedResource], changedAt: ContinuousClock.Instant) -> [WakeUp] {
    guard let published else { return [] }
    let changed = endpoints.filter { $0.type == .endpoint && published[.endpoint, $0.name] != $0 }
    guard !changed.isEmpty else { return [] }
    for resource in changed { self.published?.sets[.endpoint].insert(resource) }
    acceptance.update(changed)
    return serve(changedAt: changedAt)
  }

  mutating func unpublish() {
    published = nil
    served = nil
    awaited = nil
    acceptance.reset()
  }

  /// Takes the outcome of a check; one of a listener that is not waited for any more changes nothing.
  mutating func finishCheck(of listener: EncodedResource, refusal: String?) -> [WakeUp] {
    guard acceptance.finishCheck(of: listener, in: published, refusal: refusal) else { return [] }
    return serve(changedAt: publishedAt)
  }

  /// Serves what is published, with what was refused, or has yet to be checked, held back.
  private mutating func serve(changedAt: ContinuousClock.Instant?) -> [WakeUp] {
    // A proxy that is there already must not take the first snapshot for one in which its listener is gone.
    guard let published, served != nil || acceptance.isChecked else { return [] }
    let snapshot = acceptance.served(of: published)
    // The publication has not arrived as long as a part of it is held back to be checked.
    let changedAt = acceptance.isChecked ? changedAt : nil
    guard served?.snapshot != snapshot else { return [] }
    generation += 1
    served = Served(generation: generation, snapshot: snapshot)
    self.changedAt = changedAt
    awaited = changedAt == nil || streams == 0 ? nil : streams
    var due: [WakeUp] = []
    for (id, loop) in loops where !loop.isWoken {
      loops[id]?.isWoken = true
      due.append(loop.wakeUp)
    }
    return due
  }

  // MARK: What proxies answer

  mutating func accept(
    _ resources: [EncodedResource], generation: UInt64, of snapshot: Snapshot? = nil
  ) -> [WakeUp] {
    let isRehabilitated = acceptance.accept(resources, generation: generation, of: snapshot, in: published)
    return isRehabilitated ? serve(changedAt: nil) : []
  }

  /// - Parameters:
  ///   - isCertain: These resources are to blame, not just among those that may be.
  ///   - stream: the stream that refuses.
  mutating func reject(
    _ resources: [EncodedResource], isCertain: Bool, message: String, by stream: ObjectIdentifier? = nil
  ) -> [WakeUp] {
    awaited = nil
    acceptance.reject(
      resources, isCertain: isCertain, message: message, generation: generation, by: stream, connected: connected,
      in: published)
    return serve(changedAt: nil)
  }

  /// Takes note that a client holds what is served, as far as `holds` says so.
  mutating func confirm(_ served: Served, _ holds: (EncodedResource) -> Bool) {
    acceptance.confirm(served, in: published, holds)
  }

  var rejections: [RejectedResource] { acceptance.rejections }

  /// Grows whenever there is something new to tell of what proxies made of the resources.
  var revision: UInt64 { acceptance.revision }

  // MARK: Other replicas

  /// How many proxies there are, of all replicas.
  private var connected: Int { replicas.values.reduce(streams) { $0 + $1.connected } }

  /// What the proxies of this replica say.
  var report: ProxyReport { acceptance.own.report(connected: streams, published: published) }

  /// Grows whenever ``report`` may say something new.
  var reportRevision: UInt64 { acceptance.own.revision }

  /// Takes in what the proxies of another replica say, in place of what they said before.
  mutating func take(_ report: ProxyReport, from replica: ReplicaID) -> [WakeUp] {
    let old = replicas[replica] ?? ProxyReport()
    replicas[replica] = report.isEmpty ? nil : report
    guard let published else { return [] }
    let (taken, refused) = (Set(old.accepted), Set(old.refused.map(\.resource)))
    acceptance.take(
      report.accepted.filter { !taken.contains($0) }, report.refused, from: replica, connected: connected,
      generation: generation, in: published
    ) { !refused.contains($0) }
    return serve(changedAt: nil)
  }

  /// Forgets what another replica said, but for what follows from it.
  mutating func forget(_ replica: ReplicaID) {
    guard replicas.removeValue(forKey: replica) != nil else { return }
    acceptance.forget(replica)
  }

  func acceptedVersion(_ type: ResourceType, _ name: String) -> String? { acceptance.acceptedVersion(type, name) }

  // MARK: Streams

  mutating func attach(to loop: ObjectIdentifier, wakeUp: @escaping WakeUp) {
    streams += 1
    loops[loop, default: Loop(wakeUp: wakeUp)].streams += 1
  }

  /// - Parameters:
  ///   - stream: what told it apart when it refused something.
  ///   - acknowledged: The newest generation that the stream need not acknowledge any more.
  /// - Returns: How long the newest publication took, if this stream was the last that it waited for.
  mutating func detach(
    from loop: ObjectIdentifier, _ stream: ObjectIdentifier? = nil, acknowledged: UInt64, now: ContinuousClock.Instant
  ) -> Duration? {
    if let stream { acceptance.forget(stream) }
    streams -= 1
    loops[loop]?.streams -= 1
    if loops[loop]?.streams == 0 { loops[loop] = nil }
    guard acknowledged < generation else { return nil }
    let duration = acknowledge(generation, now: now)
    return streams > 0 ? duration : nil
  }

  /// What is served now, for an event loop that was woken.
  mutating func take(for loop: ObjectIdentifier) -> Served? {
    loops[loop]?.isWoken = false
    return served
  }

  /// Counts a stream that has acknowledged a generation.
  ///
  /// - Returns: How long the newest publication took, if this stream was the last that it waited for.
  mutating func acknowledge(_ generation: UInt64, now: ContinuousClock.Instant) -> Duration? {
    guard generation == self.generation, let awaited, let changedAt else { return nil }
    self.awaited = awaited > 1 ? awaited - 1 : nil
    return awaited > 1 ? nil : now - changedAt
  }
}
