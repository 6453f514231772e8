import EnvoyAPI

/// The clusters that the routes of a Gateway name, on all of its ports, and their endpoints. Kept from one translation to
/// the next: a change of a route costs its own clusters.
struct RouteClusters: Sendable {
  private var uses: [String: Int] = [:]
  private var endpointUses: [EndpointReference: Int] = [:]
  private var clusterTable = SortedTable<String, Envoy_Config_Cluster_V3_Cluster>()
  private var endpointTable = SortedTable<EndpointReference, EndpointReference>()

  /// The clusters and some others, in the order of their names; of two with one name the other counts.
  func clusters(and others: some Collection<Envoy_Config_Cluster_V3_Cluster>) -> [Envoy_Config_Cluster_V3_Cluster] {
    var table = clusterTable
    for cluster in others { table.set(cluster.name, to: cluster) }
    table.settle()
    return table.values
  }

  /// The endpoints and some others, in their order.
  func endpoints(and others: Set<EndpointReference>) -> [EndpointReference] {
    var table = endpointTable
    for reference in others { table.set(reference, to: reference) }
    table.settle()
    return table.values
  }

  /// Adds what a route names on one port, which the plan is of.
  mutating func add(_ route: CompiledRoute, _ plan: ListenerPolicyPlan) {
    for (name, backend) in route.clusters {
      if Self.add(name, to: &uses) { clusterTable.set(name, to: ServiceCluster.cluster(backend, plan: plan)) }
      if Self.add(backend.endpoints, to: &endpointUses) { endpointTable.set(backend.endpoints, to: backend.endpoints) }
    }
  }

  /// Removes what was added of a route on one port.
  mutating func remove(_ route: CompiledRoute) {
    for (name, backend) in route.clusters {
      if Self.remove(name, from: &uses) { clusterTable.set(name, to: nil) }
      if Self.remove(backend.endpoints, from: &endpointUses) { endpointTable.set(backend.endpoints, to: nil) }
    }
  }

  /// Takes in what was added and removed.
  mutating func settle() {
    clusterTable.settle()
    endpointTable.settle()
  }

  /// - Returns: whether it is the first use.
  private static func add<Key>(_ key: Key, to uses: inout [Key: Int]) -> Bool {
    uses[key, default: 0] += 1
    return uses[key] == 1
  }

  /// - Returns: whether it was the last use.
  private static func remove<Key>(_ key: Key, from uses: inout [Key: Int]) -> Bool {
    guard let count = uses[key], count > 1 else {
      uses[key] = nil
      return true
    }
    uses[key] = count - 1
    return false
  }
}
