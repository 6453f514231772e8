import JSON
package import KubernetesAPI
package import KubernetesClient
package import Logging
package import PrometheusMetrics

/// A Kubernetes API server as the source of objects: a reflector for each kind.
///
/// A kind whose CustomResourceDefinition is not installed counts as synced with no objects, and is picked up when it
/// appears.
package struct KubernetesSource: ResourceSource {
  /// Whoever installs a CustomResourceDefinition waits for this; asking costs the API server next to nothing.
  private static let absentInterval = Duration.seconds(10)

  private let client: KubernetesClient
  private let metrics: ControlPlaneMetrics
  private let logger: Logger
  private let troubles: WatchTroubleLog
  private let silence: Duration

  /// - Parameter silence: a watch that says nothing for this long is given up, and begun anew.
  package init(
    client: KubernetesClient, metrics: ControlPlaneMetrics, logger: Logger, silence: Duration = .seconds(90)
  ) {
    self.client = client
    self.silence = silence
    self.metrics = metrics
    self.logger = logger
    troubles = WatchTroubleLog(logger: logger)
  }

  package func run(into sink: any ResourceSink) async throws {
    await withDiscardingTaskGroup { group in
      for kind in KubernetesKind.allCases {
        group.addTask { await reflect(kind, into: sink) }
      }
    }
  }

  private func reflect(_ kind: KubernetesKind, into sink: any ResourceSink) async {
    let reflector = Reflector<KubernetesObject>(
      APIResource(kind), client: client, settings: .init(silence: silence, absentInterval: Self.absentInterval)
    ) { reader throws(JSONError) in
      try KubernetesObject.decode(kind, from: &reader)
    } onRestart: { restart in
      if let labels = WatchRestartLabels(restart, of: kind) { metrics.watchRestarts[labels].increment() }
      troubles.note(restart, of: kind)
    } onRecovery: {
      troubles.noteRecovery(of: kind)
    }
    await reflector.run { event in
      switch event {
      case .upsert(let object):
        await sink.apply([.upsert(object)])
      case .delete(let id):
        await sink.apply([.delete(ObjectReference(kind: kind, id: id))])
      case .undecodable(let id, let error):
        if let label = WatchRestartLabels.Kind(rawValue: kind.rawValue) {
          metrics.undecodableObjects[label].increment()
        }
        logger.error(
          "\(kind.rawValue) \(id?.description ?? "of unknown name") cannot be read and keeps its last state: \(error)")
      case .synced:
        logger.debug("\(kind.rawValue): first sync")
        await sink.synced(kind)
      case .absent:
        logger.warning(
          "the API server does not know \(kind.rawValue) (\(kind.apiVersion)); install its CustomResourceDefinition")
        await sink.synced(kind)
      }
    }
  }
}

extension KubernetesObject: WatchedObject {}

extension WatchRestartLabels {
  /// Nil only if the two lists of reasons differ, which a test rules out.
  init?(_ restart: WatchRestart, of kind: KubernetesKind) {
    guard let kind = Kind(rawValue: kind.rawValue), let reason = Reason(rawValue: restart.reason.rawValue) else {
      return nil
    }
    self.init(kind: kind, reason: reason)
  }
}
