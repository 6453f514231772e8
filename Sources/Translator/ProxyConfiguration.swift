package import EnvoyAPI
package import KubernetesAPI

/// What the proxies of one Gateway are to be given, each list in the order of its resources' names.
package struct ProxyConfiguration: Sendable, Equatable {
  package var listeners: [Envoy_Config_Listener_V3_Listener]
  package var routeTables: [RouteTable]
  package var clusters: [Envoy_Config_Cluster_V3_Cluster]
  /// The endpoints that the clusters ask for. Their content is not here, so that an endpoint that comes or goes needs
  /// no translation: `Translator.loadAssignment` makes it.
  package var endpointReferences: [EndpointReference]

  package init(
    listeners: [Envoy_Config_Listener_V3_Listener] = [], routeTables: [RouteTable] = [],
    clusters: [Envoy_Config_Cluster_V3_Cluster] = [], endpointReferences: [EndpointReference] = []
  ) {
    self.listeners = listeners
    self.routeTables = routeTables
    self.clusters = clusters
    self.endpointReferences = endpointReferences
  }

  /// The route configurations as messages, which is not how they are kept.
  package var routes: [Envoy_Config_Route_V3_RouteConfiguration] { routeTables.map(\.message) }
}

/// The endpoints behind one port of a Service.
package struct EndpointReference: Hashable, Sendable, Comparable {
  package var service: NamespacedName
  /// The port's number in the Service.
  package var port: Int
  /// The port's name in the Service, under which EndpointSlices carry the target port; empty for an unnamed one.
  package var portName: String

  package init(service: NamespacedName, port: Int, portName: String = "") {
    self.service = service
    self.port = port
    self.portName = portName
  }

  /// The name of the endpoint resource, which all variants of the cluster share.
  package var resourceName: String { ResourceName.cluster(self) }

  package static func < (left: Self, right: Self) -> Bool {
    (left.service, left.port, left.portName) < (right.service, right.port, right.portName)
  }
}
