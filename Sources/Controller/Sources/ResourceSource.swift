package import KubernetesAPI

/// Where objects come from: the Kubernetes API, or a folder of manifests.
package protocol ResourceSource: Sendable {
  /// Delivers what is there, then every change, until its task is cancelled. A source that loses its connection goes on
  /// by itself; it throws only what makes it pointless to go on.
  func run(into sink: any ResourceSink) async throws
}

/// Takes in what sources see. A call returns when the change is taken, so a source is never further ahead than one batch.
package protocol ResourceSink: Sendable {
  /// Takes changes, in the order in which they happened.
  func apply(_ events: [ResourceEvent]) async
  /// All objects of the kind that exist have been delivered once.
  func synced(_ kind: KubernetesKind) async
}
