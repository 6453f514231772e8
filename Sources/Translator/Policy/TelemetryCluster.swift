import EnvoyAPI
import SwiftProtobuf

/// The clusters to which proxies send logs and spans.
enum TelemetryCluster {
  /// The cluster of an entry of the control plane's own list, `static~NAME`.
  static func make(_ cluster: StaticCluster, settings: TranslatorSettings) -> Envoy_Config_Cluster_V3_Cluster {
    make("static~\(cluster.name)", HostPort(host: cluster.host, port: cluster.port), settings)
  }

  /// The cluster of the receiver of spans, `tracing~HOST~PORT`, by the address that the policy names.
  static func make(tracing address: HostPort, settings: TranslatorSettings) -> Envoy_Config_Cluster_V3_Cluster {
    make("tracing~\(address.host)~\(address.port)", address, settings)
  }

  /// gRPC to one of these clusters.
  static func grpcService(_ cluster: Envoy_Config_Cluster_V3_Cluster) -> Envoy_Config_Core_V3_GrpcService {
    .with { $0.envoyGrpc.clusterName = cluster.name }
  }

  private static func make(
    _ name: String, _ address: HostPort, _ settings: TranslatorSettings
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
      cluster.typedExtensionProtocolOptions = ["envoy.extensions.upstreams.http.v3.HttpProtocolOptions": http2]
    }
  }

  /// HTTP/2 with prior knowledge, and pings that find a receiver which is gone without a word: telemetry keeps one
  /// connection open for hours.
  private static let http2 = Google_Protobuf_Any(
    packing: Envoy_Extensions_Upstreams_Http_V3_HttpProtocolOptions.with {
      $0.explicitHTTPConfig.http2ProtocolOptions.connectionKeepalive.interval = .init(seconds: 30)
      $0.explicitHTTPConfig.http2ProtocolOptions.connectionKeepalive.timeout = .init(seconds: 5)
    })
}
