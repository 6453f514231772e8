import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

/// The clusters to which proxies send logs and spans.
enum TelemetryCluster {
  /// The cluster of an entry of the control plane's own list, `static~NAME`.
  static func make(_ cluster: StaticCluster, settings: TranslatorSettings) -> Envoy_Config_Cluster_V3_Cluster {
    make(
      "static~\(cluster.name)", HostPort(host: cluster.host, port: cluster.port), settings,
      speaksHTTP1: cluster.wireProtocol == .otlpHTTP)
  }

  /// The cluster of the receiver of spans, `tracing~HOST~PORT`, by the address that the policy names.
  static func make(tracing address: HostPort, settings: TranslatorSettings) -> Envoy_Config_Cluster_V3_Cluster {
    make("tracing~\(address.host)~\(address.port)", address, settings)
  }

  /// The cluster of a Service's port, `telemetry~NAMESPACE~NAME~PORT`. Not that of routes to the same port: it speaks
  /// HTTP/2 whatever the Service says of itself, and has no filters that write trace headers.
  static func make(_ backend: Backend, speaksHTTP1: Bool) -> Envoy_Config_Cluster_V3_Cluster {
    let service = backend.endpoints.service
    return .with { cluster in
      cluster.name =
        "telemetry~\(service.namespace)~\(service.name)~\(backend.endpoints.port)\(speaksHTTP1 ? "~http" : "")"
      cluster.type = .eds
      cluster.edsClusterConfig = .with {
        $0.edsConfig = .aggregated
        $0.serviceName = backend.endpoints.resourceName
      }
      cluster.connectTimeout = .init(seconds: 5)
      if !speaksHTTP1 { setHTTP2(&cluster) }
    }
  }

  private static func make(
    _ name: String, _ address: HostPort, _ settings: TranslatorSettings, speaksHTTP1: Bool = false
  ) -> Envoy_Config_Cluster_V3_Cluster {
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
      if !speaksHTTP1 { setHTTP2(&cluster) }
    }
  }

  private static func setHTTP2(_ cluster: inout Envoy_Config_Cluster_V3_Cluster) {
    cluster.typedExtensionProtocolOptions = ["envoy.extensions.upstreams.http.v3.HttpProtocolOptions": http2]
  }

  /// HTTP/2 with prior knowledge, and pings that find a receiver which is gone without a word: telemetry keeps one
  /// connection open for hours.
  private static let http2 = Google_Protobuf_Any(
    packing: Envoy_Extensions_Upstreams_Http_V3_HttpProtocolOptions.with {
      $0.explicitHTTPConfig.http2ProtocolOptions.connectionKeepalive.interval = .init(seconds: 30)
      $0.explicitHTTPConfig.http2ProtocolOptions.connectionKeepalive.timeout = .init(seconds: 5)
    })
}
