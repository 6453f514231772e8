import Controller
import KubernetesAPI
import Synchronization

/// Keeps which Gateways' deployments were said to have changed.
final class RecordingDeploymentSink: DeploymentSink {
  private let recorded = Mutex<[NamespacedName]>([])

  func deploymentChanged(of gateways: Set<NamespacedName>) async { recorded.withLock { $0 += gateways.sorted() } }

  /// In the order of the calls.
  var gateways: [String] { recorded.withLock { $0.map(\.description) } }

  func forget() { recorded.withLock { $0 = [] } }
}
