/// RFC 6902.
enum JSONPatch {
  static func apply(_ operations: JSONValue, to value: JSONValue) throws(StatusError) -> JSONValue {
    var result = value
    for operation in operations.arrayValue ?? [] {
      guard let name = operation["op"]?.stringValue, let path = operation["path"]?.stringValue else {
        throw .badRequest("a JSON patch operation needs op and path: \(operation.jsonText)")
      }
      let target = parts(of: path)
      switch name {
      case "add":
        result = try edit(result, target[...], path) { _ in .insert(operation["value"] ?? .null) }
      case "replace":
        result = try edit(result, target[...], path) { $0 == nil ? .fail : .set(operation["value"] ?? .null) }
      case "remove":
        result = try edit(result, target[...], path) { $0 == nil ? .fail : .remove }
      case "test":
        guard find(target, in: result) == operation["value"] else {
          throw unprocessable("testing value \(path) failed")
        }
      case "move", "copy":
        let source = parts(of: operation["from"]?.stringValue ?? "")
        guard let moved = find(source, in: result) else { throw missing(path) }
        if name == "move" { result = try edit(result, source[...], path) { _ in .remove } }
        result = try edit(result, target[...], path) { _ in .insert(moved) }
      default:
        throw .badRequest("unexpected kind: \(name)")
      }
    }
    return result
  }

  private enum Edit { case insert(JSONValue), set(JSONValue), remove, fail }

  private static func parts(of pointer: String) -> [String] {
    pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
      String($0.replacing("~1", with: "/").replacing("~0", with: "~"))
    }
  }

  private static func find(_ path: [String], in value: JSONValue) -> JSONValue? {
    var value = value
    for part in path {
      if let elements = value.arrayValue {
        guard let index = Int(part), elements.indices.contains(index) else { return nil }
        value = elements[index]
      } else {
        guard let child = value[part] else { return nil }
        value = child
      }
    }
    return value
  }

  private static func edit(
    _ value: JSONValue, _ path: ArraySlice<String>, _ whole: String, _ change: (JSONValue?) -> Edit
  ) throws(StatusError) -> JSONValue {
    guard let first = path.first else {
      if case .insert(let new) = change(value) { return new }
      if case .set(let new) = change(value) { return new }
      throw missing(whole)
    }
    let isLast = path.count == 1
    if var elements = value.arrayValue {
      let index = first == "-" ? elements.count : Int(first) ?? -1
      guard index >= 0, index <= elements.count else { throw missing(whole) }
      let current = index < elements.count ? elements[index] : nil
      if isLast {
        switch change(current) {
        case .insert(let new): elements.insert(new, at: index)
        case .set(let new): elements[index] = new
        case .remove: elements.remove(at: index)
        case .fail: throw missing(whole)
        }
      } else {
        guard let current else { throw missing(whole) }
        elements[index] = try edit(current, path.dropFirst(), whole, change)
      }
      return .array(elements)
    }
    guard var object = value.objectValue else { throw missing(whole) }
    if isLast {
      switch change(object[first]) {
      case .insert(let new), .set(let new): object[first] = new
      case .remove: object[first] = nil
      case .fail: throw missing(whole)
      }
    } else {
      guard let child = object[first] else { throw missing(whole) }
      object[first] = try edit(child, path.dropFirst(), whole, change)
    }
    return .object(object)
  }

  private static func missing(_ path: String) -> StatusError {
    unprocessable("the path \(path) of the patch does not exist in the object")
  }

  private static func unprocessable(_ message: String) -> StatusError {
    StatusError(
      code: 422, reason: "Invalid",
      message: "the server rejected our request due to an error in our request: \(message)")
  }
}
