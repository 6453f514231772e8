/// The three patch formats that need nothing but the object (and, for the strategic one, its merge keys).
enum Patch {
  /// RFC 7386.
  static func merge(_ patch: JSONValue, into value: JSONValue) -> JSONValue {
    guard case .object(let changes) = patch else { return patch }
    var result = value.objectValue ?? [:]
    for (key, change) in changes {
      result[key] = change == .null ? nil : merge(change, into: result[key] ?? .null)
    }
    return .object(result)
  }

  /// Kubernetes' own merge patch: lists with a merge key are merged by it; `$patch: delete` or `replace` and
  /// `$deleteFromPrimitiveList` and `$setElementOrder` are its directives, the last of which needs no action here.
  static func strategicMerge(_ patch: JSONValue, into value: JSONValue, _ schema: Schema) -> JSONValue {
    switch patch {
    case .object(let changes):
      return strategicMerge(changes, into: value.objectValue ?? [:], schema)
    case .array(let elements) where schema.isKeyed:
      return .array(strategicMerge(elements, into: value.arrayValue ?? [], schema))
    default:
      return patch
    }
  }

  private static func strategicMerge(
    _ changes: JSONObject, into object: JSONObject, _ schema: Schema
  ) -> JSONValue {
    if changes["$patch"] == "replace" {
      return .object(JSONObject(changes.filter { $0.key != "$patch" }.map { ($0.key, $0.value) }))
    }
    var result = object
    for (key, change) in changes where !key.hasPrefix("$") {
      result[key] =
        change == .null ? nil : strategicMerge(change, into: result[key] ?? .null, schema.property(key) ?? .any)
    }
    for (key, change) in changes where key.hasPrefix("$deleteFromPrimitiveList/") {
      let field = String(key.dropFirst("$deleteFromPrimitiveList/".count))
      let gone = change.arrayValue ?? []
      result[field] = result[field].map { .array(($0.arrayValue ?? []).filter { !gone.contains($0) }) }
    }
    return .object(result)
  }

  private static func strategicMerge(
    _ changes: [JSONValue], into elements: [JSONValue], _ schema: Schema
  ) -> [JSONValue] {
    if changes.contains(where: { $0["$patch"] == "replace" }) { return changes.filter { $0["$patch"] == nil } }
    var result = elements
    for change in changes {
      let identity = schema.identity(ofElement: change)
      let index = result.firstIndex { schema.identity(ofElement: $0) == identity }
      switch (index, change["$patch"] == "delete") {
      case (let index?, true): result.remove(at: index)
      case (let index?, false): result[index] = strategicMerge(change, into: result[index], schema.element)
      case (nil, false): result.append(change)
      case (nil, true): break
      }
    }
    return result
  }
}
