import PrometheusMetrics
import XDS

extension ControlPlaneMetrics {
  /// Counts what a publication adds to the published resources or takes from them.
  func snapshotReplaced(_ old: Snapshot?, by new: Snapshot?) {
    guard old != nil || new != nil else { return }
    publications.record()
    for type in ResourceType.allCases {
      let difference = (new?.count(type) ?? 0) - (old?.count(type) ?? 0)
      if difference != 0 { xdsResources[type.label].add(difference) }
    }
  }
}
