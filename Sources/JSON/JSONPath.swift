/// The notation of paths in `JSONError`, `JSONReader.unknownFields`, and all that looks values up by them.
package enum JSONPath {
  /// A key as a component: `spec`, or `["app.kubernetes.io/name"]` where the plain form would be ambiguous.
  package static func component(key: String) -> String {
    let isPlain = !key.isEmpty && key.utf8.allSatisfy(isPlain)
    if isPlain { return key }
    var writer = JSONWriter()
    writer.string(key)
    return "[" + String(decoding: writer.bytes, as: UTF8.self) + "]"
  }

  /// An index as a component: `[3]`.
  package static func component(index: Int) -> String {
    "[\(index)]"
  }

  /// A component, or a path, followed by a path inside it.
  package static func join(_ outer: String, _ inner: String) -> String {
    if outer.isEmpty { return inner }
    if inner.isEmpty { return outer }
    return inner.utf8.first == UInt8(ascii: "[") ? outer + inner : outer + "." + inner
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "$"):
      true
    default: false
    }
  }
}
