import KubernetesAPI

/// The names of Envoy resources. The tilde separates, because no Kubernetes name has one.
package enum ResourceName {
  /// The listener on a port.
  package static func listener(port: Int) -> String { "listener~\(port)" }

  /// The route configuration of the listener on a port.
  package static func routeConfiguration(port: Int) -> String { "route~\(port)" }

  /// The cluster of a Service's port, or its variant with other upstream filters.
  static func cluster(_ reference: EndpointReference, variant: String? = nil) -> String {
    let name = "cluster~\(reference.service.namespace)~\(reference.service.name)~\(reference.port)"
    return variant.map { "\(name)~\($0)" } ?? name
  }

  /// What the names of a listener's virtual hosts begin with, where access logs must tell listeners apart. Neither the
  /// name of a listener nor a domain has a tilde.
  static func virtualHostPrefix(listener: String) -> String { "\(listener)~" }

  /// Stands for the backends that do not resolve. There is never such a cluster, so Envoy answers their share of the
  /// requests itself.
  static let unresolvedCluster = "cluster~unresolved"
}
