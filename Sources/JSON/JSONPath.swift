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

  /// One step of a path.
  package enum Component: Hashable, Sendable {
    case key(String)
    case index(Int)
  }

  /// The steps of a path; what is not in the notation ends it.
  package static func components(of path: String) -> [Component] {
    var components: [Component] = []
    var rest = Array(path.utf8)[...]
    while let first = rest.first {
      if first == UInt8(ascii: "[") {
        guard let component = bracketed(&rest) else { return components }
        components.append(component)
      } else {
        if first == UInt8(ascii: "."), !components.isEmpty { rest.removeFirst() }
        let key = rest.prefix(while: isPlain)
        guard !key.isEmpty else { return components }
        components.append(.key(String(decoding: key, as: UTF8.self)))
        rest.removeFirst(key.count)
      }
    }
    return components
  }

  /// Takes `[3]` or `["a.b"]` from the beginning.
  private static func bracketed(_ rest: inout ArraySlice<UInt8>) -> Component? {
    var reader = JSONReader(rest)
    var component: Component?
    do throws(JSONError) {
      try reader.readArray { reader, _ throws(JSONError) in
        component = try reader.peekKind() == .string ? .key(reader.readString()) : .index(reader.readInt())
      }
    } catch {
      return nil
    }
    rest.removeFirst(reader.offset)
    return component
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
