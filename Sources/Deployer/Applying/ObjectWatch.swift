import JSON
import KubernetesAPI
import KubernetesClient
import Logging
import PrometheusMetrics
import Synchronization

/// The watches of the objects that this operator applies, told apart by their label.
final class ObjectWatch: Sendable {
  private let client: KubernetesClient
  private let metrics: ControlPlaneMetrics
  private let logger: Logger
  /// Of each kind, why it cannot be watched; said once.
  private let troubles = Mutex<[ManagedKind: WatchRestart.Reason]>([:])

  init(client: KubernetesClient, metrics: ControlPlaneMetrics, logger: Logger) {
    self.client = client
    self.metrics = metrics
    self.logger = logger
  }

  /// Watches one kind until the task is cancelled.
  func run(
    _ kind: ManagedKind, _ deliver: @escaping @Sendable (ReflectorEvent<ObservedObject>) async -> Void
  ) async {
    let selection = ObjectSelection(labelSelector: "\(ObjectLabels.managedBy)=\(ObjectLabels.manager)")
    let reflector = Reflector<ObservedObject>(
      kind.resource, client: client, settings: .init(selection: selection)
    ) { reader throws(JSONError) in
      try ObservedObject.read(kind, from: &reader)
    } onRestart: { restart in
      self.note(restart, of: kind)
    } onRecovery: {
      self.troubles.withLock { $0[kind] = nil }
    }
    await reflector.run { event in
      if case .undecodable(let id, let error) = event {
        if let label = WatchRestartLabels.Kind(rawValue: kind.rawValue) {
          self.metrics.undecodableObjects[label].increment()
        }
        self.logger.error("\(kind.rawValue) \(id?.description ?? "of unknown name") cannot be read: \(error)")
      }
      await deliver(event)
    }
  }

  private func note(_ restart: WatchRestart, of kind: ManagedKind) {
    if let label = WatchRestartLabels.Kind(rawValue: kind.rawValue),
      let reason = WatchRestartLabels.Reason(rawValue: restart.reason.rawValue)
    {
      metrics.watchRestarts[WatchRestartLabels(kind: label, reason: reason)].increment()
    }
    // Of a server that cannot be reached or knows nobody, the watches of Gateways tell.
    guard [.forbidden, .malformed, .refused].contains(restart.reason) else { return }
    let isNew = troubles.withLock { troubles in
      defer { troubles[kind] = restart.reason }
      return troubles[kind] != restart.reason
    }
    logger.log(
      level: isNew ? .warning : .debug,
      """
      no Gateway is deployed, because \(kind.rawValue)s cannot be watched: \(restart.message) (the operator's role must \
      allow get, list, watch, create, patch and delete of \(kind.resource.plural); --no-deployer for proxies that others \
      deploy); trying again
      """)
  }
}
