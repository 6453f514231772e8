package import JSON

/// Writes a JSON value for people: a member or element on a line of its own, two spaces of indent a level.
package enum JSONText {
  package static func encode(_ value: JSONValue) -> String {
    lines(value, indent: "") + "\n"
  }

  private static func lines(_ value: JSONValue, indent: String) -> String {
    let inner = indent + "  "
    switch value {
    case .object(let members) where !members.isEmpty:
      let parts = members.map { "\(inner)\(compact(.string($0.key))): \(lines($0.value, indent: inner))" }
      return "{\n\(parts.joined(separator: ",\n"))\n\(indent)}"
    case .array(let elements) where !elements.isEmpty:
      let parts = elements.map { "\(inner)\(lines($0, indent: inner))" }
      return "[\n\(parts.joined(separator: ",\n"))\n\(indent)]"
    default:
      return compact(value)
    }
  }

  private static func compact(_ value: JSONValue) -> String {
    var writer = JSONWriter()
    writer.value(value)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
