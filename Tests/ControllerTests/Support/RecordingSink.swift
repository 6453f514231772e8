import Controller
import KubernetesAPI

/// Keeps what a source delivers as a cluster would: the objects as they are now.
actor RecordingSink: ResourceSink {
  private(set) var objects: [ObjectReference: KubernetesObject] = [:]
  /// Each change, in short: `+ Kind name`, `- Kind name`.
  private(set) var changes: [String] = []
  private(set) var syncedKinds: Set<KubernetesKind> = []

  func apply(_ events: [ResourceEvent]) {
    for event in events {
      switch event {
      case .upsert(let object):
        objects[event.reference] = object
        changes.append("+ \(event.reference)")
      case .delete(let reference):
        objects[reference] = nil
        changes.append("- \(reference)")
      }
    }
  }

  func synced(_ kind: KubernetesKind) { syncedKinds.insert(kind) }

  /// Whether every kind was delivered once.
  var isSynced: Bool { syncedKinds.count == KubernetesKind.allCases.count }

  func labels(_ kind: KubernetesKind, _ name: String) -> [String: String]? {
    objects[ObjectReference(kind: kind, id: Objects.name(name))]?.metadata.labels
  }
}
