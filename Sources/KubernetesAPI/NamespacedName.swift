/// Which object of a kind: its namespace and name. Cluster-scoped objects have the empty namespace.
package struct NamespacedName: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The namespace, or the empty string for a cluster-scoped object.
  package var namespace: String
  /// The name, unique within kind and namespace.
  package var name: String

  package init(namespace: String, name: String) {
    self.namespace = namespace
    self.name = name
  }

  /// `namespace/name`, or the name alone where there is no namespace.
  package var description: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }

  package static func < (left: Self, right: Self) -> Bool {
    left.namespace == right.namespace ? left.name < right.name : left.namespace < right.namespace
  }
}
