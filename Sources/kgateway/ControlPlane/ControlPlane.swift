import AdminServer
import Controller
import FoundationEssentials
import GRPCServer
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import PrometheusMetrics
import ServiceLifecycle
import Translator
import UnixSignals
import XDS

/// What every running control plane consists of, whatever its objects come from:
///
///     source → Reconciler → SnapshotStore → ADSService on GRPCServer → proxies
///                  └────────── ControlPlaneMetrics → AdminServer
struct ControlPlane {
  let reconciler: Reconciler
  let metrics: ControlPlaneMetrics
  let logger: Logger
  private let xds: GRPCServer
  private let admin: AdminServer
  private let replicas: [any Service]

  /// Where fewer can connect, it is told at the start.
  private static let usualProxies = 500

  /// - Parameters:
  ///   - exchange: what this replica tells others and hears of them; nil for one that is alone.
  ///   - awaited: what else is awaited before this process is ready.
  init(
    settings: TranslatorSettings, addresses: ServerOptions.Resolved, statusSink: any StatusSink,
    metrics: ControlPlaneMetrics, logger: Logger, deploymentSink: (any DeploymentSink)? = nil,
    validator: EnvoyValidator? = nil, security: XDSSecurity = .none, exchange: ReplicaExchange? = nil,
    awaited: @escaping @Sendable () -> [String] = { [] }
  ) {
    self.logger = logger
    self.metrics = metrics
    let snapshots = SnapshotStore()
    let reconciler = Reconciler(
      settings: settings, snapshots: snapshots, statusSink: statusSink, metrics: metrics, logger: logger,
      deploymentSink: deploymentSink, validator: validator, parallelism: System.coreCount)
    self.reconciler = reconciler

    var router = GRPCRouter()
    let authenticator = security.authenticator(metrics: metrics) { gateway in
      if snapshots.snapshot(for: gateway) != nil { return true }
      return await !reconciler.awaited.isEmpty
    }
    ADSService(
      store: snapshots, authenticator: authenticator,
      observer: ProxyFeedback(metrics: metrics, logger: logger), logger: logger
    ).register(in: &router)
    replicas =
      exchange?.connect(
        snapshots, &router, authenticator: authenticator as? any ReplicaAuthenticator, metrics: metrics, logger: logger)
      ?? []
    var configuration = GRPCServer.Configuration(host: addresses.xds.host, port: addresses.xds.port)
    security.configure(&configuration)
    // Streams of proxies never end by themselves; the whole process is to end within a second.
    configuration.shutdownGrace = .milliseconds(200)
    let budget = DescriptorBudget.claim()
    configuration.maximumConnections = budget.proxies
    if budget.proxies < Self.usualProxies {
      logger.warning(
        """
        at most \(budget.proxies) proxies can be connected: this process may open few files (ulimit -n); raise the limit \
        if there are more
        """)
    }
    xds = GRPCServer(
      configuration: configuration, router: router, group: MultiThreadedEventLoopGroup.singleton, logger: logger)

    admin = AdminServer(
      configuration: .init(
        metricsAddress: addresses.metrics, healthAddress: addresses.health, adminAddress: addresses.admin,
        maximumConnections: budget.httpClients),
      registry: metrics.registry, readiness: { awaited() + (await reconciler.awaited) },
      pages: StatePages.all(reconciler: reconciler, snapshots: snapshots), logger: logger)
  }

  /// Metrics that know what this program is.
  ///
  /// - Parameter nativeHistograms: whether native histograms are kept, too.
  static func makeMetrics(nativeHistograms: Bool) -> ControlPlaneMetrics {
    ControlPlaneMetrics(
      registry: MetricsRegistry(nativeHistograms: nativeHistograms),
      build: BuildInformation(
        version: Version.number, commit: Version.commit, swiftVersion: Version.swift, envoyVersion: Version.envoy))
  }

  /// Serves proxies that connect from now on with another certificate; those that are connected notice nothing.
  /// - Throws: `GRPCServerError` if it cannot be used; the one before stays in use.
  func replaceTLS(_ tls: TLSConfiguration) throws(GRPCServerError) { try xds.replaceTLS(tls) }

  /// Begins to listen for proxies.
  /// - Returns: the port, which the system chose if 0 was asked for.
  /// - Throws: `GRPCServerError` if the address cannot be listened on.
  func listen() async throws -> Int { try await xds.start().port ?? 0 }

  /// Runs until SIGTERM or SIGINT, or until a part fails. Streams are then closed with GOAWAY.
  /// - Parameters:
  ///   - source: where the objects come from.
  ///   - others: what else is to run, ended first.
  func run(source: any ResourceSource, others: [any Service]) async throws {
    let services: [any Service] =
      [admin, XDSService(server: xds), ReconcilerService(reconciler: reconciler)]
      + [SourceService(source: source, reconciler: reconciler)] + replicas + others
    var configuration = ServiceGroupConfiguration(
      services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
      gracefulShutdownSignals: [.sigterm, .sigint], logger: quietLogger)
    configuration.maximumGracefulShutdownDuration = .milliseconds(900)
    do {
      try await ServiceGroup(configuration: configuration).run()
    } catch let error as ServiceGroupError {
      logger.debug("ended: \(error)")
    }
    logger.notice("ended")
  }

  /// The library tells of every service's start and end; only its troubles matter here.
  private var quietLogger: Logger {
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .error)
    return quiet
  }
}

/// The xDS server as a service.
private struct XDSService: Service {
  let server: GRPCServer

  func run() async throws {
    try await withGracefulShutdownHandler {
      try await server.run()
    } onGracefulShutdown: {
      server.beginGracefulShutdown()
    }
  }
}

private struct ReconcilerService: Service {
  let reconciler: Reconciler

  func run() async throws { await cancelWhenGracefulShutdown { await reconciler.run() } }
}

private struct SourceService: Service {
  let source: any ResourceSource
  let reconciler: Reconciler

  func run() async throws {
    do {
      try await cancelWhenGracefulShutdown { try await source.run(into: reconciler) }
    } catch is CancellationError {
      // The end that was asked for.
    }
  }
}
