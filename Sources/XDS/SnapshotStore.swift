import Synchronization

/// The current snapshot of every Gateway: the one seam between the controller, which publishes, and the streams.
///
/// Thread-safe. Only the newest snapshot is kept; a publication costs what it touches, and one that changes nothing
/// wakes nobody. What a proxy refuses is held back: the version that a proxy took last is served instead, to all
/// streams of the Gateway, until the resource changes or a proxy takes it after all.
package final class SnapshotStore: Sendable {
  private let entries = Mutex<[GatewayID: GatewayEntry]>([:])
  private let now: @Sendable () -> ContinuousClock.Instant

  /// Yields when there is something new to tell of what proxies made of resources; ``takeChanged()`` says of whose. One
  /// that was not seen yet says as much as many, so that event loops never fill a queue.
  package let changes: AsyncStream<Void>
  private let change: AsyncStream<Void>.Continuation
  private let changed = Mutex<Set<GatewayID>>([])

  /// Yields when there may be something new to report of this replica's own proxies; ``takeReportChanges()`` says of
  /// which Gateways. One that was not seen yet says as much as many.
  package let reportChanges: AsyncStream<Void>
  private let reportChange: AsyncStream<Void>.Continuation
  /// Nil as long as nobody reports.
  private let reportChanged = Mutex<Set<GatewayID>?>(nil)

  /// - Parameter now: The clock that `changedAt` is from.
  package init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
    self.now = now
    (reportChanges, reportChange) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    (changes, change) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// Makes a snapshot the current one of its Gateway. Streams get what differs from what their client has.
  ///
  /// - Parameters:
  ///   - changedAt: When the change that led to it came in; `converged` counts from then.
  ///   - checks: The listeners that are held back, all else of the snapshot is served; ``finishCheck(of:for:refusal:)``
  ///     lets them go.
  package func publish(
    _ snapshot: Snapshot, for gateway: GatewayID, changedAt: ContinuousClock.Instant,
    checks: ListenerChecks = ListenerChecks()
  ) {
    change(gateway) { $0.publish(snapshot, changedAt: changedAt, checks: checks) }
  }

  /// Serves a listener whose check was waited for, or keeps it held back for good. Does nothing if another one has taken
  /// its place.
  ///
  /// - Parameter refusal: why it is refused; nil if it is served.
  package func finishCheck(of listener: EncodedResource, for gateway: GatewayID, refusal: String?) {
    change(gateway) { $0.finishCheck(of: listener, refusal: refusal) }
  }

  /// Replaces endpoint resources, and adds new ones, in the current snapshot. Does nothing for a Gateway without one;
  /// resources of other types are ignored.
  ///
  /// - Parameter changedAt: When the change that led to it came in; `converged` counts from then.
  package func update(
    _ endpoints: [EncodedResource], for gateway: GatewayID, changedAt: ContinuousClock.Instant
  ) {
    change(gateway) { $0.update(endpoints, changedAt: changedAt) }
  }

  /// Forgets a Gateway. Streams stay open, and their proxies keep what they have: what is gone with the Gateway is
  /// the proxy itself.
  package func remove(_ gateway: GatewayID) {
    change(gateway) {
      $0.unpublish()
      return []
    }
  }

  /// What was published last; `nil` for an unknown Gateway.
  package func snapshot(for gateway: GatewayID) -> Snapshot? {
    entries.withLock { $0[gateway]?.published }
  }

  /// The Gateways that have a snapshot, sorted.
  package var gateways: [GatewayID] {
    entries.withLock { $0.filter { $0.value.published != nil }.keys.sorted() }
  }

  /// How many resources of one type are published for all Gateways together.
  package func count(_ type: ResourceType) -> Int {
    entries.withLock { $0.values.reduce(0) { $0 + ($1.published?.count(type) ?? 0) } }
  }

  /// What streams get: what was published last, but for what proxies refused.
  package func servedSnapshot(for gateway: GatewayID) -> Snapshot? {
    entries.withLock { $0[gateway]?.served?.snapshot }
  }

  /// What proxies refused and is still published, by type and name.
  package func rejections(for gateway: GatewayID) -> [RejectedResource] {
    entries.withLock { $0[gateway]?.rejections ?? [] }
  }

  /// The version of a resource that a proxy took last; nil where none did, or where it is not published any more.
  package func acceptedVersion(_ type: ResourceType, _ name: String, for gateway: GatewayID) -> String? {
    entries.withLock { $0[gateway]?.acceptedVersion(type, name) }
  }

  /// The Gateways of which there is something new to tell since this was asked last.
  package func takeChanged() -> Set<GatewayID> {
    changed.withLock { changed in
      defer { changed = [] }
      return changed
    }
  }

  // MARK: Other replicas

  /// What the proxies of this replica say of a Gateway's resources.
  package func report(of gateway: GatewayID) -> ProxyReport {
    entries.withLock { $0[gateway]?.report ?? ProxyReport() }
  }

  /// The Gateways of which there may be something to report.
  package var reportableGateways: [GatewayID] { entries.withLock { Array($0.keys) } }

  /// The Gateways of which there may be something new to report since this was asked last; of the time before it was
  /// asked first nothing is known.
  package func takeReportChanges() -> Set<GatewayID> {
    reportChanged.withLock { changed in
      defer { changed = [] }
      return changed ?? []
    }
  }

  /// Takes in what the proxies of another replica say of a Gateway's resources, in place of what they said before.
  ///
  /// A version that they took counts as taken. One that they refuse is refused here as well, until the resource changes
  /// or a proxy takes it after all: what they say no more does not change that.
  package func take(_ report: ProxyReport, of gateway: GatewayID, from replica: ReplicaID) {
    change(gateway) { $0.take(report, from: replica) }
  }

  /// Forgets what another replica has said of a Gateway: its proxies are not counted any more.
  package func forget(_ replica: ReplicaID, of gateways: some Sequence<GatewayID>) {
    for gateway in gateways {
      change(gateway) {
        $0.forget(replica)
        return []
      }
    }
  }

  private func noteReport(of gateway: GatewayID) {
    let isFollowed = reportChanged.withLock { changed in
      changed?.insert(gateway)
      return changed != nil
    }
    if isFollowed { reportChange.yield() }
  }

  // MARK: Streams

  /// Adds a stream.
  ///
  /// - Parameters:
  ///   - loop: The streams of an event loop, which are woken together.
  ///   - wakeUp: Called on any thread when there is something new to ``take(_:for:)``, and not again before that.
  /// - Returns: What is served now, and the generation up to which the stream has nothing to acknowledge.
  func attach(
    to gateway: GatewayID, loop: ObjectIdentifier, wakeUp: @escaping @Sendable () -> Void
  ) -> (served: Served?, generation: UInt64) {
    defer { noteReport(of: gateway) }
    return entries.withLock {
      $0[gateway, default: GatewayEntry()].attach(to: loop, wakeUp: wakeUp)
      return ($0[gateway]?.served, $0[gateway]?.generation ?? 0)
    }
  }

  /// Takes a stream away that was added.
  ///
  /// - Returns: How long the newest publication took, if this stream was the last that it waited for.
  func detach(
    from gateway: GatewayID, loop: ObjectIdentifier, stream: ObjectIdentifier? = nil, acknowledged: UInt64
  ) -> Duration? {
    defer { noteReport(of: gateway) }
    return entries.withLock {
      let duration = $0[gateway]?.detach(from: loop, stream, acknowledged: acknowledged, now: now())
      if $0[gateway]?.isEmpty == true { $0[gateway] = nil }
      return duration ?? nil
    }
  }

  /// What is served now, for streams that were woken.
  func take(_ gateway: GatewayID, for loop: ObjectIdentifier) -> Served? {
    entries.withLock { $0[gateway]?.take(for: loop) ?? nil }
  }

  /// Counts a stream whose client has acknowledged a generation.
  ///
  /// - Returns: How long the newest publication took, if this stream was the last that it waited for.
  func acknowledge(_ generation: UInt64, of gateway: GatewayID) -> Duration? {
    entries.withLock { $0[gateway]?.acknowledge(generation, now: now()) ?? nil }
  }

  /// Remembers that a proxy took these resources.
  ///
  /// - Parameter snapshot: What they were served from.
  func accept(
    _ resources: [EncodedResource], for gateway: GatewayID, generation: UInt64, of snapshot: Snapshot? = nil
  ) {
    change(gateway) { $0.accept(resources, generation: generation, of: snapshot) }
  }

  /// Remembers what a proxy refused.
  ///
  /// - Parameters:
  ///   - isCertain: These resources are to blame, not just among those that may be.
  ///   - stream: The proxy's stream.
  func reject(
    _ resources: [EncodedResource], for gateway: GatewayID, isCertain: Bool, message: String,
    by stream: ObjectIdentifier? = nil
  ) {
    change(gateway) { $0.reject(resources, isCertain: isCertain, message: message, by: stream) }
  }

  /// Remembers what a proxy made of a response that it refused, in part at least.
  ///
  /// - Parameters:
  ///   - served: What the response was made from.
  ///   - stream: The proxy's stream.
  func take(_ blame: Blame, of served: Served, for gateway: GatewayID, by stream: ObjectIdentifier) {
    if !blame.taken.isEmpty {
      accept(blame.taken, for: gateway, generation: served.generation, of: served.snapshot)
    }
    reject(blame.suspects, for: gateway, isCertain: blame.isCertain, message: blame.message, by: stream)
  }

  /// Remembers that a proxy has all of what is served, as far as `holds` says so.
  func confirm(_ served: Served, for gateway: GatewayID, _ holds: (EncodedResource) -> Bool) {
    change(gateway) { entry in
      entry.confirm(served, holds)
      return []
    }
  }

  private func change(_ gateway: GatewayID, _ change: (inout GatewayEntry) -> [GatewayEntry.WakeUp]) {
    let (due, isNews, isToReport) = entries.withLock { entries in
      let (revision, reportRevision) = (entries[gateway]?.revision ?? 0, entries[gateway]?.reportRevision ?? 0)
      let due = change(&entries[gateway, default: GatewayEntry()])
      let isNews = entries[gateway]?.revision != revision
      let isToReport = entries[gateway]?.reportRevision != reportRevision
      if entries[gateway]?.isEmpty == true { entries[gateway] = nil }
      return (due, isNews, isToReport)
    }
    if isToReport { noteReport(of: gateway) }
    if isNews {
      _ = changed.withLock { $0.insert(gateway) }
      self.change.yield()
    }
    for wakeUp in due {
      wakeUp()
    }
  }
}
