/// The part of an object's `metadata` that is read here.
package struct ObjectMeta: Hashable, Sendable {
  package var namespace: String
  package var name: String
  private var compactUID: ObjectUID
  /// True once the object is being deleted and only waits for its finalizers.
  package var isBeingDeleted: Bool
  /// Opaque; two objects with the same one are the same state (Kubernetes API conventions, "Concurrency Control").
  package var resourceVersion: String
  /// Moves with the spec, not with the status.
  package var generation: Int
  /// RFC 3339 in UTC to the second, as the API server writes it, so that it compares as text. Empty when unset.
  package var creationTimestamp: String
  package var labels: [String: String]

  package init(
    namespace: String = "", name: String = "", uid: String = "", resourceVersion: String = "", generation: Int = 0,
    creationTimestamp: String = "", labels: [String: String] = [:], isBeingDeleted: Bool = false
  ) {
    self.namespace = namespace
    self.name = name
    compactUID = ObjectUID(uid)
    self.resourceVersion = resourceVersion
    self.generation = generation
    self.creationTimestamp = creationTimestamp
    self.labels = labels
    self.isBeingDeleted = isBeingDeleted
  }

  /// Made anew each time; that two are the same, comparing two ``ObjectMeta`` says faster.
  package var uid: String {
    get { compactUID.text }
    set { compactUID = ObjectUID(newValue) }
  }

  /// Namespace and name together.
  package var id: NamespacedName { NamespacedName(namespace: namespace, name: name) }
}
