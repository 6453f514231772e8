package import JSON
package import KubernetesAPI

/// An object as this operator wants it: every field that it owns, and no other.
package struct ManagedObject: Hashable, Sendable {
  package var kind: ManagedKind
  package var id: NamespacedName
  /// The body of a server-side apply, with `apiVersion`, `kind` and `metadata`. Who owns the object is added when it is
  /// applied.
  package var document: JSONValue

  package init(_ kind: ManagedKind, _ id: NamespacedName, document: JSONValue) {
    self.kind = kind
    self.id = id
    self.document = document
  }
}
