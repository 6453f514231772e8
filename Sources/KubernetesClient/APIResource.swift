package import KubernetesAPI

/// Where an API server keeps the objects of one kind.
package struct APIResource: Sendable, Hashable {
  /// Empty for the core group.
  package var group: String
  package var version: String
  /// As in a request's path: `httproutes`.
  package var plural: String
  /// As in an object: `HTTPRoute`.
  package var kind: String

  package init(group: String, version: String, plural: String, kind: String) {
    self.group = group
    self.version = version
    self.plural = plural
    self.kind = kind
  }

  package init(_ kind: KubernetesKind) {
    self.init(group: kind.group, version: kind.version, plural: kind.plural, kind: kind.rawValue)
  }

  /// As in an object: `apps/v1`.
  package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

  /// The path of all objects, or of those of one namespace.
  package func path(namespace: String = "") -> String {
    let root = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
    return namespace.isEmpty ? "\(root)/\(plural)" : "\(root)/namespaces/\(percentEncoded(namespace))/\(plural)"
  }

  /// The path of one object, or of a sub-resource of it.
  package func path(_ id: NamespacedName, subresource: String? = nil) -> String {
    let object = path(namespace: id.namespace) + "/" + percentEncoded(id.name)
    return subresource.map { "\(object)/\($0)" } ?? object
  }
}
