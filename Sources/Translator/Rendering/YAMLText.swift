package import JSON

/// Writes a JSON value as YAML for people: block style, lists at the depth of their key, quotes only where the plain
/// text would read as something else.
package enum YAMLText {
  package static func encode(_ value: JSONValue) -> String {
    var writer = YAMLBlockWriter()
    writer.write(value, indent: 0, isAfterDash: false)
    return writer.text
  }
}

private struct YAMLBlockWriter {
  private(set) var text = ""

  /// - Parameter isAfterDash: whether the first line goes on behind the `- ` of a list.
  mutating func write(_ value: JSONValue, indent: Int, isAfterDash: Bool) {
    switch value {
    case .object(let members) where !members.isEmpty:
      for (index, member) in members.enumerated() {
        if index > 0 || !isAfterDash { pad(indent) }
        text += "\(Self.scalar(member.key)):"
        write(member: member.value, indent: indent)
      }
    case .array(let elements) where !elements.isEmpty:
      for (index, element) in elements.enumerated() {
        if index > 0 || !isAfterDash { pad(indent) }
        text += "- "
        write(element, indent: indent + 2, isAfterDash: true)
      }
    default:
      text += "\(Self.inline(value))\n"
    }
  }

  private mutating func write(member value: JSONValue, indent: Int) {
    switch value {
    case .object(let members) where !members.isEmpty:
      text += "\n"
      write(value, indent: indent + 2, isAfterDash: false)
    case .array(let elements) where !elements.isEmpty:
      text += "\n"
      write(value, indent: indent, isAfterDash: false)
    default:
      text += " \(Self.inline(value))\n"
    }
  }

  private mutating func pad(_ indent: Int) {
    text += String(repeating: " ", count: indent)
  }

  private static func inline(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .number(let value): Int64(exactly: value).map { String($0) } ?? value.description
    case .string(let value): scalar(value)
    case .array: "[]"
    case .object: "{}"
    }
  }

  private static func scalar(_ value: String) -> String {
    if isPlain(value) { return value }
    var writer = JSONWriter()
    writer.string(value)
    let quoted = String(decoding: writer.bytes, as: UTF8.self)
    // JSON's quoted strings are YAML's as well, but for these: to YAML they are line breaks, or not printable.
    guard quoted.unicodeScalars.contains(where: mustBeEscaped) else { return quoted }
    return quoted.unicodeScalars.reduce(into: "") { text, scalar in
      if mustBeEscaped(scalar) {
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
  }

  private static func mustBeEscaped(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: true
    default: false
    }
  }

  private static let words: Set<String> = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]

  /// Whether the text can stand without quotes; where in doubt it cannot.
  private static func isPlain(_ value: String) -> Bool {
    guard let first = value.utf8.first, isLetter(first) || first == UInt8(ascii: "/") else { return false }
    guard value.utf8.last != UInt8(ascii: " "), value.utf8.last != UInt8(ascii: ":") else { return false }
    let isSafe = value.utf8.allSatisfy {
      isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || " _-./~@+:;=,()'".utf8.contains($0)
    }
    return isSafe && !value.contains(": ") && !words.contains(value.lowercased())
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}
