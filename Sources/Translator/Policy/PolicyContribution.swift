package import KubernetesAPI

/// One field of one policy that is in effect in a listener.
package struct PolicyContribution: Hashable, Sendable {
  package var policy: NamespacedName
  /// From the object's root: `spec.accessLog[0]`, `spec.tracing`, `spec.useRemoteAddress`.
  package var path: String
  /// Of the Envoy configuration that the field became: equal content gives an equal number, in every process.
  package var fingerprint: UInt64
  /// The names of the clusters that the field brings.
  package var clusters: [String]

  package init(policy: NamespacedName, path: String, fingerprint: UInt64, clusters: [String] = []) {
    self.policy = policy
    self.path = path
    self.fingerprint = fingerprint
    self.clusters = clusters
  }
}

/// What policies come to for the listeners on one port.
package struct EffectivePolicy: Hashable, Sendable {
  package var port: Int
  /// `listener~80`, the resource that carries it.
  package var resource: String
  package var contributions: [PolicyContribution]

  package init(port: Int, resource: String, contributions: [PolicyContribution]) {
    self.port = port
    self.resource = resource
    self.contributions = contributions
  }
}
