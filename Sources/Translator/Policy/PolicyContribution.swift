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
  /// The Gateway's listeners in which it is in effect.
  package var listeners: [String]

  package init(
    policy: NamespacedName, path: String, fingerprint: UInt64, clusters: [String] = [], listeners: [String] = []
  ) {
    self.policy = policy
    self.path = path
    self.fingerprint = fingerprint
    self.clusters = clusters
    self.listeners = listeners
  }
}

/// What policies come to for the listeners on one port.
package struct EffectivePolicy: Hashable, Sendable {
  package var port: Int
  /// `listener~80`, the resource that carries it.
  package var resource: String
  /// The Gateway's listeners on the port.
  package var listeners: [String]
  package var contributions: [PolicyContribution]
  /// The fields that have no effect, because another policy decides them.
  package var losses: [PolicyLoss]

  package init(
    port: Int, resource: String, listeners: [String] = [], contributions: [PolicyContribution],
    losses: [PolicyLoss] = []
  ) {
    self.port = port
    self.resource = resource
    self.listeners = listeners
    self.contributions = contributions
    self.losses = losses
  }
}

/// One field of one policy that has no effect on a port, because another policy decides it.
package struct PolicyLoss: Hashable, Sendable {
  package var policy: NamespacedName
  /// From the object's root.
  package var path: String
  /// The Gateway's listeners that the policy is for, of those on the port.
  package var listeners: [String]
  /// The policy that decides.
  package var winner: NamespacedName
  /// Why that one does: `it is older, or the first by name`.
  package var reason: String
}

/// The hash FNV-1a: no protection against those who mean harm, but the same in every process.
struct Fingerprint {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func combine(_ bytes: some Sequence<UInt8>) {
    // Byte by byte, the iterator of `Data` takes longer than the arithmetic.
    let isDone: Void? = bytes.withContiguousStorageIfAvailable { buffer in
      for byte in buffer { add(byte) }
    }
    if isDone == nil { for byte in bytes { add(byte) } }
  }

  private mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
}
