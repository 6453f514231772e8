/// A set of field paths, as `managedFields` records who set what: a tree whose nodes are `f:name`, `k:{"key":...}`
/// and `v:value`, in which a node may itself be a member.
struct FieldSet: Sendable, Equatable {
  var isMember = false
  var children: [String: FieldSet] = [:]

  var isEmpty: Bool { !isMember && children.isEmpty }

  init() {}

  // MARK: FieldsV1

  init(fieldsV1: JSONValue) {
    for (key, value) in fieldsV1.objectValue ?? [:] {
      if key == "." {
        isMember = true
      } else {
        var child = FieldSet(fieldsV1: value)
        if child.isEmpty { child.isMember = true }
        children[key] = child
      }
    }
  }

  var fieldsV1: JSONValue {
    var members: [(String, JSONValue)] = []
    if isMember, !children.isEmpty { members.append((".", [:])) }
    for (key, child) in children.sorted(by: { $0.key < $1.key }) { members.append((key, child.fieldsV1)) }
    return .object(JSONObject(members))
  }

  // MARK: Set operations

  mutating func insert(_ path: ArraySlice<String>) {
    guard let first = path.first else {
      isMember = true
      return
    }
    children[first, default: FieldSet()].insert(path.dropFirst())
  }

  func contains(_ path: ArraySlice<String>) -> Bool {
    guard let first = path.first else { return isMember }
    return children[first]?.contains(path.dropFirst()) ?? false
  }

  func union(_ other: FieldSet) -> FieldSet {
    var result = self
    result.isMember = isMember || other.isMember
    for (key, child) in other.children { result.children[key] = (children[key] ?? FieldSet()).union(child) }
    return result
  }

  func subtracting(_ other: FieldSet) -> FieldSet {
    var result = FieldSet()
    result.isMember = isMember && !other.isMember
    for (key, child) in children {
      let rest = other.children[key].map { child.subtracting($0) } ?? child
      if !rest.isEmpty { result.children[key] = rest }
    }
    return result
  }

  func intersection(_ other: FieldSet) -> FieldSet {
    var result = FieldSet()
    result.isMember = isMember && other.isMember
    for (key, child) in children {
      guard let common = other.children[key].map({ child.intersection($0) }), !common.isEmpty else { continue }
      result.children[key] = common
    }
    return result
  }

  /// The same set with every node on the way to a member a member too: to give up a field is not to give up what it
  /// stands in, as long as something else there is still set.
  var withAncestors: FieldSet {
    var result = self
    result.isMember = isMember || !children.isEmpty
    result.children = children.mapValues(\.withAncestors)
    return result
  }

  /// Only what is below these top-level fields.
  func restricted(to fields: [String]) -> FieldSet {
    var result = FieldSet()
    for field in fields { result.children["f:\(field)"] = children["f:\(field)"] }
    return result
  }

  /// Everything but what is below this path.
  func without(_ path: ArraySlice<String>) -> FieldSet {
    guard let first = path.first, let child = children[first] else { return self }
    var result = self
    let rest = path.count == 1 ? FieldSet() : child.without(path.dropFirst())
    result.children[first] = rest.isEmpty ? nil : rest
    return result
  }

  /// The paths of all members, in order.
  var paths: [[String]] {
    var paths: [[String]] = isMember ? [[]] : []
    for (key, child) in children.sorted(by: { $0.key < $1.key }) {
      paths += child.paths.map { [key] + $0 }
    }
    return paths
  }

  // MARK: The parts of a path

  static func field(_ name: String) -> String { "f:\(name)" }

  /// The path part of a list's element; nil where the list is one value.
  static func element(_ value: JSONValue, of schema: Schema) -> String? {
    guard let identity = schema.identity(ofElement: value) else { return nil }
    return schema.topology == .set ? "v:\(identity.jsonText)" : "k:\(identity.jsonText)"
  }

  /// A path as error messages show it: `.spec.listeners[name="http"].port`.
  static func description(of path: [String]) -> String {
    path.map { part in
      let text = String(part.dropFirst(2))
      guard part.hasPrefix("k:"), let keys = JSONValue(json: text)?.objectValue else {
        return part.hasPrefix("f:") ? ".\(text)" : "[\(part.hasPrefix("v:") ? "=" : "")\(text)]"
      }
      return "[\(keys.map { "\($0.key)=\($0.value.jsonText)" }.joined(separator: ","))]"
    }.joined()
  }
}
