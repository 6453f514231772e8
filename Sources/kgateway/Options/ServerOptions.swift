import AdminServer
import ArgumentParser
import FoundationEssentials

/// Where a control plane listens. Each flag has an environment variable of the same name; the flag wins.
struct ServerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where proxies connect for their configuration (xDS over gRPC).",
      discussion: "Default: \(Default.xds). Environment: KGATEWAY_XDS_ADDRESS.", valueName: "host:port"))
  var xdsAddress: ListenAddress?

  @Option(
    help: ArgumentHelp(
      "Where /metrics is served, for Prometheus.",
      discussion: "Default: \(Default.metrics). Environment: KGATEWAY_METRICS_ADDRESS.", valueName: "host:port"))
  var metricsAddress: ListenAddress?

  @Option(
    help: ArgumentHelp(
      "Where /healthz and /readyz are served.",
      discussion: "Default: \(Default.health). Environment: KGATEWAY_HEALTH_ADDRESS.", valueName: "host:port"))
  var healthAddress: ListenAddress?

  @Option(
    help: ArgumentHelp(
      "Where /objects and /snapshots are served: which objects and which Envoy resources there are, in which version.",
      discussion: """
        Default: nowhere. Whoever reaches it reads the names of all objects that are watched, so keep it on the \
        loopback interface. Environment: KGATEWAY_ADMIN_ADDRESS.
        """, valueName: "host:port"))
  var adminAddress: ListenAddress?

  private enum Default {
    static let xds = ListenAddress(host: "0.0.0.0", port: 9977)
    static let metrics = ListenAddress(host: "0.0.0.0", port: 9092)
    static let health = ListenAddress(host: "0.0.0.0", port: 9093)
  }

  /// The addresses after flags, environment and defaults.
  struct Resolved {
    var xds: ListenAddress
    var metrics: ListenAddress
    var health: ListenAddress
    /// Nil for nowhere.
    var admin: ListenAddress?
  }

  /// - Parameter loopback: defaults to the loopback interface, for a control plane that serves this machine only.
  /// - Throws: `ValidationError` naming the environment variable whose value is no address.
  func resolved(loopback: Bool) throws -> Resolved {
    func given(_ flag: ListenAddress?, _ variable: String, _ example: ListenAddress) throws -> ListenAddress? {
      if let flag { return flag }
      guard let value = ProcessInfo.processInfo.environment[variable] else { return nil }
      guard let address = ListenAddress(argument: value) else {
        throw ValidationError("\(variable)=\(value): expected HOST:PORT, for instance \(example)")
      }
      return address
    }
    func address(_ flag: ListenAddress?, _ variable: String, _ fallback: ListenAddress) throws -> ListenAddress {
      let other = loopback ? ListenAddress(host: "127.0.0.1", port: fallback.port) : fallback
      return try given(flag, variable, fallback) ?? other
    }
    return Resolved(
      xds: try address(xdsAddress, "KGATEWAY_XDS_ADDRESS", Default.xds),
      metrics: try address(metricsAddress, "KGATEWAY_METRICS_ADDRESS", Default.metrics),
      health: try address(healthAddress, "KGATEWAY_HEALTH_ADDRESS", Default.health),
      admin: try given(adminAddress, "KGATEWAY_ADMIN_ADDRESS", ListenAddress(host: "127.0.0.1", port: 9095)))
  }
}
