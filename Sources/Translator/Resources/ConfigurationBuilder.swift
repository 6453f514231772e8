import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

/// Collects the resources of a Gateway, port by port.
struct ConfigurationBuilder {
  private let gateway: NamespacedName
  private var configuration = ProxyConfiguration()
  private var clusters: [String: Envoy_Config_Cluster_V3_Cluster] = [:]
  private var endpoints: Set<EndpointReference> = []

  init(gateway: NamespacedName) {
    self.gateway = gateway
  }

  /// Adds the listener of a port with its routes, and the clusters that these name.
  ///
  /// - Parameter bound: the port on which the proxy listens for it.
  mutating func add(
    port: Int, bound: Int, _ listeners: [ListenerSet.Listener], _ routes: AttachedRoutes, plan: ListenerPolicyPlan
  ) {
    var table = VirtualHostTable(
      listeners: listeners, separatesListeners: plan.separatesListeners, enablesConnect: plan.enablesConnect)
    for listener in listeners {
      for placed in routes.byListener[listener.index] {
        let compiled = placed.judged.compiled(for: plan.clusterVariant)
        addClusters(of: compiled, plan)
        table.add(compiled.entries, rank: placed.rank, at: placed.place)
      }
    }
    for cluster in plan.clusters { clusters[cluster.name] = cluster }
    endpoints.formUnion(plan.endpointReferences)
    configuration.listeners.append(HTTPListenerBuilder.listener(port: port, bound: bound, gateway: gateway, plan: plan))
    configuration.routeTables.append(
      RouteTable(name: ResourceName.routeConfiguration(port: port), table.virtualHosts()))
  }

  private mutating func addClusters(of route: CompiledRoute, _ plan: ListenerPolicyPlan) {
    for (name, backend) in route.clusters where clusters[name] == nil {
      clusters[name] = ServiceCluster.cluster(backend, plan: plan)
      endpoints.insert(backend.endpoints)
    }
  }

  /// All that was added, each list in the order of the names.
  consuming func finish() -> ProxyConfiguration {
    configuration.listeners.sort { $0.name < $1.name }
    configuration.routeTables.sort { $0.name < $1.name }
    configuration.clusters = clusters.values.sorted { $0.name < $1.name }
    configuration.endpointReferences = endpoints.sorted()
    return configuration
  }
}
