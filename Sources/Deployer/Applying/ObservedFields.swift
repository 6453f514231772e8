import JSON

/// The fields of an object that exists, small: which values stand where, and which fields this operator applied and
/// nobody has changed since, each as a number. A Deployment takes about 2 KiB.
///
/// What a document asks for is there if every one of its fields has its value, or is still this operator's own: then
/// its value is what the API server made of ours (`1000m` becomes `1`), and applying it again would change nothing.
/// Fields that the document does not have, such as the API server's defaults and what others set, do not matter.
struct ObservedFields: Hashable, Sendable {
  /// Fields with their values, sorted.
  private var values: [Int] = []
  /// Paths of the fields that this operator owns as a whole, sorted.
  private var owned: [Int] = []

  /// - Parameter manager: the field manager whose applied fields are this operator's own.
  init(_ object: JSONValue, manager: String) {
    guard case .object(let members) = object else { return }
    for member in members where !["apiVersion", "kind", "metadata", "status"].contains(member.key) {
      collect(member.value, named: member.key, at: FieldPath.root.child(member.key))
    }
    let metadata = FieldPath.root.child("metadata")
    for name in ["labels", "annotations", "ownerReferences"] {
      if let value = object["metadata"]?[name] { collect(value, named: name, at: metadata.child(name)) }
    }
    values.sort()
    for entry in object["metadata"]?["managedFields"]?.elements ?? [] {
      guard entry["manager"] == .string(manager), entry["operation"] == .string("Apply"),
        entry["subresource"]?.text ?? "" == "", let fields = entry["fieldsV1"]
      else { continue }
      collectOwned(fields, at: .root)
    }
    owned.sort()
  }

  // MARK: Questions

  /// Whether all that the document asks for is there.
  func contain(_ document: JSONValue) -> Bool {
    guard case .object(let members) = document else { return false }
    return members.allSatisfy { member in
      switch member.key {
      // What identifies the object needs no comparison.
      case "apiVersion", "kind": true
      case "metadata": containMetadata(member.value)
      default: contain(member.value, named: member.key, at: FieldPath.root.child(member.key))
      }
    }
  }

  /// Whether this operator owns the field at a path of members, as a whole.
  func own(_ path: String...) -> Bool {
    owned.containsSorted(path.reduce(FieldPath.root) { $0.child($1) }.hash)
  }

  private func containMetadata(_ metadata: JSONValue) -> Bool {
    let path = FieldPath.root.child("metadata")
    return ["labels", "annotations", "ownerReferences"].allSatisfy { name in
      metadata[name].map { contain($0, named: name, at: path.child(name)) } ?? true
    }
  }

  private func contain(_ value: JSONValue, named name: String, at path: FieldPath) -> Bool {
    if owned.containsSorted(path.hash) { return true }
    switch value {
    case .null:
      return true
    case .object(let members) where !members.isEmpty:
      return members.allSatisfy { contain($0.value, named: $0.key, at: path.child($0.key)) }
    case .array(let elements) where !elements.isEmpty:
      if let parts = KeyedList.parts(elements, of: name) {
        return zip(parts, elements).allSatisfy { contain($1, named: "", at: path.child($0)) }
      }
      return values.containsSorted(path.holding(.integer(Int64(elements.count))))
        && elements.enumerated().allSatisfy { contain($1, named: "", at: path.child("\($0)")) }
    default:
      return values.containsSorted(path.holding(value))
    }
  }

  // MARK: Making

  private mutating func collect(_ value: JSONValue, named name: String, at path: FieldPath) {
    switch value {
    case .object(let members):
      // What a document asks for with `{}`.
      values.append(path.holding(.object([])))
      for member in members { collect(member.value, named: member.key, at: path.child(member.key)) }
    case .array(let elements) where !elements.isEmpty:
      if let parts = KeyedList.parts(elements, of: name) {
        for (part, element) in zip(parts, elements) { collect(element, named: "", at: path.child(part)) }
      } else {
        values.append(path.holding(.integer(Int64(elements.count))))
        for (index, element) in elements.enumerated() { collect(element, named: "", at: path.child("\(index)")) }
      }
    default:
      values.append(path.holding(value))
    }
  }

  /// Takes what an entry of `managedFields` holds: `f:` is a member, `k:` an element of a keyed list, and what has
  /// nothing below it is owned as a whole (Kubernetes API, FieldsV1).
  private mutating func collectOwned(_ fields: JSONValue, at path: FieldPath) {
    guard case .object(let members) = fields else { return }
    for member in members {
      guard let part = Self.part(member.key) else { continue }
      let below = path.child(part)
      if case .object(let children) = member.value, !children.isEmpty {
        collectOwned(member.value, at: below)
      } else {
        owned.append(below.hash)
      }
    }
  }

  private static func part(_ key: String) -> String? {
    let content = key.dropFirst(2)
    if key.hasPrefix("f:") { return String(content) }
    guard key.hasPrefix("k:") else { return nil }
    var reader = JSONReader(Array(content.utf8))
    guard case .object(let members)? = try? reader.readValue() else { return nil }
    return KeyedList.part(members.map { ($0.key, $0.value) })
  }
}

extension [Int] {
  fileprivate func containsSorted(_ element: Int) -> Bool {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < element { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low] == element
  }
}

extension JSONValue {
  /// The elements of an array; none where this is no array.
  var elements: [JSONValue] {
    if case .array(let elements) = self { elements } else { [] }
  }

  /// The string, if it is one.
  var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The number, if it is a whole one.
  var wholeNumber: Int? {
    if case .integer(let number) = self { Int(number) } else { nil }
  }
}
