package import EnvoyAPI
package import KubernetesAPI
import SwiftProtobuf

private typealias HTTPConnectionManager =
  Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpConnectionManager

/// A Gateway's whole configuration as one static bootstrap, which needs no control plane: for `envoy --mode validate`,
/// and for looking at a configuration in a single file.
package enum StaticBootstrap {
  /// Puts routes into their listeners and endpoints into their clusters.
  ///
  /// - Parameter endpoints: the endpoint resource for a reference.
  /// - Throws: SwiftProtobuf's error if a listener of the configuration is damaged.
  package static func bootstrap(
    of configuration: ProxyConfiguration, gateway: NamespacedName,
    endpoints: (EndpointReference) -> Envoy_Config_Endpoint_V3_ClusterLoadAssignment
  ) throws -> Envoy_Config_Bootstrap_V3_Bootstrap {
    let routes = Dictionary(configuration.routes.map { ($0.name, $0) }) { first, _ in first }
    let assignments = Dictionary(
      configuration.endpointReferences.map { ($0.resourceName, endpoints($0)) }
    ) { first, _ in first }
    return try .with {
      $0.node.id = gateway.name
      $0.node.cluster = gateway.description
      $0.layeredRuntime = ProxyRuntime.layers
      ProxyStatistics.configure(&$0, gateway: gateway)
      $0.staticResources.listeners = try configuration.listeners.map { try inline(routes, into: $0) }
      $0.staticResources.clusters = configuration.clusters.map { inline(assignments, into: $0) }
    }
  }

  private static func inline(
    _ routes: [String: Envoy_Config_Route_V3_RouteConfiguration], into listener: Envoy_Config_Listener_V3_Listener
  ) throws -> Envoy_Config_Listener_V3_Listener {
    var listener = listener
    for chain in listener.filterChains.indices {
      for filter in listener.filterChains[chain].filters.indices {
        let packed = listener.filterChains[chain].filters[filter].typedConfig
        guard packed.isA(HTTPConnectionManager.self) else { continue }
        var manager = try HTTPConnectionManager(unpackingAny: packed)
        guard case .rds(let rds) = manager.routeSpecifier, var route = routes[rds.routeConfigName] else { continue }
        // Envoy checks the clusters of a static route configuration unless told otherwise, and the one for backends
        // that do not resolve is missing on purpose.
        route.validateClusters = false
        manager.routeConfig = route
        manager.accessLog = try manager.accessLog.map { try $0.withoutSharedCounts() }
        listener.filterChains[chain].filters[filter].typedConfig = Google_Protobuf_Any(packing: manager)
      }
    }
    return listener
  }

  private static func inline(
    _ assignments: [String: Envoy_Config_Endpoint_V3_ClusterLoadAssignment],
    into cluster: Envoy_Config_Cluster_V3_Cluster
  ) -> Envoy_Config_Cluster_V3_Cluster {
    guard cluster.type == .eds else { return cluster }
    var cluster = cluster
    cluster.loadAssignment = assignments[cluster.edsClusterConfig.serviceName] ?? .init()
    cluster.loadAssignment.clusterName = cluster.name
    cluster.clearEdsClusterConfig()
    cluster.type = .static
    return cluster
  }
}
