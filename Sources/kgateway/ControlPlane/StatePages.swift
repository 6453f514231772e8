import AdminServer
import Controller
import XDS

/// What this process knows and serves, for people and tests that compare it with the API server and with proxies: names
/// and versions, no contents and so no secrets.
enum StatePages {
  /// The pages by their paths.
  static func all(reconciler: Reconciler, snapshots: SnapshotStore) -> [String: AdminServer.Page] {
    [
      "/objects": {
        await reconciler.objectVersions.map { "\($0.reference) \($0.resourceVersion)\n" }.joined()
      },
      "/snapshots": { snapshotLines(snapshots).joined() },
    ]
  }

  /// What each Gateway's proxies are served, which is not what was published where a resource is held back.
  private static func snapshotLines(_ snapshots: SnapshotStore) -> [String] {
    snapshots.gateways.sorted { $0.description < $1.description }.flatMap { gateway in
      guard let snapshot = snapshots.servedSnapshot(for: gateway) else { return [String]() }
      return ResourceType.allCases.flatMap { type in
        snapshot.resources(type).sorted { $0.name < $1.name }.map { "\(gateway) \(type) \($0.name) \($0.version)\n" }
      }
    }
  }
}
