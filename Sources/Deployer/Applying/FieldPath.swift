import JSON

/// Where a field stands in an object, as a hash of 64 bits: all that is kept of it.
///
/// The hash is seeded anew in each process, so that nobody can make two paths that collide.
struct FieldPath: Hashable, Sendable {
  let hash: Int

  static let root = FieldPath(hash: 0)

  func child(_ part: String) -> FieldPath {
    var hasher = Hasher()
    hasher.combine(hash)
    hasher.combine(part)
    return FieldPath(hash: hasher.finalize())
  }

  /// The field with its value: a value without parts, or what stands for one with parts.
  func holding(_ value: JSONValue) -> Int {
    var hasher = Hasher()
    hasher.combine(hash)
    hasher.combine(value)
    return hasher.finalize()
  }
}

/// The lists whose elements server-side apply tells apart by some of their members and not by their place
/// (`x-kubernetes-list-type: map` in the API server's OpenAPI documents of the kinds in ``ManagedKind``).
enum KeyedList {
  /// By the list's name, the members that tell elements apart.
  private static let keys: [String: [String]] = [
    "containers": ["name"], "initContainers": ["name"], "volumes": ["name"], "env": ["name"],
    "imagePullSecrets": ["name"], "resourceClaims": ["name"], "volumeMounts": ["mountPath"],
    "volumeDevices": ["devicePath"], "hostAliases": ["ip"], "ownerReferences": ["uid"],
    "topologySpreadConstraints": ["topologyKey", "whenUnsatisfiable"],
  ]

  /// The part of a path for each element; nil for a list whose elements have only their place.
  static func parts(_ elements: [JSONValue], of list: String) -> [String]? {
    var parts: [String] = []
    for element in elements {
      guard let part = part(element, of: list) else { return nil }
      parts.append(part)
    }
    return parts
  }

  private static func part(_ element: JSONValue, of list: String) -> String? {
    if list == "ports" {
      // Of containers and of Services; the API server fills in the protocol.
      let name = element["containerPort"] == nil ? "port" : "containerPort"
      guard let port = element[name] else { return nil }
      return part([(name, port), ("protocol", element["protocol"] ?? .string("TCP"))])
    }
    guard let names = keys[list] else { return nil }
    var members: [(String, JSONValue)] = []
    for name in names {
      guard let value = element[name] else { return nil }
      members.append((name, value))
    }
    return part(members)
  }

  /// The same for the members as `metadata.managedFields` has them.
  static func part(_ members: [(String, JSONValue)]) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      for (key, value) in members.sorted(by: { $0.0 < $1.0 }) {
        writer.key(key)
        writer.value(value)
      }
    }
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
