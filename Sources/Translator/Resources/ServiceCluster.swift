import EnvoyAPI
import SwiftProtobuf

private typealias HTTPProtocolOptions = Envoy_Extensions_Upstreams_Http_V3_HttpProtocolOptions

/// The cluster of a Service's port, in the variant of one port's policies.
enum ServiceCluster {
  static func cluster(_ backend: Backend, plan: ListenerPolicyPlan) -> Envoy_Config_Cluster_V3_Cluster {
    .with {
      $0.name = ResourceName.cluster(backend.endpoints, variant: plan.clusterVariant)
      // Logs, spans and stats name the cluster of the Service, whatever its variant.
      if plan.clusterVariant != nil { $0.altStatName = backend.endpoints.resourceName }
      $0.type = .eds
      $0.edsClusterConfig = .with {
        $0.edsConfig = .aggregated
        // The same for every variant, so that an endpoint is sent once. A cluster without the name asks for its own.
        $0.serviceName = backend.endpoints.resourceName
      }
      $0.connectTimeout = Google_Protobuf_Duration(seconds: 5)
      // Requests differ widely in cost, so the number that is open tells more than taking turns.
      $0.lbPolicy = .leastRequest
      if backend.upstream == .http2 || plan.clusterVariant != nil {
        $0.typedExtensionProtocolOptions["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"] =
          Google_Protobuf_Any(packing: protocolOptions(backend.upstream, plan))
      }
    }
  }

  private static func protocolOptions(_ upstream: UpstreamProtocol, _ plan: ListenerPolicyPlan) -> HTTPProtocolOptions {
    .with {
      $0.explicitHTTPConfig = .with {
        switch upstream {
        case .http1:
          $0.httpProtocolOptions = .with { if plan.preservesHeaderCase { $0.headerKeyFormat = .preservingCase } }
        case .http2: $0.http2ProtocolOptions = Envoy_Config_Core_V3_Http2ProtocolOptions()
        }
      }
      guard !plan.upstreamHTTPFilters.isEmpty else { return }
      $0.httpFilters = plan.upstreamHTTPFilters
      $0.httpFilters.append(
        .with {
          $0.name = "envoy.filters.http.upstream_codec"
          $0.typedConfig = Google_Protobuf_Any(packing: Envoy_Extensions_Filters_Http_UpstreamCodec_V3_UpstreamCodec())
        })
    }
  }
}
