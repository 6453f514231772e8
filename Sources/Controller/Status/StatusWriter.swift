import FoundationEssentials
package import KubernetesAPI
package import KubernetesClient
package import Logging
package import PrometheusMetrics
import WorkQueues

/// Writes statuses to the Kubernetes API by server-side apply on the status sub-resource.
///
/// Only what differs from the stored status is written, and as it is to be when it is written. The lists in which several controllers have entries are replaced as a whole, so such a write names the resource
/// version that it was made from: if the object changed meanwhile, the API server refuses it and the next try starts
/// from the newer object.
package struct StatusWriter: StatusSink {
  /// The name under which fields are owned in `metadata.managedFields`.
  package static let fieldManager = "kgateway"

  private let client: KubernetesClient
  private let leadership: Leadership
  private let controllerName: String
  private let metrics: ControlPlaneMetrics
  private let logger: Logger
  private let events: EventWriter?
  private let loop: WorkLoop<ObjectReference>

  /// - Parameters:
  ///   - leadership: while this process does not lead, nothing is written; when it begins to, it is to be told of every
  ///     object once more.
  ///   - events: is told of each status that was written.
  package init(
    client: KubernetesClient, controllerName: String, metrics: ControlPlaneMetrics, logger: Logger,
    leadership: Leadership = .alone, events: EventWriter? = nil
  ) {
    self.events = events
    self.client = client.limited(to: leadership)
    self.leadership = leadership
    self.controllerName = controllerName
    self.metrics = metrics
    self.logger = logger
    loop = WorkLoop(
      .init(quietPeriod: .milliseconds(20), maximumDelay: .milliseconds(200), firstRetry: .milliseconds(100)),
      parallelism: 4)
  }

  package func statusChanged(of references: Set<ObjectReference>) async {
    await loop.add(references.sorted(), changedAt: .now)
  }

  /// Writes until the task is cancelled; to be called once.
  /// - Parameter current: the object as last seen by the watch, with what its status is to say; nil for an object that
  ///   is gone, or of which there is nothing to say.
  package func run(current: @escaping @Sendable (ObjectReference) async -> ObjectStatus?) async {
    await loop.run { item in
      try await write(item.key, current: current)
    } onFailure: { item, error, delay in
      note(error, of: item.key, delay: delay)
    }
  }

  private func write(
    _ reference: ObjectReference, current: @Sendable (ObjectReference) async -> ObjectStatus?
  ) async throws {
    guard leadership.isLeader, let status = await current(reference),
      let merged = StatusMerge.merge(
        status.desired, into: status.object, controllerName: controllerName, now: Date.now.formatted(.iso8601)),
      let body = merged.statusDocument
    else { return }
    do {
      try await client.applyStatus(
        APIResource(reference.kind), reference.id, object: body, manager: Self.fieldManager)
    } catch let error as KubernetesError where error.isFinal {
      // An object that was deleted while its status was written needs none.
      guard await current(reference) != nil else { return }
      // Written again only when there is something new to say; the same would be refused again.
      countFailure()
      logger.error("the API server refuses the status of \(reference), which stays as it is: \(error)")
      return
    }
    metrics.statusWrites[.success].increment()
    await events?.statusWritten(merged, over: status.object)
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
    } else if !leadership.isLeader {
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
  fileprivate var isConflict: Bool {
    if case .status(let status, _) = self { status.code == 409 } else { false }
  }

  /// The object is gone (404), or the API server will never take this (400, 422).
  fileprivate var isFinal: Bool {
    if case .status(let status, _) = self { [400, 404, 422].contains(status.code) } else { false }
  }
}
