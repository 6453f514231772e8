import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

private typealias HTTPConnectionManager =
  Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpConnectionManager
private typealias HTTPFilter = Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpFilter

/// Makes Envoy's listener for all HTTP listeners of a Gateway on one port.
enum HTTPListenerBuilder {
  /// - Parameters:
  ///   - port: the Gateway's, by which the listener is known.
  ///   - bound: the proxy's, on which it listens.
  static func listener(
    port: Int, bound: Int, gateway: NamespacedName, plan: ListenerPolicyPlan
  ) -> Envoy_Config_Listener_V3_Listener {
    .with {
      $0.name = ResourceName.listener(port: port)
      $0.address.socketAddress = .with {
        // Not `::` with IPv4 as well: binding that fails where the kernel has no IPv6.
        $0.address = "0.0.0.0"
        $0.portValue = UInt32(clamping: bound)
      }
      $0.filterChains = [
        .with {
          $0.filters = plan.metrics.networkFilters(listener: ResourceName.listener(port: port))
          $0.filters.append(
            .with {
              $0.name = "envoy.filters.network.http_connection_manager"
              $0.typedConfig = Google_Protobuf_Any(packing: connectionManager(port: port, gateway: gateway, plan: plan))
            })
        }
      ]
    }
  }

  private static func connectionManager(
    port: Int, gateway: NamespacedName, plan: ListenerPolicyPlan
  ) -> HTTPConnectionManager {
    .with {
      $0.statPrefix = ResourceName.listener(port: port)
      $0.rds = .with {
        $0.configSource = .aggregated
        $0.routeConfigName = ResourceName.routeConfiguration(port: port)
      }
      $0.accessLog =
        plan.accessLog + plan.metrics.accessLogs(listener: ResourceName.listener(port: port), gateway: gateway)
      if let tracing = plan.tracing { $0.tracing = tracing }
      $0.earlyHeaderMutationExtensions = plan.earlyHeaderMutations
      hardenEdge(&$0)
      $0.httpFilters = plan.metrics.httpFilters()
      $0.httpFilters.append(
        .with {
          $0.name = "envoy.filters.http.router"
          $0.typedConfig = Google_Protobuf_Any(packing: Envoy_Extensions_Filters_Http_Router_V3_Router())
        })
      for setting in plan.settings { setting.apply(to: &$0) }
    }
  }

  /// Clients are not trusted: their address is that of the connection, a path means the same to Envoy and to the
  /// backends however it is written, and one connection cannot hold much memory (Envoy, "Configuring Envoy as an edge
  /// proxy").
  private static func hardenEdge(_ manager: inout HTTPConnectionManager) {
    manager.useRemoteAddress = true
    manager.normalizePath = true
    manager.mergeSlashes = true
    manager.pathWithEscapedSlashesAction = .unescapeAndRedirect
    manager.http2ProtocolOptions = .with {
      $0.maxConcurrentStreams = 100
      $0.initialStreamWindowSize = 65_536
      $0.initialConnectionWindowSize = 1_048_576
    }
  }
}

extension Envoy_Config_Core_V3_ConfigSource {
  /// The stream on which this resource itself came.
  static var aggregated: Self {
    .with {
      $0.ads = Envoy_Config_Core_V3_AggregatedConfigSource()
      $0.resourceApiVersion = .v3
    }
  }
}
