/// `discovery.k8s.io/v1` EndpointSlice: a part of a Service's endpoints.
package struct EndpointSlice: Hashable, Sendable {
  package var metadata: ObjectMeta
  /// `IPv4`, `IPv6` or `FQDN`.
  package var addressType: String
  package var ports: [Port]
  package var endpoints: [Endpoint]

  package init(
    metadata: ObjectMeta, addressType: String = "IPv4", ports: [Port] = [], endpoints: [Endpoint] = []
  ) {
    self.metadata = metadata
    self.addressType = addressType
    self.ports = ports
    self.endpoints = endpoints
  }

  /// The Service that the slice belongs to, by its label `kubernetes.io/service-name`.
  package var service: NamespacedName? {
    metadata.labels["kubernetes.io/service-name"].map {
      NamespacedName(namespace: metadata.namespace, name: $0)
    }
  }

  package struct Port: Hashable, Sendable {
    /// The name of the Service's port; empty for an unnamed one.
    package var name: String
    /// Nil: all ports (not used for Services).
    package var port: Int?
    package var transport: String

    package init(name: String = "", port: Int?, transport: String = "TCP") {
      self.name = name
      self.port = port
      self.transport = transport
    }
  }

  package struct Endpoint: Hashable, Sendable {
    /// The first address, which is the only one that EndpointSlices have for a Service with a selector, stands here
    /// without an array of its own: an IPv4 address then takes nothing of the heap.
    var address: String?
    var otherAddresses: [String]
    /// Nil is to be read as true (EndpointConditions in the API reference).
    package var isReady: Bool?
    package var isServing: Bool?
    package var isTerminating: Bool?

    package init(
      addresses: [String], isReady: Bool? = nil, isServing: Bool? = nil, isTerminating: Bool? = nil
    ) {
      (address, otherAddresses) = (addresses.first, Array(addresses.dropFirst()))
      self.isReady = isReady
      self.isServing = isServing
      self.isTerminating = isTerminating
    }

    /// All of them mean the same pod.
    package var addresses: [String] {
      get { address.map { [$0] + otherAddresses } ?? [] }
      set { (address, otherAddresses) = (newValue.first, Array(newValue.dropFirst())) }
    }

    /// The first of them, by which consumers are to call the pod (EndpointSlice API, `addresses`).
    package var firstAddress: String? { address }
  }
}
