import JSON
package import KubernetesAPI
import KubernetesClient

/// An object of the cluster that a Gateway runs on, or that stands where one is to be: only what is asked of it.
struct ObservedObject: Hashable, Sendable {
  var metadata: ObjectMeta
  let kind: ManagedKind
  /// The controlling owner, if that is a Gateway.
  let owner: GatewayIdentity?
  /// Whether there is a controlling owner of another kind.
  let hasOtherOwner: Bool
  /// What this operator noted of the document that it applied; empty for an object that it did not apply.
  let applied: String
  let fields: ObservedFields
  /// Of a Deployment: how many pods it is to have now.
  let replicas: Int?
  /// Of a Service.
  let addresses: ServiceAddresses?

  init(_ kind: ManagedKind, _ object: JSONValue) {
    let metadata = object["metadata"]
    self.kind = kind
    self.metadata = ObjectMeta(
      namespace: metadata?["namespace"]?.text ?? "", name: metadata?["name"]?.text ?? "",
      uid: metadata?["uid"]?.text ?? "", resourceVersion: metadata?["resourceVersion"]?.text ?? "",
      isBeingDeleted: metadata?["deletionTimestamp"] != nil)
    let controller = metadata?["ownerReferences"]?.elements.first { $0["controller"] == .bool(true) }
    owner = controller.flatMap { GatewayIdentity(owner: $0, namespace: metadata?["namespace"]?.text ?? "") }
    hasOtherOwner = controller != nil && owner == nil
    applied = metadata?["annotations"]?[DesiredObject.annotation]?.text ?? ""
    fields = ObservedFields(object, manager: DesiredObject.fieldManager)
    replicas = kind == .deployment ? object["spec"]?["replicas"]?.wholeNumber : nil
    addresses = kind == .service ? ServiceAddresses(object) : nil
  }

  /// Reads one.
  static func read(
    _ kind: ManagedKind, from reader: inout JSONReader
  ) throws(JSONError) -> ObservedObject {
    ObservedObject(kind, try reader.readValue())
  }

  /// Whether this is an older state of the same object than another one.
  ///
  /// The API server counts resource versions up (Kubernetes 1.35 promises it to clients, older ones do it); where they
  /// are no numbers, what came later is taken for newer.
  func isOlder(than other: ObservedObject) -> Bool {
    guard metadata.uid == other.metadata.uid, let mine = UInt64(metadata.resourceVersion),
      let others = UInt64(other.metadata.resourceVersion)
    else { return false }
    return mine < others
  }

  /// Whether another state differs in more than what the API server moves with each write.
  func says(thatOf other: ObservedObject) -> Bool {
    var copy = self
    copy.metadata.resourceVersion = other.metadata.resourceVersion
    return copy == other
  }
}

extension ObservedObject: WatchedObject {}

/// One Gateway, told apart from others that have or had the name.
package struct GatewayIdentity: Hashable, Sendable {
  package var id: NamespacedName
  package var uid: String

  package init(_ id: NamespacedName, uid: String) {
    self.id = id
    self.uid = uid
  }

  /// Nil for an owner of another kind.
  fileprivate init?(owner: JSONValue, namespace: String) {
    let group = owner["apiVersion"]?.text?.split(separator: "/").first.map(String.init)
    guard group == KubernetesKind.gateway.group, owner["kind"]?.text == KubernetesKind.gateway.rawValue,
      let name = owner["name"]?.text, let uid = owner["uid"]?.text
    else { return nil }
    self.init(NamespacedName(namespace: namespace, name: name), uid: uid)
  }
}

/// Which object of which kind.
struct ObjectKey: Hashable, Sendable, CustomStringConvertible {
  let kind: ManagedKind
  let id: NamespacedName

  var description: String { "\(kind.rawValue) \(id)" }
}

extension ObservedObject {
  var key: ObjectKey { ObjectKey(kind: kind, id: metadata.id) }
}
