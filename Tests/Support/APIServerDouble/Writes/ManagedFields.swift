/// Who set which fields: the `metadata.managedFields` of one object.
struct ManagedFields: Sendable, Equatable {
  enum Operation: String, Sendable { case apply = "Apply", update = "Update" }

  struct Entry: Sendable, Equatable {
    var manager: String
    var operation: Operation
    var apiVersion: String
    var subresource: String
    var time: String
    var fields: FieldSet

    func isOf(_ other: Entry) -> Bool {
      manager == other.manager && operation == other.operation && apiVersion == other.apiVersion
        && subresource == other.subresource
    }
  }

  var entries: [Entry]

  init(_ object: JSONValue) {
    entries = (object[["metadata", "managedFields"]]?.arrayValue ?? []).compactMap { entry in
      guard let operation = entry["operation"]?.stringValue.flatMap(Operation.init(rawValue:)) else { return nil }
      return Entry(
        manager: entry["manager"]?.stringValue ?? "", operation: operation,
        apiVersion: entry["apiVersion"]?.stringValue ?? "", subresource: entry["subresource"]?.stringValue ?? "",
        time: entry["time"]?.stringValue ?? "", fields: FieldSet(fieldsV1: entry["fieldsV1"] ?? [:]))
    }
  }

  /// Writes the entries into an object, sorted as the server sorts them; entries without fields go.
  func store(in object: inout JSONValue) {
    let sorted = entries.filter { !$0.fields.isEmpty }.sorted {
      ($0.operation.rawValue, $0.time, $0.manager, $0.apiVersion, $0.subresource)
        < ($1.operation.rawValue, $1.time, $1.manager, $1.apiVersion, $1.subresource)
    }
    object[["metadata", "managedFields"]] = sorted.isEmpty ? nil : .array(sorted.map(Self.document))
  }

  /// The members in the order of the built-in kinds; custom resources sort them anyway.
  private static func document(_ entry: Entry) -> JSONValue {
    var document: JSONValue = [
      "manager": .string(entry.manager), "operation": .string(entry.operation.rawValue),
      "apiVersion": .string(entry.apiVersion), "time": .string(entry.time), "fieldsType": "FieldsV1",
      "fieldsV1": entry.fields.fieldsV1,
    ]
    if !entry.subresource.isEmpty { document["subresource"] = .string(entry.subresource) }
    return document
  }

  /// Records a write that is no apply: the writer owns what it changed, and nobody else does any more.
  mutating func recordUpdate(by writer: Entry, _ difference: FieldSet.Difference) {
    let gone = difference.removed.union(difference.changed)
    for index in entries.indices where !entries[index].isOf(writer) {
      entries[index].fields = entries[index].fields.subtracting(gone)
    }
    let index = entries.firstIndex { $0.isOf(writer) }
    let before = index.map { entries[$0].fields } ?? FieldSet()
    let after = before.subtracting(difference.removed).union(difference.changed)
    guard after != before else { return }
    var entry = writer
    entry.fields = after
    if let index { entries[index] = entry } else { entries.append(entry) }
  }

  /// The fields that nobody owns: the object's identity, and what the server keeps.
  static func withoutServerFields(_ fields: FieldSet) -> FieldSet {
    var fields = fields.without(["f:apiVersion"]).without(["f:kind"])
    let serverFields = [
      "name", "namespace", "creationTimestamp", "selfLink", "uid", "generation", "managedFields", "resourceVersion",
    ]
    for name in serverFields { fields = fields.without(["f:metadata", "f:\(name)"]) }
    fields.children["f:metadata"]?.isMember = false
    if fields.children["f:metadata"]?.isEmpty == true { fields.children["f:metadata"] = nil }
    return fields
  }
}

extension FieldSet.Difference {
  /// The same, restricted to what a manager can own: the server's fields left out, and of the rest only what the
  /// endpoint writes.
  func ownable(_ keep: (FieldSet) -> FieldSet) -> FieldSet.Difference {
    var result = self
    result.changed = keep(ManagedFields.withoutServerFields(changed))
    result.removed = keep(ManagedFields.withoutServerFields(removed))
    return result
  }
}
