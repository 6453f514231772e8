/// `gateway.networking.k8s.io/v1` ReferenceGrant: lets objects of other namespaces refer to objects of its own.
package struct ReferenceGrant: Hashable, Sendable {
  package var metadata: ObjectMeta
  package var from: [From]
  package var to: [To]

  package init(metadata: ObjectMeta, from: [From] = [], to: [To] = []) {
    self.metadata = metadata
    self.from = from
    self.to = to
  }

  package struct From: Hashable, Sendable {
    package var group: String
    package var kind: String
    package var namespace: String

    package init(group: String, kind: String, namespace: String) {
      self.group = group
      self.kind = kind
      self.namespace = namespace
    }
  }

  package struct To: Hashable, Sendable {
    package var group: String
    package var kind: String
    /// Nil: every object of the kind.
    package var name: String?

    package init(group: String, kind: String, name: String? = nil) {
      self.group = group
      self.kind = kind
      self.name = name
    }
  }
}
