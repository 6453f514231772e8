package import EnvoyAPI
package import KubernetesAPI
import SwiftProtobuf
import Translator

/// Checks listeners before any proxy gets them.
package protocol ConfigurationValidator: Sendable {
  /// Never takes longer than some seconds.
  func verdict(on candidate: ListenerCandidate) async -> ValidationVerdict
}

/// What a check found.
package enum ValidationVerdict: Hashable, Sendable {
  case accepted
  /// With the reason in the words of who checked.
  case refused(String)
  /// The check itself failed, with the cause: nothing is known of the listener.
  case unavailable(String)
}

/// A listener to be checked, with what it needs.
package struct ListenerCandidate: Sendable {
  package var gateway: NamespacedName
  package var listener: Envoy_Config_Listener_V3_Listener
  /// Those that the listener names.
  package var clusters: [Envoy_Config_Cluster_V3_Cluster]
  /// The names of the Gateway's route configurations. Their content does not matter.
  package var routes: [String]

  package init(
    gateway: NamespacedName, listener: Envoy_Config_Listener_V3_Listener, clusters: [Envoy_Config_Cluster_V3_Cluster],
    routes: [String]
  ) {
    self.gateway = gateway
    self.listener = listener
    self.clusters = clusters
    self.routes = routes
  }

  /// A whole configuration for Envoy with nothing but this listener.
  /// - Throws: SwiftProtobuf's error if the listener is damaged.
  package func bootstrap() throws -> Envoy_Config_Bootstrap_V3_Bootstrap {
    let configuration = ProxyConfiguration(
      listeners: [listener], routeTables: routes.map(RouteTable.init(empty:)), clusters: clusters)
    return try StaticBootstrap.bootstrap(of: configuration, gateway: gateway) { _ in .init() }
  }
}
