import ArgumentParser
import Translator

/// What the translation is told by the command line and not by an object.
struct TranslationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A log receiver that policies name with staticClusterName; may be repeated.",
      discussion: """
        protocol=otlp (the default) speaks OpenTelemetry's OTLP over gRPC, protocol=otlp-http the same over HTTP, \
        protocol=als Envoy's own access-log service. Naming one replaces the default: \(StaticClusterArgument.standard).
        """, valueName: "name=host:port[,protocol=otlp|otlp-http|als]"))
  var staticCluster: [StaticClusterArgument] = [.standard]

  @Option(
    help: ArgumentHelp(
      "How many percent of the traces that begin at a proxy are kept, where a policy's tracing says nothing of sampling.",
      discussion: "A policy's own samplingRate, percentages or sampler go before it.", valueName: "percent"),
    transform: Self.samplingRate)
  var defaultSamplingRate = SamplingRate.all

  @Flag(
    inversion: .prefixedNo,
    help: ArgumentHelp(
      "Whether proxies measure requests (agentgateway_http_requests_total and its like), where no policy says it.",
      discussion: "A policy's own metrics go before it."))
  var requestMetrics = true

  private static func samplingRate(_ argument: String) throws -> SamplingRate {
    guard let percentage = Double(argument) else {
      throw ValidationError("\"\(argument)\" is no number; use one from 0 to 100, as 10 for one trace in ten")
    }
    do throws(SamplingRate.Fault) {
      return try SamplingRate(percentage: percentage)
    } catch {
      throw ValidationError(error.message)
    }
  }

  func validate() throws {
    let names = staticCluster.map(\.cluster.name)
    if let twice = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
      throw ValidationError("--static-cluster \(twice) is given twice; remove one")
    }
  }

  /// - Parameter resolve: addresses that stand for others, see ``ResolveOptions``.
  func settings(resolve: [HostPort: HostPort] = [:]) -> TranslatorSettings {
    TranslatorSettings(
      staticClusters: staticCluster.map(\.cluster), resolve: resolve, controllerName: ControllerIdentity.controllerName,
      defaultSamplingRate: defaultSamplingRate, measuresRequests: requestMetrics)
  }
}

/// For a machine without the cluster's DNS: other addresses for those that policies name.
struct ResolveOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Use the second address wherever a policy or static cluster names the first; may be repeated.",
      discussion: "For instance otel-collector.telemetry:4317=127.0.0.1:4317.",
      valueName: "host:port=host:port"))
  var resolve: [ResolveArgument] = []

  var addresses: [HostPort: HostPort] {
    Dictionary(resolve.map { ($0.from, $0.to) }, uniquingKeysWith: { _, last in last })
  }
}

/// Who this control plane is towards the Kubernetes API.
enum ControllerIdentity {
  /// What a GatewayClass names in `spec.controllerName` to be served here.
  static let controllerName = "kgateway.dev/kgateway"
  /// The GatewayClasses that an installation has.
  static let classNames = ["kgateway", "agentgateway"]
}

/// `NAME=HOST:PORT[,protocol=otlp|otlp-http|als]`.
struct StaticClusterArgument: ExpressibleByArgument, CustomStringConvertible {
  let cluster: StaticCluster
  let description: String

  /// The logs collector of the observability guide.
  static let standard = StaticClusterArgument(
    cluster: StaticCluster(
      name: "otel-collector", host: "opentelemetry-collector-logs.telemetry", port: 4317, wireProtocol: .otlp),
    description: "otel-collector=opentelemetry-collector-logs.telemetry:4317,protocol=otlp")

  private init(cluster: StaticCluster, description: String) {
    self.cluster = cluster
    self.description = description
  }

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let head = parts[0].split(separator: "=", maxSplits: 1)
    guard head.count == 2, !head[0].isEmpty, let address = HostPort(String(head[1])) else { return nil }
    var wireProtocol = StaticCluster.WireProtocol.otlp
    for option in parts.dropFirst() {
      guard option.hasPrefix("protocol="),
        let named = StaticCluster.WireProtocol(rawValue: String(option.dropFirst("protocol=".count)))
      else { return nil }
      wireProtocol = named
    }
    cluster = StaticCluster(name: String(head[0]), host: address.host, port: address.port, wireProtocol: wireProtocol)
    description = argument
  }
}

/// `HOST:PORT=HOST:PORT`.
struct ResolveArgument: ExpressibleByArgument {
  let from: HostPort
  let to: HostPort

  init?(argument: String) {
    let sides = argument.split(separator: "=")
    guard sides.count == 2, let from = HostPort(String(sides[0])),
      let to = HostPort(String(sides[1]))
    else { return nil }
    self.from = from
    self.to = to
  }
}
