import FoundationEssentials
package import KubernetesAPI
package import KubernetesClient
package import Logging
package import PrometheusMetrics
import Synchronization
import WorkQueues

/// Writes statuses to the Kubernetes API by server-side apply on the status sub-resource.
///
/// Only what differs from the stored status is written, and as it is to be when it is written. The lists in which several
/// controllers have entries are replaced as a whole, so such a write names the resource version that it was made from: if
/// the object changed meanwhile, the API server refuses it and the next try starts from the newer object, which the watch
/// brings.
///
/// Four writes are under way at a time, at a bounded rate (``WritePace``). An object that changes while it waits for its
/// turn is written once. When the API server asks for patience, or cannot be reached, all of them wait.
package final class StatusWriter: StatusSink {
  /// The name under which fields are owned in `metadata.managedFields`.
  package static let fieldManager = "kgateway"
  /// The wait where the API server asks for patience without saying how long, or cannot be reached.
  private static let usualStop = Duration.seconds(1)
  /// The longest wait that the API server can ask for.
  private static let longestStop = Duration.seconds(60)

  private let client: KubernetesClient
  private let leadership: Leadership
  private let controllerName: String
  private let metrics: ControlPlaneMetrics
  private let logger: Logger
  private let events: EventWriter?
  private let loop: WorkLoop<ObjectReference>
  private let pace: Mutex<WritePace>

  /// - Parameters:
  ///   - leadership: while this process does not lead, nothing is written; when it begins to, it is to be told of every
  ///     object once more.
  ///   - events: is told of each status that was written.
  ///   - pace: how fast it writes.
  package init(
    client: KubernetesClient, controllerName: String, metrics: ControlPlaneMetrics, logger: Logger,
    leadership: Leadership = .alone, events: EventWriter? = nil, pace: WritePace.Settings = WritePace.Settings()
  ) {
    self.pace = Mutex(WritePace(pace, at: .now))
    self.events = events
    self.client = client.limited(to: leadership)
    self.leadership = leadership
    self.controllerName = controllerName
    self.metrics = metrics
    self.logger = logger
    loop = WorkLoop(
      .init(quietPeriod: .milliseconds(20), maximumDelay: .milliseconds(200), firstRetry: .milliseconds(100)),
      parallelism: 4, depth: metrics.statusWritesPending)
  }

  package func statusChanged(of references: Set<ObjectReference>) async {
    await loop.add(references.sorted(), changedAt: .now)
  }

  /// Writes until the task is cancelled; to be called once.
  /// - Parameter current: the object as last seen by the watch, with what its status is to say; nil for an object that
  ///   is gone, or of which there is nothing to say.
  package func run(current: @escaping @Sendable (ObjectReference) async -> ObjectStatus?) async {
    await loop.run { item in
      try await self.write(item.key, current: current)
    } onFailure: { item, error, delay in
      self.note(error, of: item.key, delay: delay)
    }
  }

  private func write(
    _ reference: ObjectReference, current: @Sendable (ObjectReference) async -> ObjectStatus?
  ) async throws {
    guard let write = try await nextWrite(of: reference, current) else { return }
    do {
      try await client.applyStatus(
        APIResource(reference.kind), reference.id, object: write.body, manager: Self.fieldManager, attempts: 1)
    } catch let error as KubernetesError where error.isFinal {
      // An object that was deleted while its status was written needs none.
      guard await current(reference) != nil else { return }
      // Written again only when there is something new to say; the same would be refused again.
      countFailure()
      logger.error("the API server refuses the status of \(reference), which stays as it is: \(error)")
      return
    } catch {
      if let stop = Self.stop(after: error) { pace.withLock { $0.stop(for: stop, at: .now) } }
      throw error
    }
    metrics.statusWrites[.success].increment()
    await events?.statusWritten(write.merged, over: write.stored)
  }

  private struct Write {
    var stored: KubernetesObject
    var merged: KubernetesObject
    var body: [UInt8]
  }

  /// Waits for its turn.
  /// - Returns: what is to be written then; nil where there is nothing, or this process does not lead.
  private func nextWrite(
    of reference: ObjectReference, _ current: @Sendable (ObjectReference) async -> ObjectStatus?
  ) async throws -> Write? {
    // What needs no write takes nobody's turn.
    guard var write = await pendingWrite(of: reference, current) else { return nil }
    var turn: ContinuousClock.Instant? = pace.withLock { $0.take(at: .now) }
    do {
      while let next = turn, next > .now {
        try await Task.sleep(until: next)
        // It may have changed meanwhile, or have been written by another.
        guard let newer = await pendingWrite(of: reference, current) else {
          pace.withLock { $0.giveBack() }
          return nil
        }
        write = newer
        turn = pace.withLock { $0.stop(at: .now) }
      }
    } catch {
      pace.withLock { $0.giveBack() }
      throw error
    }
    return write
  }

  private func pendingWrite(
    of reference: ObjectReference, _ current: @Sendable (ObjectReference) async -> ObjectStatus?
  ) async -> Write? {
    guard leadership.isLeader, let status = await current(reference),
      let merged = StatusMerge.merge(
        status.desired, into: status.object, controllerName: controllerName, now: Date.now.formatted(.iso8601)),
      let body = merged.statusDocument
    else { return nil }
    return Write(stored: status.object, merged: merged, body: body)
  }

  /// For how long nothing is to be written after a failure; nil where it says nothing of other writes.
  private static func stop(after error: any Error) -> Duration? {
    if error is TransportError { return usualStop }
    guard let status = (error as? KubernetesError)?.status, status.asksForPatience else { return nil }
    return min(status.retryAfterSeconds.map { .seconds($0) } ?? usualStop, longestStop)
  }

  /// A Gateway whose status, or whose policy's, cannot be written is not reconciled.
  private func countFailure() {
    metrics.statusWrites[.failed].increment()
    metrics.reconciliations.recordLateFailure()
  }

  private func note(_ error: any Error, of reference: ObjectReference, delay: Duration) {
    if (error as? KubernetesError)?.isConflict == true {
      metrics.statusWrites[.conflict].increment()
      logger.debug("\(reference) changed while its status was written; next try in \(delay)")
    } else if (error as? KubernetesError)?.status?.code == 429 {
      metrics.statusWrites[.throttled].increment()
      logger.debug("the API server asks for patience with the status of \(reference), next try in \(delay)")
    } else if error is NotLeading || !leadership.isLeader {
      logger.debug("the status of \(reference) is left to the next leader: \(error)")
    } else {
      countFailure()
      logger.warning("cannot write the status of \(reference), next try in \(delay): \(error)")
    }
  }
}

