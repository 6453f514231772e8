/// What the operator of the control plane sets for all Gateways.
package struct TranslatorSettings: Hashable, Sendable {
  /// The clusters that policies may name with `staticClusterName`.
  package var staticClusters: [StaticCluster]
  /// Addresses that are replaced wherever a policy or a static cluster names them.
  package var resolve: [HostPort: HostPort]
  /// Under which statuses are written (`spec.controllerName` of the GatewayClasses that are served).
  package var controllerName: String
  /// Of the traces that begin at a proxy, where the tracing of a policy leaves the sampling open.
  package var defaultSamplingRate: SamplingRate
  /// Where proxies bind the ports of listeners.
  package var portBinding: PortBinding
  /// Whether proxies measure requests, where no policy says it.
  package var measuresRequests: Bool

  package init(
    staticClusters: [StaticCluster] = [], resolve: [HostPort: HostPort] = [:],
    controllerName: String = "kgateway.dev/kgateway", defaultSamplingRate: SamplingRate = .all,
    portBinding: PortBinding = .direct, measuresRequests: Bool = true
  ) {
    self.staticClusters = staticClusters
    self.resolve = resolve
    self.controllerName = controllerName
    self.defaultSamplingRate = defaultSamplingRate
    self.portBinding = portBinding
    self.measuresRequests = measuresRequests
  }
}

/// A receiver of telemetry that the control plane's own settings name.
package struct StaticCluster: Hashable, Sendable {
  package enum WireProtocol: String, CaseIterable, Hashable, Sendable {
    /// OpenTelemetry's protocol over gRPC.
    case otlp
    /// OpenTelemetry's protocol over HTTP, in protobuf.
    case otlpHTTP = "otlp-http"
    /// Envoy's own access log service.
    case als
  }

  package var name: String
  /// A host name or an IP address.
  package var host: String
  /// 1...65535.
  package var port: Int
  package var wireProtocol: WireProtocol

  package init(name: String, host: String, port: Int, wireProtocol: WireProtocol = .otlp) {
    self.name = name
    self.host = host
    self.port = port
    self.wireProtocol = wireProtocol
  }
}

/// A host with a port: `otel-collector.telemetry:4317`, `[::1]:4317`.
package struct HostPort: Hashable, Sendable, CustomStringConvertible {
  /// A host name or an IP address; an IPv6 address has no brackets here.
  package var host: String
  /// 1...65535.
  package var port: Int

  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads `HOST:PORT`, an IPv6 host in brackets; nil for anything else.
  package init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...]
    guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let port = Int(digits), (1...65535).contains(port)
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || "[]/@".contains($0) }) else { return nil }
    self.init(host: String(host), port: port)
  }

  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
