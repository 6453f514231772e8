package import KubernetesAPI

extension KubernetesClient {
  /// Replaces an object by its JSON. Fails with `Conflict` when that has a resource version, and the object changed
  /// since.
  package func replace(_ resource: APIResource, _ id: NamespacedName, object: [UInt8]) async throws {
    _ = try await send(
      HTTPRequest(
        .put, path: resource.path(id), headers: [HTTPRequest.Field("Content-Type", "application/json")], body: object))
  }
}
