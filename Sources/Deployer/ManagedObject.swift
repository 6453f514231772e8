package import JSON
package import KubernetesAPI
package import KubernetesClient

/// An object as this operator wants it: every field that it owns, and no other.
package struct ManagedObject: Hashable, Sendable {
  package var resource: APIResource
  package var id: NamespacedName
  /// The body of a server-side apply, with `apiVersion`, `kind` and `metadata`.
  package var document: JSONValue

  package init(_ resource: APIResource, _ id: NamespacedName, document: JSONValue) {
    self.resource = resource
    self.id = id
    self.document = document
  }
}
