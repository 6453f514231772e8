import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

/// The clusters to which proxies send logs and spans.
enum TelemetryCluster {
  /// The cluster of an entry of the control plane's own list, `static~NAME`.
  ///
  /// - Parameter timeout: of a call over gRPC; names the cluster too, as it belongs to it.
  static func make(
    _ cluster: StaticCluster, settings: TranslatorSettings, timeout: Google_Protobuf_Duration? = nil
  ) -> Envoy_Config_Cluster_V3_Cluster {
    let speaksHTTP1 = cluster.wireProtocol == .otlpHTTP
    return make(
      "static~\(cluster.name)", HostPort(host: cluster.host, port: cluster.port), settings,
      speaksHTTP1: speaksHTTP1, timeout: speaksHTTP1 ? nil : timeout)
  }

  /// The cluster of the receiver of spans, `tracing~HOST~PORT`, by the address that the policy names.
  static func make(tracing address: HostPort, settings: TranslatorSettings) -> Envoy_Config_Cluster_V3_Cluster {
    make("tracing~\(address.host)~\(address.port)", address, settings)
  }

  /// The cluster of a Service's port, `telemetry~NAMESPACE~NAME~PORT`. Not that of routes to the same port: it speaks
  /// HTTP/2 whatever the Service says of itself, and has no filters that write trace headers.
  static func make(
    _ backend: Backend, speaksHTTP1: Bool, timeout: Google_Protobuf_Duration? = nil
  ) -> Envoy_Config_Cluster_V3_Cluster {
    let service = backend.endpoints.service
    return .with { cluster in
      cluster.name =
        "telemetry~\(service.namespace)~\(service.name)~\(backend.endpoints.port)\(speaksHTTP1 ? "~http" : suffix(timeout))"
      cluster.type = .eds
      cluster.edsClusterConfig = .with {
        $0.edsConfig = .aggregated
        $0.serviceName = backend.endpoints.resourceName
      }
      cluster.connectTimeout = .init(seconds: 5)
      if !speaksHTTP1 { setHTTP2(&cluster, timeout: timeout) }
    }
  }

  private static func make(
    _ name: String, _ address: HostPort, _ settings: TranslatorSettings, speaksHTTP1: Bool = false,
    timeout: Google_Protobuf_Duration? = nil
  ) -> Envoy_Config_Cluster_V3_Cluster {
    let name = name + suffix(timeout)
    let target = settings.resolve[address] ?? address
    return .with { cluster in
      cluster.name = name
      cluster.type = IPAddress.isValid(target.host) ? .static : .strictDns
      cluster.connectTimeout = .init(seconds: 5)
      cluster.loadAssignment.clusterName = name
      cluster.loadAssignment.endpoints = [
        .with { locality in
          locality.lbEndpoints = [
            .with {
              $0.endpoint.address.socketAddress.address = target.host
              $0.endpoint.address.socketAddress.portValue = UInt32(target.port)
            }
          ]
        }
      ]
      if !speaksHTTP1 { setHTTP2(&cluster, timeout: timeout) }
    }
  }

  private static func suffix(_ timeout: Google_Protobuf_Duration?) -> String {
    timeout.map { "~timeout-\($0.seconds * 1000 + Int64($0.nanos / 1_000_000))ms" } ?? ""
  }

  /// HTTP/2 with prior knowledge, and pings that find a receiver which is gone without a word: telemetry keeps one
  /// connection open for hours.
  private static func setHTTP2(
    _ cluster: inout Envoy_Config_Cluster_V3_Cluster, timeout: Google_Protobuf_Duration?
  ) {
    let options = Envoy_Extensions_Upstreams_Http_V3_HttpProtocolOptions.with {
      $0.explicitHTTPConfig.http2ProtocolOptions.connectionKeepalive.interval = .init(seconds: 30)
      $0.explicitHTTPConfig.http2ProtocolOptions.connectionKeepalive.timeout = .init(seconds: 5)
      if let timeout { $0.commonHTTPProtocolOptions.maxStreamDuration = timeout }
    }
    cluster.typedExtensionProtocolOptions = [
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": Google_Protobuf_Any(packing: options)
    ]
  }
}
