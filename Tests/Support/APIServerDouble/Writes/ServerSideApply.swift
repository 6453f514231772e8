/// The rules of server-side apply: merge by the schema, take out what the manager no longer sets, find conflicts.
enum ServerSideApply {
  /// The live object with a configuration laid over it: objects member by member, keyed lists element by element,
  /// everything else replaced.
  static func merge(_ configuration: JSONValue, into live: JSONValue, _ schema: Schema) -> JSONValue {
    switch (configuration, live) {
    case (.object(let applied), .object(var result)) where schema.topology != .atomic:
      for (key, value) in applied {
        result[key] = result[key].map { merge(value, into: $0, schema.property(key) ?? .any) } ?? value
      }
      return .object(result)
    case (.array(let applied), .array(let present)) where schema.isKeyed:
      var result = present
      for element in applied {
        let identity = schema.identity(ofElement: element)
        if let index = result.firstIndex(where: { schema.identity(ofElement: $0) == identity }) {
          result[index] = merge(element, into: result[index], schema.element)
        } else {
          result.append(element)
        }
      }
      return .array(result)
    default:
      return configuration
    }
  }

  /// Removes fields from an object; an object that becomes empty by that goes too.
  static func remove(_ fields: FieldSet, from value: JSONValue, _ schema: Schema) -> JSONValue? {
    if fields.isMember, fields.children.isEmpty { return nil }
    switch value {
    case .object(var object) where schema.topology != .atomic:
      for (key, child) in object {
        guard let below = fields.children[FieldSet.field(key)] else { continue }
        object[key] = remove(below, from: child, schema.property(key) ?? .any)
      }
      return object.isEmpty ? nil : .object(object)
    case .array(let elements) where schema.isKeyed:
      let rest = elements.compactMap { element -> JSONValue? in
        guard let part = FieldSet.element(element, of: schema), let below = fields.children[part] else {
          return element
        }
        // An element that its owner gave up goes as a whole.
        return below.isMember ? nil : remove(below, from: element, schema.element)
      }
      return rest.isEmpty ? nil : .array(rest)
    default:
      return value
    }
  }

  /// Records an apply: the manager owns exactly what its configuration sets.
  ///
  /// - Throws: 409 with one cause for each field that another manager owns at another value, unless forced.
  static func record(
    _ applied: ManagedFields.Entry, in fields: inout ManagedFields, changes: FieldSet, force: Bool
  ) throws(StatusError) {
    var conflicts: [(manager: ManagedFields.Entry, path: [String])] = []
    for index in fields.entries.indices where !fields.entries[index].isOf(applied) {
      let taken = fields.entries[index].fields.intersection(changes)
      conflicts += taken.paths.map { (fields.entries[index], $0) }
      fields.entries[index].fields = fields.entries[index].fields.subtracting(taken)
    }
    guard force || conflicts.isEmpty else { throw conflictError(conflicts) }
    if let index = fields.entries.firstIndex(where: { $0.isOf(applied) }) {
      // An apply that sets the same fields again keeps its time, so that it changes nothing.
      if fields.entries[index].fields != applied.fields { fields.entries[index] = applied }
    } else {
      fields.entries.append(applied)
    }
  }

  private static func conflictError(_ conflicts: [(manager: ManagedFields.Entry, path: [String])]) -> StatusError {
    let lines = conflicts.map { conflict in
      (
        holder: "conflict with \(description(of: conflict.manager))",
        field: FieldSet.description(of: conflict.path)
      )
    }
    let count = lines.count == 1 ? "1 conflict" : "\(lines.count) conflicts"
    let list: String
    if lines.count == 1 {
      list = "\(lines[0].holder): \(lines[0].field)"
    } else {
      let byHolder = Dictionary(grouping: lines, by: \.holder).sorted { $0.key < $1.key }
      list = byHolder.map { "\($0.key):\n" + $0.value.map { "- \($0.field)" }.joined(separator: "\n") }
        .joined(separator: "\n")
    }
    return StatusError(
      code: 409, reason: "Conflict", message: "Apply failed with \(count): \(list)",
      details: [
        "causes": .array(
          lines.map {
            ["reason": "FieldManagerConflict", "message": .string($0.holder), "field": .string($0.field)]
          })
      ])
  }

  private static func description(of manager: ManagedFields.Entry) -> String {
    var text = JSONValue.string(manager.manager).jsonText
    if !manager.subresource.isEmpty { text += " with subresource \"\(manager.subresource)\"" }
    if manager.operation == .update { text += " using \(manager.apiVersion)" }
    return text
  }
}
