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
  @usableFromInline let count: Int

  init(bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    count = bytes.count
  }

  /// The key as text.
  package var string: String {
    String(decoding: bytes, as: UTF8.self)
  }

  package var description: String { string }

  /// Whether the key is exactly these bytes; keys are case-sensitive, as the API server's are.
  ///
  /// Inlined, so that most of a `switch` is comparing numbers.
  @inlinable
  package static func ~= (literal: StaticString, key: JSONKey) -> Bool {
    literal.utf8CodeUnitCount == key.count && key.hasBytes(of: literal)
  }

  /// Whether the key is exactly these bytes.
  @inlinable
  package static func == (key: JSONKey, literal: StaticString) -> Bool {
    literal ~= key
  }

  @usableFromInline
  func hasBytes(of literal: StaticString) -> Bool {
    literal.withUTF8Buffer { literal in
      let bytes = bytes.span
      for index in 0..<min(bytes.count, literal.count) where bytes[index] != literal[index] { return false }
      return bytes.count == literal.count
    }
  }
}
