import HTTPTypes
package import Logging
import NIOCore
package import PrometheusMetrics
import ServiceLifecycle
import Synchronization

/// Serves the control plane's metrics and its health over HTTP, each on a listener of its own, and where it is asked for
/// pages about its state on a third.
///
/// | listener | path | answer |
/// |---|---|---|
/// | metrics | `/metrics` | the registry in Prometheus' text format 0.0.4, or, where it keeps native histograms and the client prefers that, as protobuf |
/// | health | `/healthz` | 200 as long as the process answers |
/// | health | `/readyz` | 200, or 503 with a line for each thing that is still awaited |
/// | admin | those of the pages | plain text |
package struct AdminServer: Service {
  /// Where to listen.
  package struct Configuration: Sendable {
    /// Where `/metrics` is.
    package var metricsAddress: ListenAddress
    /// Where `/healthz` and `/readyz` are.
    package var healthAddress: ListenAddress
    /// Where the pages are; nil for nowhere.
    package var adminAddress: ListenAddress?
    /// How many connections each listener may have; more wait until one of them ends.
    package var maximumConnections: Int

    /// The addresses; port 0 takes a free port.
    package init(
      metricsAddress: ListenAddress, healthAddress: ListenAddress, adminAddress: ListenAddress? = nil,
      maximumConnections: Int = 256
    ) {
      self.maximumConnections = maximumConnections
      self.metricsAddress = metricsAddress
      self.healthAddress = healthAddress
      self.adminAddress = adminAddress
    }
  }

  /// The text of a page, made at each request.
  package typealias Page = @Sendable () async -> String

  /// The ports that are listened on.
  package struct Ports: Sendable, Hashable {
    /// Of `/metrics`.
    package let metrics: Int
    /// Of `/healthz` and `/readyz`.
    package let health: Int
    /// Of the pages; nil where there are none.
    package let admin: Int?
  }

  private let configuration: Configuration
  private let registry: MetricsRegistry
  private let readiness: @Sendable () async -> [String]
  private let pages: [String: Page]
  private let onListening: @Sendable (Ports) async -> Void
  private let logger: Logger

  /// - Parameters:
  ///   - readiness: what is still awaited before the process is ready, a few words each ("first sync of HTTPRoute");
  ///     nothing if it is ready. Asked at each request, so it must be quick.
  ///   - pages: what is shown at the admin address, by path.
  ///   - onListening: called once, when all listeners are there.
  package init(
    configuration: Configuration, registry: MetricsRegistry, readiness: @escaping @Sendable () async -> [String],
    pages: [String: Page] = [:], onListening: @escaping @Sendable (Ports) async -> Void = { _ in }, logger: Logger
  ) {
    self.configuration = configuration
    self.registry = registry
    self.readiness = readiness
    self.pages = pages
    self.onListening = onListening
    self.logger = logger
  }

  /// Serves until the task is cancelled or a graceful shutdown is begun.
  ///
  /// - Throws: `ListenFailure` if an address cannot be listened on.
  package func run() async throws {
    let listening = ListeningPorts(awaitsAdmin: configuration.adminAddress != nil, onAll: onListening)
    let metrics = HTTPListener(
      purpose: "metrics", address: configuration.metricsAddress,
      maximumConnections: configuration.maximumConnections, logger: logger,
      onListening: { await listening.set(metrics: $0) },
      answer: { [registry, logger] path, accepted in
        path == "/metrics" ? .metrics(registry, accepted, logger) : nil
      })
    let health = HTTPListener(
      purpose: "health", address: configuration.healthAddress,
      maximumConnections: configuration.maximumConnections, logger: logger,
      onListening: { await listening.set(health: $0) },
      answer: { [readiness] path, _ in
        switch path {
        case "/healthz": .ok
        case "/readyz": .readiness(awaited: await readiness())
        default: nil
        }
      })
    let admin = configuration.adminAddress.map { address in
      HTTPListener(
        purpose: "admin pages", address: address, maximumConnections: configuration.maximumConnections, logger: logger,
        onListening: { await listening.set(admin: $0) },
        answer: { [pages] path, _ in
          guard let page = pages[path] else { return nil }
          return HTTPAnswer(status: .ok, text: await page())
        })
    }
    try await withThrowingTaskGroup { group in
      for listener in [metrics, health] + (admin.map { [$0] } ?? []) {
        group.addTask { try await listener.run() }
      }
      // Not waitForAll(): it would wait for the other listener before it throws, without cancelling it.
      while try await group.next() != nil {}
    }
  }
}

/// Gathers the ports of the listeners, which come up in any order.
private final class ListeningPorts: Sendable {
  private let ports = Mutex<(metrics: Int?, health: Int?, admin: Int?)>((nil, nil, nil))
  private let awaitsAdmin: Bool
  private let onAll: @Sendable (AdminServer.Ports) async -> Void

  init(awaitsAdmin: Bool, onAll: @escaping @Sendable (AdminServer.Ports) async -> Void) {
    self.awaitsAdmin = awaitsAdmin
    self.onAll = onAll
  }

  func set(metrics: Int? = nil, health: Int? = nil, admin: Int? = nil) async {
    let all = ports.withLock { ports -> AdminServer.Ports? in
      ports.metrics = metrics ?? ports.metrics
      ports.health = health ?? ports.health
      ports.admin = admin ?? ports.admin
      guard let metrics = ports.metrics, let health = ports.health, ports.admin != nil || !awaitsAdmin else {
        return nil
      }
      return AdminServer.Ports(metrics: metrics, health: health, admin: ports.admin)
    }
    if let all { await onAll(all) }
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
