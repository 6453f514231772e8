import Controller
import KubernetesAPI
import PrometheusMetrics
import RealComponents
import RecordedLog
import Testing
import Translator
import WorkQueues
import XDS

/// A reconciler at work, with all around it in memory.
struct RunningReconciler {
  let reconciler: Reconciler
  let snapshots = SnapshotStore()
  let metrics = ControlPlaneMetrics(
    build: BuildInformation(version: "0", commit: "0", swiftVersion: "0", envoyVersion: "0"))
  let statusSink = RecordingStatusSink()
  let log = RecordedLog()

  private init(
    validator: (any ConfigurationValidator)?, deploymentSink: (any DeploymentSink)?, patience: Duration
  ) {
    reconciler = Reconciler(
      settings: TranslatorSettings(), snapshots: snapshots, statusSink: statusSink, metrics: metrics,
      logger: log.logger, deploymentSink: deploymentSink, validator: validator,
      queue: .init(quietPeriod: .milliseconds(2), maximumDelay: .milliseconds(20), firstRetry: .milliseconds(5)),
      patience: patience, parallelism: 2)
  }

  /// Gives it the objects, tells it that this is all, waits for the first snapshots, and goes on with `body`.
  ///
  /// - Parameter patience: how long a change waits for another that may belong to it.
  static func synced(
    with objects: [KubernetesObject], validator: (any ConfigurationValidator)? = nil,
    deploymentSink: (any DeploymentSink)? = nil, patience: Duration = .zero,
    _ body: (RunningReconciler) async throws -> Void
  ) async throws {
    try await unsynced(validator: validator, deploymentSink: deploymentSink, patience: patience) { running in
      await running.apply(objects)
      for kind in KubernetesKind.allCases { await running.reconciler.synced(kind) }
      try await eventually("the first snapshots") { await running.reconciler.awaited.isEmpty }
      try await eventually("nothing is left to do") {
        running.metrics.workQueueDepth.value == 0 && running.metrics.reconciliations.active.value == 0
      }
      try await body(running)
    }
  }

  /// As `synced`, but for the objects and the sync.
  static func unsynced(
    validator: (any ConfigurationValidator)? = nil, deploymentSink: (any DeploymentSink)? = nil,
    patience: Duration = .zero, _ body: (RunningReconciler) async throws -> Void
  ) async throws {
    let running = RunningReconciler(validator: validator, deploymentSink: deploymentSink, patience: patience)
    try await withThrowingTaskGroup { group in
      group.addTask { await running.reconciler.run() }
      try await body(running)
      group.cancelAll()
    }
  }

  func apply(_ objects: [KubernetesObject]) async { await reconciler.apply(objects.map(ResourceEvent.upsert)) }

  func delete(_ objects: KubernetesObject...) async {
    await reconciler.apply(objects.map { ResourceEvent.delete($0.reference) })
  }

  /// Waits until there were that many reconciliations in all and nothing is left to do, and sees that it stays so.
  func finish(_ count: UInt64) async throws {
    try await eventually("\(count) reconciliations; there are \(reconciliations)") {
      reconciliations >= count && metrics.workQueueDepth.value == 0 && metrics.reconciliations.active.value == 0
    }
    #expect(reconciliations == count)
  }

  var reconciliations: UInt64 { metrics.reconciliations.count[.success].value }
  var translations: UInt64 { metrics.translations.count[.success].value }

  func snapshot(_ gateway: String) -> Snapshot? {
    let name = Objects.name(gateway)
    return snapshots.snapshot(for: GatewayID(namespace: name.namespace, name: name.name))
  }

  /// What proxies of the Gateway get.
  func served(_ gateway: String, _ type: ResourceType) -> [EncodedResource] {
    let name = Objects.name(gateway)
    let id = GatewayID(namespace: name.namespace, name: name.name)
    return snapshots.servedSnapshot(for: id)?.resources(type) ?? []
  }

  func resources(_ type: XDSTypeLabel) -> Int { metrics.xdsResources[type].value }

  /// The conditions that a policy's status is to have: `namespace/name of the target: Type=Status (Reason)`.
  func policyStatus(_ policy: String) async -> [String] {
    let reference = ObjectReference(kind: .httpListenerPolicy, id: Objects.name(policy))
    guard case .httpListenerPolicy(_, let ancestors)? = await reconciler.status(of: reference)?.desired else {
      return []
    }
    return ancestors.flatMap { Self.text($0.ancestorRef, $0.conditions) }
  }

  /// As `policyStatus`, of a route's parents.
  func routeStatus(_ route: String) async -> [String] {
    let reference = ObjectReference(kind: .httpRoute, id: Objects.name(route))
    guard case .httpRoute(_, let parents)? = await reconciler.status(of: reference)?.desired else { return [] }
    return parents.flatMap { Self.text($0.parentRef, $0.conditions.filter { $0.type == "Accepted" }) }
  }

  private static func text(_ parent: ParentReference, _ conditions: [Condition]) -> [String] {
    conditions.map { "\(parent.name): \($0.type)=\($0.status.rawValue) (\($0.reason))" }
  }
}
