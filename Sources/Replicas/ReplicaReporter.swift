package import KubernetesClient
package import Logging
package import PrometheusMetrics
package import XDS

/// Tells the replica that leads what this one's proxies answered: everything once a leader is found, then the Gateways of
/// which there is something new, and at least a sign of life.
///
/// Nothing queues up: what is to be told is read when it is sent, and a leader that does not answer costs one call at a
/// time, ever more rarely. Nothing else waits for it.
package actor ReplicaReporter {
  package struct Settings: Sendable {
    /// How long changes are gathered before they are sent.
    package var quietPeriod = Duration.milliseconds(50)
    /// The longest time without a report.
    package var heartbeat = Duration.seconds(10)
    package var backoff = Backoff(initial: .milliseconds(250), maximum: .seconds(10))
    /// About how many bytes go into one report, unless one Gateway alone has more.
    package var reportLength = 512 << 10

    package init() {}
  }

  private struct Session {
    let target: LeaderConnection.Target
    let connection: LeaderConnection
    var sequence: UInt64 = 0
    /// By Gateway, what the leader knows.
    var told: [GatewayID: ProxyReport] = [:]
    /// Of which there may be something new to tell.
    var changed: Set<GatewayID>
    var toldAt: ContinuousClock.Instant?
    /// Whether a report may have reached the leader, as one may whose answer is still awaited.
    var mayBeKnown = false
  }

  /// The process is about to end.
  private static let leaveTimeout = Duration.milliseconds(200)

  private let identity: String
  private let store: SnapshotStore
  private let location: LeaderLocation
  private let security: LeaderConnection.Security
  private let token: @Sendable () throws -> String
  private let userAgent: String
  private let settings: Settings
  private let results: InstrumentFamily<ReplicaReportResult, Counter>
  private let logger: Logger

  private var session: Session?
  private var failures = 0
  private var retryAt: ContinuousClock.Instant?
  /// Of which it was said that it does not say where it is reached.
  private var silentLeader: String?

  /// - Parameters:
  ///   - identity: this replica's, which no process had before.
  ///   - location: who leads.
  ///   - token: the token of this program's ServiceAccount, as it is now.
  package init(
    identity: String, store: SnapshotStore, location: LeaderLocation, security: LeaderConnection.Security,
    token: @escaping @Sendable () throws -> String, userAgent: String, settings: Settings = Settings(),
    results: InstrumentFamily<ReplicaReportResult, Counter>, logger: Logger
  ) {
    self.identity = identity
    self.store = store
    self.location = location
    self.security = security
    self.token = token
    self.userAgent = userAgent
    self.settings = settings
    self.results = results
    self.logger = logger
  }

  /// Runs until the task is cancelled.
  package func run() async {
    let (wakeUps, wakeUp) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    // From here on the store says what changes.
    _ = store.takeReportChanges()
    await withDiscardingTaskGroup { group in
      group.addTask { [store] in for await _ in store.reportChanges { wakeUp.yield() } }
      group.addTask { [location] in for await _ in location.changes { wakeUp.yield() } }
      wakeUp.yield()
      var alarm: ContinuousClock.Instant?
      for await _ in wakeUps {
        try? await Task.sleep(for: settings.quietPeriod)
        guard !Task.isCancelled else { break }
        let next = await step()
        // One that rings too early does no harm.
        if let next, alarm.map({ $0 <= .now || next < $0 }) ?? true {
          alarm = next
          group.addTask {
            try? await Task.sleep(until: next, clock: .continuous)
            wakeUp.yield()
          }
        }
      }
      group.cancelAll()
    }
    // In a task of its own, which is not cancelled.
    await Task { await leave() }.value
  }

  /// Tells the leader that there is nothing to count here any more.
  private func leave() async {
    if let session, session.mayBeKnown, let token = try? token() {
      var request = ReportRequest()
      request.replica = identity
      try? await session.connection.send(request, token: token, timeout: Self.leaveTimeout)
    }
    await end()
  }

  /// Sends what there is to send.
  /// - Returns: when to look again, if nothing happens before.
  private func step() async -> ContinuousClock.Instant? {
    let changed = store.takeReportChanges()
    session?.changed.formUnion(changed)
    guard let target else {
      // This replica leads now, or it is not known who does, or how to tell that it is the one.
      await end()
      (failures, retryAt) = (0, nil)
      return location.leader?.address == nil ? nil : .now + settings.backoff.maximum
    }
    if let session, session.target != target {
      await end()
      (failures, retryAt) = (0, nil)
    }
    if let retryAt, retryAt > .now { return retryAt }
    do {
      if session == nil {
        session = Session(
          target: target, connection: try LeaderConnection(target, userAgent: userAgent),
          changed: Set(store.reportableGateways))
      }
      try await tell()
      if failures >= 3 {
        logger.notice("the replica that leads (\(target.leader.identity)) hears of this one's proxies again")
      }
      (failures, retryAt) = (0, nil)
      return session?.toldAt.map { $0 + settings.heartbeat }
    } catch {
      guard !Task.isCancelled else { return nil }
      return await failed(error, target)
    }
  }

  private var target: LeaderConnection.Target? {
    guard let leader = location.leader else { return nil }
    guard let address = leader.address else {
      if silentLeader != leader.identity {
        silentLeader = leader.identity
        logger.notice(
          """
          the replica that leads (\(leader.identity)) does not say in the Lease where it is reached \
          (--advertise-address, $POD_IP), so that statuses say nothing of what the proxies of this one take and refuse
          """)
      }
      return nil
    }
    switch security {
    case .plaintext: return .init(leader: leader, address: address, authorities: nil, name: nil)
    case .tls(let name, let authorities):
      guard let authorities = authorities() else { return nil }
      return .init(leader: leader, address: address, authorities: authorities, name: name)
    }
  }

  /// Sends what has changed, or a sign of life when it is time for one.
  private func tell() async throws {
    var pending = session?.changed.sorted()[...] ?? []
    repeat {
      guard let session else { return }
      var (request, length) = (ReportRequest(), 0)
      var reports: [GatewayID: ProxyReport] = [:]
      while let gateway = pending.first, length < settings.reportLength {
        pending.removeFirst()
        let report = store.report(of: gateway)
        guard report != session.told[gateway] ?? ProxyReport() else { continue }
        request.gateways.append(GatewayReport(report, of: gateway))
        reports[gateway] = report
        length += report.footprint
      }
      let isDue = session.toldAt.map { $0 + settings.heartbeat <= .now } ?? true
      guard isDue || !reports.isEmpty else { break }
      request.replica = identity
      request.sequence = session.sequence
      self.session?.mayBeKnown = true
      try await session.connection.send(request, token: try token())
      results[.sent].increment()
      logger.trace("told the replica that leads of \(reports.count) Gateways")
      self.session?.sequence += 1
      self.session?.toldAt = .now
      for (gateway, report) in reports { self.session?.told[gateway] = report.isEmpty ? nil : report }
    } while !pending.isEmpty
    session?.changed = []
  }

  private func failed(_ error: any Error, _ target: LeaderConnection.Target) async -> ContinuousClock.Instant? {
    results[.failed].increment()
    await end()
    if let failure = error as? ReportFailure, failure.isOutOfStep, failures == 0 {
      // It was restarted, or has not heard of this replica for long.
      failures += 1
      retryAt = .now
      return retryAt
    }
    failures += 1
    if failures == 3 {
      logger.warning(
        """
        the replica that leads (\(target.leader.identity), at \(target.address)) does not hear what the proxies of this \
        one take and refuse, so that it is missing in statuses: \(error). Replicas have to reach each other at the \
        address in the Lease (--advertise-address), with a token of their ServiceAccount (--replica-token, \
        --service-account). It is tried again
        """)
    }
    let next = ContinuousClock.now + settings.backoff.delay(after: failures, random: .random(in: 0..<1))
    retryAt = next
    return next
  }

  private func end() async {
    guard let connection = session?.connection else { return }
    session = nil
    await connection.shutdown()
  }
}
