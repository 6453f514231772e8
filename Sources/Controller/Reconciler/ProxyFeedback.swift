package import Logging
package import PrometheusMetrics
package import XDS

/// What proxies answer, as metrics and log lines.
package struct ProxyFeedback: XDSObserver {
  private let metrics: ControlPlaneMetrics
  private let logger: Logger

  package init(metrics: ControlPlaneMetrics, logger: Logger) {
    self.metrics = metrics
    self.logger = logger
  }

  package func streamOpened(_ gateway: GatewayID, node: String) {
    metrics.connectedProxies.add(1)
    logger.info("proxy \(node) of Gateway \(gateway) connected", metadata: ["gateway": "\(gateway)"])
  }

  package func streamClosed(_ gateway: GatewayID, node: String) {
    metrics.connectedProxies.add(-1)
    logger.info("proxy \(node) of Gateway \(gateway) disconnected", metadata: ["gateway": "\(gateway)"])
  }

  package func pushed(_ type: ResourceType, to gateway: GatewayID) { metrics.xdsPushes[type.label].increment() }

  package func acknowledged(_ type: ResourceType, by gateway: GatewayID, version: String) {
    metrics.xdsAcks[type.label].increment()
    logger.debug("\(type) \(version) acknowledged", metadata: ["gateway": "\(gateway)"])
  }

  package func rejected(_ rejection: XDSRejection) {
    metrics.xdsNacks[rejection.type.label].increment()
    let names = rejection.names.isEmpty ? "a resource" : rejection.names.joined(separator: ", ")
    logger.error(
      """
      proxy \(rejection.node) of Gateway \(rejection.gateway) refuses \(rejection.type.label.rawValue) \(names) and keeps \
      what it had: \(rejection.message)
      """, metadata: ["gateway": "\(rejection.gateway)"])
  }

  package func converged(_ gateway: GatewayID, after duration: Duration) {
    let seconds = duration / .seconds(1)
    metrics.configPropagation.observe(duration)
    logger.info(
      "all proxies of Gateway \(gateway) run the newest configuration, \(Int((seconds * 1000).rounded())) ms after the change",
      metadata: ["gateway": "\(gateway)"])
  }
}

extension ResourceType {
  /// The value of the label `type` in metrics.
  var label: XDSTypeLabel {
    switch self {
    case .cluster: .cluster
    case .endpoint: .endpoint
    case .listener: .listener
    case .route: .route
    }
  }
}
