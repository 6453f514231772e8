/// Where an object stands within its resource. The namespace of a cluster-scoped object is empty.
struct ObjectKey: Hashable, Sendable, Comparable {
  let namespace: String
  let name: String

  /// The end of the object's key in etcd, which is what lists are sorted by.
  var path: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }

  static func < (left: ObjectKey, right: ObjectKey) -> Bool {
    left.path.utf8.lexicographicallyPrecedes(right.path.utf8)
  }
}

/// One version of an object, with its JSON made once.
struct StoredObject: Sendable {
  let key: ObjectKey
  let value: JSONValue
  let encoded: [UInt8]

  init(_ value: JSONValue, of kind: ResourceKind) {
    let canonical = kind.canonical(value)
    key = ObjectKey(namespace: value.namespace, name: value.name)
    self.value = canonical
    encoded = canonical.jsonBytes
  }

  /// The same version under a later resourceVersion, as DELETED events carry it.
  func moved(to revision: Int, of kind: ResourceKind) -> StoredObject {
    var value = value
    value[["metadata", "resourceVersion"]] = .string(String(revision))
    return StoredObject(value, of: kind)
  }
}

/// One write: what the object is now (before it went, if it was deleted), and what it was before.
struct Change: Sendable {
  enum Kind: String, Sendable { case added = "ADDED", modified = "MODIFIED", deleted = "DELETED" }

  let revision: Int
  let kind: Kind
  let object: StoredObject
  let previous: StoredObject?
}

extension JSONValue {
  var name: String { self[["metadata", "name"]]?.stringValue ?? "" }
  var namespace: String { self[["metadata", "namespace"]]?.stringValue ?? "" }
  var uid: String { self[["metadata", "uid"]]?.stringValue ?? "" }
  var resourceVersion: String { self[["metadata", "resourceVersion"]]?.stringValue ?? "" }
}
