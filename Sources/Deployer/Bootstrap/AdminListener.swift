import EnvoyAPI
import SwiftProtobuf
import Translator

private typealias HTTPConnectionManager =
  Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpConnectionManager

/// A listener that shows one page of a proxy's admin interface to the network, and nothing else of it: the rest can end
/// the proxy, drain it, and tell what it holds.
struct AdminListener {
  /// Also the prefix of its statistics.
  let name: String
  let port: Int
  /// What is asked for, without a query: `/metrics`.
  let path: String
  /// The page of the admin interface.
  let page: String

  static let cluster = "admin"

  var message: Envoy_Config_Listener_V3_Listener {
    .with {
      $0.name = name
      $0.address.socketAddress.address = "0.0.0.0"
      $0.address.socketAddress.portValue = UInt32(clamping: port)
      // Who watches a proxy wants to know most of all when it is short of memory, or has too many clients.
      $0.bypassOverloadManager = true
      $0.ignoreGlobalConnLimit = true
      $0.filterChains = [
        .with {
          $0.filters = [
            .with {
              $0.name = "envoy.filters.network.http_connection_manager"
              $0.typedConfig = Google_Protobuf_Any(packing: connectionManager)
            }
          ]
        }
      ]
    }
  }

  private var connectionManager: HTTPConnectionManager {
    .with {
      $0.statPrefix = name
      $0.streamIdleTimeout = Google_Protobuf_Duration(seconds: 30)
      $0.requestHeadersTimeout = Google_Protobuf_Duration(seconds: 5)
      $0.requestTimeout = Google_Protobuf_Duration(seconds: 5)
      $0.routeConfig.name = name
      $0.routeConfig.virtualHosts = [
        .with {
          $0.name = name
          $0.domains = ["*"]
          $0.routes = routes
        }
      ]
      $0.httpFilters = [
        .with {
          $0.name = "envoy.filters.http.router"
          $0.typedConfig = Google_Protobuf_Any(packing: Envoy_Extensions_Filters_Http_Router_V3_Router())
        }
      ]
    }
  }

  private var routes: [Envoy_Config_Route_V3_Route] {
    [
      .with {
        // The path of a match has no query, the header has: the admin page's own parameters are not for everyone.
        $0.match.path = path
        $0.match.headers = [Self.header(":path", path), Self.header(":method", "GET")]
        $0.route.cluster = Self.cluster
        $0.route.prefixRewrite = page
      },
      .with {
        $0.match.path = path
        $0.match.headers = [Self.header(":path", path)]
        $0.directResponse.status = 405
      },
      .with {
        $0.match.prefix = "/"
        $0.directResponse.status = 404
      },
    ]
  }

  private static func header(_ name: String, _ value: String) -> Envoy_Config_Route_V3_HeaderMatcher {
    .with {
      $0.name = name
      $0.stringMatch.exact = value
    }
  }
}
