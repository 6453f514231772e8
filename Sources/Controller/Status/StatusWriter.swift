import FoundationEssentials
package import KubernetesAPI
package import KubernetesClient
package import Logging
package import PrometheusMetrics

/// Writes statuses to the Kubernetes API by server-side apply on the status sub-resource.
///
/// Only what differs from the stored status is written; of several statuses of one object that wait, only the newest.
/// The lists in which several controllers have entries are replaced as a whole, so such a write names the resource
/// version that it was made from: if the object changed meanwhile, the API server refuses it and the next try starts
/// from the newer object.
package actor StatusWriter: StatusSink {
  /// The name under which fields are owned in `metadata.managedFields`.
  package static let fieldManager = "kgateway"

  private let client: KubernetesClient
  private let controllerName: String
  private let metrics: ControlPlaneMetrics
  private let logger: Logger
  private let loop: WorkLoop<ObjectReference>
  private var desired: [ObjectReference: DesiredStatus] = [:]

  package init(client: KubernetesClient, controllerName: String, metrics: ControlPlaneMetrics, logger: Logger) {
    self.client = client
    self.controllerName = controllerName
    self.metrics = metrics
    self.logger = logger
    loop = WorkLoop(
      .init(quietPeriod: .milliseconds(20), maximumDelay: .milliseconds(200), firstRetry: .milliseconds(100)),
      parallelism: 4)
  }

  package func post(_ status: DesiredStatus) async {
    desired[status.reference] = status
    await loop.add([status.reference], changedAt: .now)
  }

  /// Writes until the task is cancelled.
  /// - Parameter current: the object as last seen by the watch.
  package func run(current: @escaping @Sendable (ObjectReference) async -> KubernetesObject?) async {
    await loop.run { item in
      try await self.write(item.key, current: current)
    } onFailure: { item, error, delay in
      await self.note(error, of: item.key, delay: delay)
    }
  }

  private func write(
    _ reference: ObjectReference, current: @Sendable (ObjectReference) async -> KubernetesObject?
  ) async throws {
    guard let status = desired[reference] else { return }
    guard let object = await current(reference),
      let merged = StatusMerge.merge(
        status, into: object, controllerName: controllerName, now: Date.now.formatted(.iso8601)),
      let body = merged.statusDocument
    else {
      forget(status)
      return
    }
    do {
      try await client.applyStatus(
        APIResource(reference.kind), reference.id, object: body, manager: Self.fieldManager)
    } catch let error as KubernetesError where error.isFinal {
      // Written again only when there is something new to say; the same would be refused again.
      metrics.statusWrites[.failed].increment()
      logger.error("the status of \(reference) was refused: \(error)")
      forget(status)
      return
    }
    metrics.statusWrites[.success].increment()
    forget(status)
  }

  /// Unless a newer one came while this was written.
  private func forget(_ status: DesiredStatus) {
    if desired[status.reference] == status { desired[status.reference] = nil }
  }

  private func note(_ error: any Error, of reference: ObjectReference, delay: Duration) {
    if (error as? KubernetesError)?.isConflict == true {
      metrics.statusWrites[.conflict].increment()
      logger.debug("\(reference) changed while its status was written; next try in \(delay)")
    } else {
      metrics.statusWrites[.failed].increment()
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
    case .service, .endpointSlice, .namespace, .referenceGrant:
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
