/// One of several operators that run the same configuration, by a name that no other has, nor had before.
package struct ReplicaID: Sendable, Hashable, CustomStringConvertible {
  package let name: String

  package init(_ name: String) { self.name = name }

  package var description: String { name }
}

/// What the proxies of one replica say of one Gateway's resources. Those of another replica are never in it, so that
/// nothing goes round in circles.
///
/// Versions are hashes of content: they mean the same on every replica.
package struct ProxyReport: Sendable, Hashable {
  /// A version of a resource.
  package struct Resource: Sendable, Hashable {
    package let type: ResourceType
    package let name: String
    /// The number of which `EncodedResource.version` is the hexadecimal form.
    package let version: UInt64

    package init(type: ResourceType, name: String, version: UInt64) {
      self.type = type
      self.name = name
      self.version = version
    }
  }

  package struct Refusal: Sendable, Hashable {
    package let resource: Resource
    /// The proxy's own words.
    package let message: String
    /// This resource is to blame, not just among those that may be.
    package let isCertain: Bool
    /// How many of the connected proxies refused it; 0 if those that did are gone.
    package let count: Int

    package init(resource: Resource, message: String, isCertain: Bool, count: Int) {
      self.resource = resource
      self.message = message
      self.isCertain = isCertain
      self.count = count
    }
  }

  /// How many proxies are connected.
  package var connected: Int
  /// What is published there now and a proxy has taken, by type and name; not the endpoints.
  package var accepted: [Resource]
  /// What proxies refused, by type and name. Also of versions that are not published there any more: a replica takes
  /// back by itself what no proxy takes, and another one may not have heard of it yet.
  package var refused: [Refusal]

  package init(connected: Int = 0, accepted: [Resource] = [], refused: [Refusal] = []) {
    self.connected = connected
    self.accepted = accepted
    self.refused = refused
  }

  /// Whether it says nothing.
  package var isEmpty: Bool { connected == 0 && accepted.isEmpty && refused.isEmpty }
}
