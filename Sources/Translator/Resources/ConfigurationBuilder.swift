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
    let compiler = RouteCompiler(clusterVariant: plan.clusterVariant)
    var table = VirtualHostTable(listeners: listeners, separatesListeners: plan.separatesListeners)
    var entries: [Int: [RouteEntry]] = [:]
    for listener in listeners {
      for (route, place) in routes.byListener[listener.index] {
        let compiled = entries[route.rank] ?? compiler.entries(of: route)
        if entries.updateValue(compiled, forKey: route.rank) == nil { addClusters(of: route, plan) }
        table.add(compiled, at: place)
      }
    }
    for cluster in plan.clusters { clusters[cluster.name] = cluster }
    endpoints.formUnion(plan.endpointReferences)
    configuration.listeners.append(HTTPListenerBuilder.listener(port: port, bound: bound, gateway: gateway, plan: plan))
    configuration.routes.append(
      .with {
        $0.name = ResourceName.routeConfiguration(port: port)
        $0.virtualHosts = table.virtualHosts()
        if plan.enablesConnect {
          for index in $0.virtualHosts.indices { $0.virtualHosts[index].addConnectRoutes() }
        }
        $0.ignorePortInHostMatching = true
      })
  }

  private mutating func addClusters(of route: ResolvedRoute, _ plan: ListenerPolicyPlan) {
    for backend in route.usedBackends {
      let name = ResourceName.cluster(backend.endpoints, variant: plan.clusterVariant)
      guard clusters[name] == nil else { continue }
      clusters[name] = ServiceCluster.cluster(backend, plan: plan)
      endpoints.insert(backend.endpoints)
    }
  }

  /// All that was added, each list in the order of the names.
  consuming func finish() -> ProxyConfiguration {
    configuration.listeners.sort { $0.name < $1.name }
    configuration.routes.sort { $0.name < $1.name }
    configuration.clusters = clusters.values.sorted { $0.name < $1.name }
    configuration.endpointReferences = endpoints.sorted()
    return configuration
  }
}
