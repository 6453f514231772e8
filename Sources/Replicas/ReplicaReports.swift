package import GRPCServer
package import XDS

/// What the other replicas have said of their proxies, on the replica that leads: who said something, and when. What they
/// said is in the store.
package actor ReplicaReports {
  /// What replicas may make this one hold.
  package struct Limits: Sendable {
    /// How many replicas.
    package var replicas = 32
    /// Of each, in bytes.
    package var footprint = 64 << 20
    /// How long one may be silent. Three of its reports may be lost meanwhile.
    package var silence = Duration.seconds(35)

    package init() {}
  }

  private struct Session {
    var sequence: UInt64
    var heard: ContinuousClock.Instant
    var footprints: [GatewayID: Int] = [:]
    var footprint = 0

    mutating func note(_ footprint: Int?, of gateway: GatewayID) {
      self.footprint += (footprint ?? 0) - (footprints[gateway] ?? 0)
      footprints[gateway] = footprint
    }
  }

  private let store: SnapshotStore
  private let limits: Limits
  private let now: @Sendable () -> ContinuousClock.Instant
  private let isLeader: @Sendable () -> Bool
  private var sessions: [ReplicaID: Session] = [:]

  /// - Parameters:
  ///   - store: takes in what they say.
  ///   - now: the clock that silence is measured by.
  ///   - isLeader: whether this replica leads; as long as it does not, it takes nothing in.
  package init(
    store: SnapshotStore, limits: Limits = Limits(), now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
    isLeader: @escaping @Sendable () -> Bool
  ) {
    self.store = store
    self.limits = limits
    self.now = now
    self.isLeader = isLeader
  }

  /// The replicas that have said something and were not silent for too long.
  package var replicas: Set<ReplicaID> { Set(sessions.keys) }

  /// Takes in a report.
  /// - Throws: with FAILED_PRECONDITION if this replica does not lead, ABORTED if the sender has to begin again.
  package func take(_ request: ReportRequest) throws(GRPCStatus) {
    guard isLeader() else {
      throw GRPCStatus(.failedPrecondition, "this replica does not lead; the Lease says who does")
    }
    guard !request.replica.isEmpty, request.replica.utf8.count <= 512 else {
      throw GRPCStatus(.invalidArgument, "the report does not say whose it is")
    }
    let replica = ReplicaID(request.replica)
    if request.sequence == 0 {
      try begin(replica)
    } else if let session = sessions[replica], request.sequence == session.sequence &+ 1 {
      sessions[replica]?.sequence = request.sequence
    } else {
      throw GRPCStatus(.aborted, "the report does not follow the one that was taken last; begin again")
    }
    sessions[replica]?.heard = now()
    for message in request.gateways {
      guard let gateway = message.gateway else {
        throw GRPCStatus(.invalidArgument, "the report is of a Gateway without a name")
      }
      let report = message.report
      sessions[replica]?.note(report.isEmpty ? nil : report.footprint, of: gateway)
      guard sessions[replica]?.footprint ?? 0 <= limits.footprint else {
        forget(replica)
        throw GRPCStatus(.resourceExhausted, "a replica may report \(limits.footprint) bytes at most")
      }
      store.take(report, of: gateway, from: replica)
    }
  }

  private func begin(_ replica: ReplicaID) throws(GRPCStatus) {
    forget(replica)
    guard sessions.count < limits.replicas else {
      throw GRPCStatus(.resourceExhausted, "\(limits.replicas) replicas report already, and no more may")
    }
    sessions[replica] = Session(sequence: 0, heard: now())
  }

  private func forget(_ replica: ReplicaID) {
    guard let session = sessions.removeValue(forKey: replica) else { return }
    store.forget(replica, of: session.footprints.keys)
  }

  /// Forgets those that have been silent for too long, and all of them when this replica does not lead any more.
  package func expire() {
    let (isLeader, now) = (isLeader(), now())
    for (replica, session) in sessions where !isLeader || session.heard + limits.silence <= now { forget(replica) }
  }

  /// Does so from time to time, until the task is cancelled.
  package func run() async {
    while !Task.isCancelled {
      try? await Task.sleep(for: .seconds(5))
      expire()
    }
  }
}
