/// `v1` Service: what a route's backend names.
package struct Service: Hashable, Sendable {
  package var metadata: ObjectMeta
  package var ports: [Port]
  /// `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`.
  package var type: String

  package init(metadata: ObjectMeta, ports: [Port] = [], type: String = "ClusterIP") {
    self.metadata = metadata
    self.ports = ports
    self.type = type
  }

  package struct Port: Hashable, Sendable {
    /// Empty where the Service has one port without a name. EndpointSlices carry the target port under this name.
    package var name: String
    package var port: Int
    /// `TCP`, `UDP` or `SCTP`.
    package var transport: String
    /// For instance `kubernetes.io/h2c`.
    package var appProtocol: String?

    package init(name: String = "", port: Int, transport: String = "TCP", appProtocol: String? = nil) {
      self.name = name
      self.port = port
      self.transport = transport
      self.appProtocol = appProtocol
    }
  }
}
