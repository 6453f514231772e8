import Controller
import GRPCServer
import KubernetesAPI
import Logging
import NIOCore
import NIOPosix
import PrometheusMetrics
import Synchronization
import WorkQueues
import XDS

/// A whole control plane in this process, but for its source: the benchmark makes the events.
struct BenchmarkControlPlane {
  let reconciler: Reconciler
  let metrics: ControlPlaneMetrics
  private let server: GRPCServer
  private let work: Task<Void, Never>
  private let convergence: Convergence

  /// - Parameters:
  ///   - statusSink: what is told of statuses that may have to be written.
  ///   - port: where proxies connect; 0 takes a free one.
  init(
    queue: WorkQueue<NamespacedName>.Configuration = .init(), statusSink: any StatusSink = NoStatus(), port: Int = 0
  ) {
    let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    metrics = ControlPlaneMetrics(
      registry: MetricsRegistry(nativeHistograms: true),
      build: BuildInformation(version: "bench", commit: "", swiftVersion: "", envoyVersion: ""))
    let snapshots = SnapshotStore()
    let reconciler = Reconciler(
      settings: BenchmarkObjects.settings, snapshots: snapshots, statusSink: statusSink, metrics: metrics,
      logger: logger, queue: queue, parallelism: 2)
    let convergence = Convergence()
    var router = GRPCRouter()
    ADSService(
      store: snapshots, authenticator: NodeClusterAuthenticator(), observer: convergence, logger: logger
    ).register(in: &router)
    server = GRPCServer(
      configuration: .init(host: "127.0.0.1", port: port), router: router, group: MultiThreadedEventLoopGroup.singleton,
      logger: logger)
    work = Task { await reconciler.run() }
    self.reconciler = reconciler
    self.convergence = convergence
  }

  /// Lets proxies connect.
  /// - Returns: the port.
  func listen() async throws -> Int { try await server.start().port ?? 0 }

  /// Puts Gateways with routes, Services and policies into the store, and waits until all have a snapshot.
  func fill(gateways count: Int) async throws {
    let shared = [BenchmarkObjects.gatewayClass] + BenchmarkObjects.services + BenchmarkObjects.slices
    await reconciler.apply(shared.map(ResourceEvent.upsert))
    for index in 0..<count {
      await reconciler.apply(BenchmarkObjects.everything(of: "gateway-\(index)").map(ResourceEvent.upsert))
    }
    for kind in KubernetesKind.allCases { await reconciler.synced(kind) }
    while await !reconciler.awaited.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
  }

  /// Returns when a proxy has acknowledged everything of a publication.
  func nextConvergence() async throws {
    for await _ in convergence.events { return }
    throw CancellationError()
  }

  /// Waits until nothing has been translated for a while.
  /// - Returns: when the last translation was seen.
  @discardableResult
  func settle() async throws -> ContinuousClock.Instant {
    var (last, since) = (-1, ContinuousClock.now)
    while ContinuousClock.now - since < .milliseconds(300) {
      try await Task.sleep(for: .milliseconds(5))
      let now = translations
      if now != last { (last, since) = (now, .now) }
    }
    return since
  }

  /// How many translations there were.
  var translations: Int { Int(metrics.translations.count[.success].value) }

  /// How many proxies are connected.
  var openStreams: Int { convergence.openStreams }

  func end() async {
    work.cancel()
    server.beginGracefulShutdown()
    await server.waitUntilClosed()
  }
}

/// Hears when the proxies have taken all of a publication.
private final class Convergence: XDSObserver {
  let events: AsyncStream<Void>
  private let arrived: AsyncStream<Void>.Continuation
  private let streams = Atomic(0)

  init() { (events, arrived) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1)) }

  var openStreams: Int { streams.load(ordering: .relaxed) }

  func converged(_ gateway: GatewayID, after duration: Duration) { arrived.yield() }

  func streamOpened(_ gateway: GatewayID, node: String) { streams.add(1, ordering: .relaxed) }
  func streamClosed(_ gateway: GatewayID, node: String) { streams.subtract(1, ordering: .relaxed) }
  func pushed(_ type: ResourceType, to gateway: GatewayID) {}
  func acknowledged(_ type: ResourceType, by gateway: GatewayID, version: String) {}
  func rejected(_ rejection: XDSRejection) {}
}
