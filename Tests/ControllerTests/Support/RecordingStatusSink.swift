import Controller
import KubernetesAPI
import Synchronization

/// Keeps whose status was said to have changed.
final class RecordingStatusSink: StatusSink {
  private let recorded = Mutex<[ObjectReference]>([])

  func statusChanged(of references: Set<ObjectReference>) async {
    recorded.withLock { $0 += references.sorted() }
  }

  /// In the order of the calls.
  var references: [String] { recorded.withLock { $0.map(\.description) } }

  func forget() { recorded.withLock { $0 = [] } }
}