extension KubernetesObject {
  /// The body of a server-side apply of the object's status; nil for kinds without one.
  fileprivate var statusDocument: [UInt8]? {
    switch self {
    case .gatewayClass(let object):
      StatusDocument.gatewayClass(object.metadata.name, object.conditions)
    case .gateway(let object):
      StatusDocument.gateway(object.metadata.id, object.status)
    case .httpRoute(let object):
      StatusDocument.httpRoute(object.metadata, parents: object.parentStatuses)
    case .httpListenerPolicy(let object):
      StatusDocument.httpListenerPolicy(object.metadata, ancestors: object.ancestorStatuses)
    case .gatewayParameters, .service, .endpointSlice, .namespace, .referenceGrant:
      nil
    }
  }
}

extension KubernetesError {
  fileprivate var status: Status? {
    if case .status(let status, _) = self { status } else { nil }
  }

  fileprivate var isConflict: Bool { status?.code == 409 }

  /// The object is gone (404), or the API server will never take this (400, 422).
  fileprivate var isFinal: Bool { status.map { [400, 404, 422].contains($0.code) } ?? false }
}

extension Status {
  /// Too many requests (429), or a server that knows when it will be back (503 with a time).
  fileprivate var asksForPatience: Bool { code == 429 || (code == 503 && retryAfterSeconds != nil) }
}
