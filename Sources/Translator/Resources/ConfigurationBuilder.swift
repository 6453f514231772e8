import EnvoyAPI
import KubernetesAPI

/// Collects the resources of a Gateway.
struct ConfigurationBuilder {
  private let gateway: NamespacedName
  private var configuration = ProxyConfiguration()
  /// What policies name.
  private var clusters: [String: Envoy_Config_Cluster_V3_Cluster] = [:]
  private var endpoints: Set<EndpointReference> = []

  init(gateway: NamespacedName) {
    self.gateway = gateway
  }

  /// Adds the listener of a port.
  ///
  /// - Parameter bound: the port on which the proxy listens for it.
  mutating func add(port: Int, bound: Int, plan: ListenerPolicyPlan) {
    for cluster in plan.clusters { clusters[cluster.name] = cluster }
    endpoints.formUnion(plan.endpointReferences)
    configuration.listeners.append(HTTPListenerBuilder.listener(port: port, bound: bound, gateway: gateway, plan: plan))
  }

  /// Adds what the routes come to.
  consuming func finish(_ routeTables: [RouteTable], _ routes: RouteClusters) -> ProxyConfiguration {
    configuration.listeners.sort { $0.name < $1.name }
    configuration.routeTables = routeTables.sorted { $0.name < $1.name }
    configuration.clusters = routes.clusters(and: clusters.values)
    configuration.endpointReferences = routes.endpoints(and: endpoints)
    return configuration
  }
}
