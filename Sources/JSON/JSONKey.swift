/// The key of an object's member, as bytes of the document: comparing it with a literal makes no `String`.
///
/// ```swift
/// switch key {
/// case "name": name = try reader.readString()
/// default: try reader.skipValue()
/// }
/// ```
package struct JSONKey: Sendable, CustomStringConvertible {
  /// UTF-8, escapes resolved.
  let bytes: ArraySlice<UInt8>

  /// The key as text.
  package var string: String {
    String(decoding: bytes, as: UTF8.self)
  }

  package var description: String { string }

  /// Whether the key is exactly these bytes; keys are case-sensitive, as the API server's are.
  package static func ~= (literal: StaticString, key: JSONKey) -> Bool {
    literal.withUTF8Buffer { literal in
      literal.count == key.bytes.count && key.bytes.withUnsafeBufferPointer { literal.elementsEqual($0) }
    }
  }

  /// Whether the key is exactly these bytes.
  package static func == (key: JSONKey, literal: StaticString) -> Bool {
    literal ~= key
  }
}
