package import KubernetesAPI

/// A route as translations read it: one object for as long as nothing of the route changes but its status, so that what
/// was made of it before is found again without comparing it.
package final class RouteInput: Sendable {
  /// Its status and `resourceVersion` may be older than those of the object: no translation reads them.
  package let route: HTTPRoute
  package let id: NamespacedName
  /// The Services that the backends name, each once.
  package let services: [NamespacedName]
  /// Whether a backend stands in another namespace, so that a ReferenceGrant has to let the route name it.
  package let needsGrants: Bool

  package init(_ route: HTTPRoute) {
    self.route = route
    id = route.metadata.id
    var services: [NamespacedName] = []
    for reference in route.rules.lazy.flatMap(\.backendRefs)
    where reference.kind == "Service" && reference.group.isEmpty {
      let service = NamespacedName(namespace: reference.namespace ?? id.namespace, name: reference.name)
      if !services.contains(service) { services.append(service) }
    }
    self.services = services
    needsGrants = services.contains { $0.namespace != route.metadata.namespace }
  }
}
