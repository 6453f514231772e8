import HTTPTypes
package import Logging
import NIOCore
package import PrometheusMetrics
import ServiceLifecycle
import Synchronization

/// Serves the control plane's metrics and its health over HTTP, each on a listener of its own.
///
/// | listener | path | answer |
/// |---|---|---|
/// | metrics | `/metrics` | the registry in Prometheus' text format 0.0.4, or, where it keeps native histograms and the client prefers that, as protobuf |
/// | health | `/healthz` | 200 as long as the process answers |
/// | health | `/readyz` | 200, or 503 with a line for each thing that is still awaited |
package struct AdminServer: Service {
  /// Where to listen.
  package struct Configuration: Sendable {
    /// Where `/metrics` is.
    package var metricsAddress: ListenAddress
    /// Where `/healthz` and `/readyz` are.
    package var healthAddress: ListenAddress

    /// The two addresses; port 0 takes a free port.
    package init(metricsAddress: ListenAddress, healthAddress: ListenAddress) {
      self.metricsAddress = metricsAddress
      self.healthAddress = healthAddress
    }
  }

  /// The ports that are listened on.
  package struct Ports: Sendable, Hashable {
    /// Of `/metrics`.
    package let metrics: Int
    /// Of `/healthz` and `/readyz`.
    package let health: Int
  }

  private let configuration: Configuration
  private let registry: MetricsRegistry
  private let readiness: @Sendable () async -> [String]
  private let onListening: @Sendable (Ports) async -> Void
  private let logger: Logger

  /// - Parameters:
  ///   - readiness: what is still awaited before the process is ready, a few words each ("first sync of HTTPRoute");
  ///     nothing if it is ready. Asked at each request, so it must be quick.
  ///   - onListening: called once, when both listeners are there.
  package init(
    configuration: Configuration, registry: MetricsRegistry, readiness: @escaping @Sendable () async -> [String],
    onListening: @escaping @Sendable (Ports) async -> Void = { _ in }, logger: Logger
  ) {
    self.configuration = configuration
    self.registry = registry
    self.readiness = readiness
    self.onListening = onListening
    self.logger = logger
  }

  /// Serves until the task is cancelled or a graceful shutdown is begun.
  ///
  /// - Throws: `ListenFailure` if an address cannot be listened on.
  package func run() async throws {
    let listening = ListeningPorts(onBoth: onListening)
    let metrics = HTTPListener(
      purpose: "metrics", address: configuration.metricsAddress, logger: logger,
      onListening: { await listening.set(metrics: $0) },
      answer: { [registry, logger] path, accepted in
        path == "/metrics" ? .metrics(registry, accepted, logger) : nil
      })
    let health = HTTPListener(
      purpose: "health", address: configuration.healthAddress, logger: logger,
      onListening: { await listening.set(health: $0) },
      answer: { [readiness] path, _ in
        switch path {
        case "/healthz": .ok
        case "/readyz": .readiness(awaited: await readiness())
        default: nil
        }
      })
    try await withThrowingTaskGroup { group in
      group.addTask { try await metrics.run() }
      group.addTask { try await health.run() }
      // Not waitForAll(): it would wait for the other listener before it throws, without cancelling it.
      while try await group.next() != nil {}
    }
  }
}

/// Gathers the ports of the two listeners, which come up in any order.
private final class ListeningPorts: Sendable {
  private let ports = Mutex<(metrics: Int?, health: Int?)>((nil, nil))
  private let onBoth: @Sendable (AdminServer.Ports) async -> Void

  init(onBoth: @escaping @Sendable (AdminServer.Ports) async -> Void) {
    self.onBoth = onBoth
  }

  func set(metrics: Int? = nil, health: Int? = nil) async {
    let both = ports.withLock { ports -> AdminServer.Ports? in
      ports.metrics = metrics ?? ports.metrics
      ports.health = health ?? ports.health
      guard let metrics = ports.metrics, let health = ports.health else { return nil }
      return AdminServer.Ports(metrics: metrics, health: health)
    }
    if let both { await onBoth(both) }
  }
}

extension HTTPAnswer {
  fileprivate static let ok = HTTPAnswer(status: .ok, text: "ok\n")

  /// Protobuf is offered only where there are native histograms to gain by it: a Prometheus that gets those drops the
  /// classic buckets that queries with `_bucket` need.
  fileprivate static func metrics(
    _ registry: MetricsRegistry, _ accepted: AcceptHeader, _ logger: Logger
  ) -> HTTPAnswer {
    let format = accepted.preferred(among: registry.hasNativeHistograms ? [.text, .protobuf] : [.text])
    do {
      let bytes = try registry.exposition(as: format)
      return HTTPAnswer(status: .ok, contentType: format.contentType, body: ByteBuffer(bytes: bytes))
    } catch {
      logger.error("cannot write the metrics as \(format): \(error)")
      return HTTPAnswer(status: .internalServerError, text: "the metrics cannot be written as \(format)\n")
    }
  }

  fileprivate static func readiness(awaited: [String]) -> HTTPAnswer {
    guard !awaited.isEmpty else { return .ok }
    let lines = awaited.map { "waiting for: \($0)\n" }
    return HTTPAnswer(status: .serviceUnavailable, text: lines.joined())
  }
}
