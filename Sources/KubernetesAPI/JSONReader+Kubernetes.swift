import JSON

extension JSONReader {
  /// Reads an object field by field as Kubernetes has it: a field that is null is the same as an absent one.
  mutating func readFields(
    _ field: (inout JSONReader, JSONKey) throws(JSONError) -> Void
  ) throws(JSONError) {
    try readObject { reader, key throws(JSONError) in
      if try reader.readNull() { return }
      try field(&reader, key)
    }
  }

  /// Reads an object that has `metadata`, and returns that; the closure reads the other fields but `apiVersion` and
  /// `kind`, by which the caller knew what to read.
  mutating func readResource(
    keeping kept: KeptMetadata = .all, _ field: (inout JSONReader, JSONKey) throws(JSONError) -> Void
  ) throws(JSONError) -> ObjectMeta {
    var metadata: ObjectMeta?
    try readFields { reader, key throws(JSONError) in
      switch key {
      case "apiVersion", "kind": try reader.skipValue()
      case "metadata":
        let named = try ObjectMeta(from: &reader, keeping: kept)
        if named.name.isEmpty { throw reader.missing("name") }
        metadata = named
      default: try field(&reader, key)
      }
    }
    guard let metadata else { throw missing("metadata") }
    return metadata
  }

  /// Reads an object that has one field, and returns that; nil where it is absent.
  mutating func readMember<Value>(
    _ name: StaticString, _ read: (inout JSONReader) throws(JSONError) -> Value
  ) throws(JSONError) -> Value? {
    var value: Value?
    try readFields { reader, key throws(JSONError) in
      if key == name { value = try read(&reader) } else { try reader.skipUnknownField(key) }
    }
    return value
  }

  /// Reads an object that has no fields, and only says something by being there.
  /// - Returns: true.
  mutating func readEmptyObject() throws(JSONError) -> Bool {
    try readFields { reader, key throws(JSONError) in try reader.skipUnknownField(key) }
    return true
  }

  /// Reads an object whose values are all strings; a null is the empty string, as in an API server.
  mutating func readStringMap() throws(JSONError) -> [String: String] {
    var map: [String: String] = [:]
    try readObject { reader, key throws(JSONError) in
      map[key.string] = try reader.readNull() ? "" : reader.readString()
    }
    return map
  }

  /// Passes over a string that nobody needs. What is none is an error, as where it is read.
  mutating func passString() throws(JSONError) {
    guard try peekKind() == .string else {
      _ = try readString()
      return
    }
    try skipValue()
  }

  /// Reads the conditions of a status. What is the same text in two that follow each other is one text in memory: their
  /// times are, mostly, and their messages often.
  mutating func readConditions() throws(JSONError) -> [Condition] {
    var conditions: [Condition] = []
    try readArray { reader, _ throws(JSONError) in
      var condition = try Condition(from: &reader)
      if let last = conditions.last {
        if condition.lastTransitionTime == last.lastTransitionTime {
          condition.lastTransitionTime = last.lastTransitionTime
        }
        if condition.message == last.message { condition.message = last.message }
        if condition.reason == last.reason { condition.reason = last.reason }
      }
      conditions.append(condition)
    }
    return conditions
  }

  /// Reads the number of a port.
  mutating func readPort() throws(JSONError) -> Int {
    let start = offset
    let port = try readInt()
    guard (1...65535).contains(port) else {
      throw error("expected a port from 1 to 65535, found \(port)", at: start)
    }
    return port
  }

  /// The error that an object, which was just read, lacks a field that it must have.
  func missing(_ field: StaticString) -> JSONError {
    error("\(field) is missing")
  }

  /// The value of a field that must be there.
  func required<Value>(_ value: Value?, _ field: StaticString) throws(JSONError) -> Value {
    guard let value else { throw missing(field) }
    return value
  }
}
