import Crypto
import JSON
import KubernetesAPI
import KubernetesClient

/// A ``ManagedObject`` as it is applied: owned by its Gateway, with a note of what was asked for.
struct DesiredObject: Sendable {
  /// The name under which the fields are owned in `metadata.managedFields`.
  static let fieldManager = "kgateway"
  /// Holds the hash of the document that was applied. It tells what the comparison of fields cannot: that a field is
  /// to go, because the document does not have it any more.
  static let annotation = "gateway.kgateway.dev/applied"

  let key: ObjectKey
  let document: JSONValue
  /// The value of the annotation.
  let hash: String

  init(_ object: ManagedObject, of gateway: GatewayIdentity) {
    key = ObjectKey(kind: object.kind, id: object.id)
    var document = object.document
    document.set(.string(object.id.name), at: "metadata", "name")
    document.set(.string(object.id.namespace), at: "metadata", "namespace")
    document.set(.array([Self.reference(to: gateway)]), at: "metadata", "ownerReferences")
    var writer = JSONWriter()
    writer.value(document)
    hash = SHA256.hash(data: writer.bytes).hexadecimal(bytes: 8)
    document.set(.string(hash), at: "metadata", "annotations", Self.annotation)
    self.document = document
  }

  /// The body of the apply.
  /// - Parameter uid: of the object that is meant, so that none that took its place is changed; nil to create it.
  func body(uid: String?) -> [UInt8] {
    var document = document
    if let uid { document.set(.string(uid), at: "metadata", "uid") }
    var writer = JSONWriter()
    writer.value(document)
    return writer.bytes
  }

  /// Makes the number of pods another manager's field as well, at the value that it has.
  static func handingOver(_ replicas: Int, of deployment: ObservedObject) -> [UInt8] {
    let resource = deployment.kind.resource
    var document = JSONValue.object([])
    document.set(.string(resource.apiVersion), at: "apiVersion")
    document.set(.string(resource.kind), at: "kind")
    document.set(.string(deployment.metadata.name), at: "metadata", "name")
    document.set(.string(deployment.metadata.namespace), at: "metadata", "namespace")
    document.set(.string(deployment.metadata.uid), at: "metadata", "uid")
    document.set(.integer(Int64(replicas)), at: "spec", "replicas")
    var writer = JSONWriter()
    writer.value(document)
    return writer.bytes
  }

  private static func reference(to gateway: GatewayIdentity) -> JSONValue {
    .object([
      JSONMember(key: "apiVersion", value: .string(KubernetesKind.gateway.apiVersion)),
      JSONMember(key: "kind", value: .string(KubernetesKind.gateway.rawValue)),
      JSONMember(key: "name", value: .string(gateway.id.name)),
      JSONMember(key: "uid", value: .string(gateway.uid)),
      JSONMember(key: "controller", value: .bool(true)),
      // As the API server wants it of one who may not update the Gateway's finalizers: it may be deleted first.
      JSONMember(key: "blockOwnerDeletion", value: .bool(false)),
    ])
  }
}

extension JSONValue {
  /// Sets the value at a path of members, and makes the objects on the way.
  mutating func set(_ value: JSONValue, at path: String...) { set(value, at: path[...]) }

  private mutating func set(_ value: JSONValue, at path: ArraySlice<String>) {
    guard let key = path.first else {
      self = value
      return
    }
    var members: [JSONMember] = if case .object(let members) = self { members } else { [] }
    let index = members.firstIndex { $0.key == key }
    var child = index.map { members[$0].value } ?? .object([])
    child.set(value, at: path.dropFirst())
    if let index { members[index].value = child } else { members.append(JSONMember(key: key, value: child)) }
    self = .object(members)
  }
}
