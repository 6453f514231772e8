import Controller
import GRPCServer
import KubernetesAPI
import Logging
import NIOCore
import NIOPosix
import PrometheusMetrics
import WorkQueues
import XDS

/// A whole control plane in this process, but for its source: the benchmark makes the events.
struct BenchmarkControlPlane {
  let reconciler: Reconciler
  let metrics: ControlPlaneMetrics
  let port: Int
  private let server: GRPCServer
  private let work: Task<Void, Never>
  private let convergence: Convergence

  init(queue: WorkQueue<NamespacedName>.Configuration) async throws {
    let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    metrics = ControlPlaneMetrics(
      registry: MetricsRegistry(nativeHistograms: true),
      build: BuildInformation(version: "bench", commit: "", swiftVersion: "", envoyVersion: ""))
    let snapshots = SnapshotStore()
    let reconciler = Reconciler(
      settings: BenchmarkObjects.settings, snapshots: snapshots, statusSink: NoStatus(), metrics: metrics,
      logger: logger, queue: queue, parallelism: 2)
    let convergence = Convergence()
    var router = GRPCRouter()
    ADSService(
      store: snapshots, authenticator: NodeClusterAuthenticator(), observer: convergence, logger: logger
    ).register(in: &router)
    server = GRPCServer(
      configuration: .init(host: "127.0.0.1", port: 0), router: router, group: MultiThreadedEventLoopGroup.singleton,
      logger: logger)
    port = try await server.start().port ?? 0
    work = Task { await reconciler.run() }
    self.reconciler = reconciler
    self.convergence = convergence
  }

  /// Puts Gateways with routes, Services and policies into the store, and waits until all have a snapshot.
  func fill(gateways count: Int) async throws {
    let shared = [BenchmarkObjects.gatewayClass] + BenchmarkObjects.services + BenchmarkObjects.slices
    await reconciler.apply(shared.map(ResourceEvent.upsert))
    for index in 0..<count {
      let name = "gateway-\(index)"
      let objects =
        [BenchmarkObjects.gateway(name), BenchmarkObjects.route(index, gateway: name)]
        + BenchmarkObjects.policies(gateway: name)
      await reconciler.apply(objects.map(ResourceEvent.upsert))
    }
    for kind in KubernetesKind.allCases { await reconciler.synced(kind) }
    while await !reconciler.awaited.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
  }

  /// Returns when a proxy has acknowledged everything of a publication.
  func nextConvergence() async throws {
    for await _ in convergence.events { return }
    throw CancellationError()
  }

  func end() async {
    work.cancel()
    server.beginGracefulShutdown()
    await server.waitUntilClosed()
  }
}

/// Hears when the proxies have taken all of a publication.
private struct Convergence: XDSObserver {
  let events: AsyncStream<Void>
  private let arrived: AsyncStream<Void>.Continuation

  init() { (events, arrived) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1)) }

  func converged(_ gateway: GatewayID, after duration: Duration) { arrived.yield() }

  func streamOpened(_ gateway: GatewayID, node: String) {}
  func streamClosed(_ gateway: GatewayID, node: String) {}
  func pushed(_ type: ResourceType, to gateway: GatewayID) {}
  func acknowledged(_ type: ResourceType, by gateway: GatewayID, version: String) {}
  func rejected(_ rejection: XDSRejection) {}
}
