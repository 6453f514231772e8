import JSON

/// The unsupported fields of an object while it is read; paths begin at the object that is being read.
struct UnsupportedFields {
  private(set) var fields: [UnsupportedField] = []

  mutating func append(_ path: String, _ value: String) {
    fields.append(UnsupportedField(path: path, value: value))
  }

  mutating func append(_ others: UnsupportedFields) {
    fields += others.fields
  }

  /// The same fields as seen from the object around.
  func inside(_ component: String) -> UnsupportedFields {
    var outer = self
    for index in outer.fields.indices {
      outer.fields[index].path = JSONPath.join(component, outer.fields[index].path)
    }
    return outer
  }

  /// Passes over a field that is not built, and records it; an empty list sets nothing.
  mutating func record(_ key: JSONKey, from reader: inout JSONReader) throws(JSONError) {
    try append(JSONPath.component(key: key.string), Self.readBriefly(from: &reader))
  }

  /// Passes over a field that no version of the kind is known to have.
  ///
  /// An API server drops such fields, so one that arrives is of a newer version, and what it asks for is not built.
  mutating func recordUnknown(_ key: JSONKey, from reader: inout JSONReader) throws(JSONError) {
    var value = reader
    try reader.skipUnknownField(key)
    try record(key, from: &value)
  }

  /// Passes over a list of filters, and records the type of each.
  mutating func recordTypes(_ name: String, from reader: inout JSONReader) throws(JSONError) {
    try reader.readArray { reader, index throws(JSONError) in
      let path = JSONPath.join(name, JSONPath.component(index: index))
      var type: String?
      try reader.readFields { reader, key throws(JSONError) in
        guard key == "type" else { return try reader.skipValue() }
        type = try reader.readString()
      }
      if let type {
        append(JSONPath.join(path, "type"), type)
      } else {
        append(path, "\(JSONKind.object)")
      }
    }
  }

  /// Reads a list whose elements can have unsupported fields themselves.
  mutating func readArray<Element>(
    _ name: String, from reader: inout JSONReader,
    _ element: (inout JSONReader, inout UnsupportedFields) throws(JSONError) -> Element
  ) throws(JSONError) -> [Element] {
    var elements: [Element] = []
    try reader.readArray { reader, index throws(JSONError) in
      var inner = UnsupportedFields()
      elements.append(try element(&reader, &inner))
      if !inner.fields.isEmpty { append(inner.inside(JSONPath.join(name, JSONPath.component(index: index)))) }
    }
    return elements
  }

  private static func readBriefly(from reader: inout JSONReader) throws(JSONError) -> String {
    let kind = try reader.peekKind()
    switch kind {
    case .string: return try reader.readString()
    case .number, .bool: return String(decoding: try reader.readRaw(), as: UTF8.self)
    case .object, .array, .null:
      try reader.skipValue()
      return "\(kind)"
    }
  }
}
