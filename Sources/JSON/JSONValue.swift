/// A member of a JSON object.
package struct JSONMember: Sendable, Hashable {
  package var key: String
  package var value: JSONValue

  package init(key: String, value: JSONValue) {
    self.key = key
    self.value = value
  }
}

/// Any JSON value, for the few fields whose shape is free (an access log's `jsonFormat`).
package indirect enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  /// A number without fraction and exponent that fits in 64 bits.
  case integer(Int64)
  /// Every other number.
  case number(Double)
  case string(String)
  case array([JSONValue])
  /// Members in the document's order, no key twice.
  case object([JSONMember])

  /// The value's kind.
  package var kind: JSONKind {
    switch self {
    case .null: .null
    case .bool: .bool
    case .integer, .number: .number
    case .string: .string
    case .array: .array
    case .object: .object
    }
  }

  /// The member of an object with a key; nil where there is none, or where this is no object.
  package subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }
}

extension JSONReader {
  /// Reads any value whole.
  ///
  /// Of a key that stands twice in an object the last value counts, at the first one's place: an API server does the
  /// same with custom resources.
  package mutating func readValue() throws(JSONError) -> JSONValue {
    switch try peekKind() {
    case .null:
      _ = try readNull()
      return .null
    case .bool:
      return .bool(try readBool())
    case .number:
      return try readNumber()
    case .string:
      return .string(try readString())
    case .array:
      var elements: [JSONValue] = []
      try readArray { reader, _ throws(JSONError) in elements.append(try reader.readValue()) }
      return .array(elements)
    case .object:
      return .object(try readMembers())
    }
  }

  private mutating func readMembers() throws(JSONError) -> [JSONMember] {
    var members: [JSONMember] = []
    // Made once the object is large: to look through a few members is cheaper than to hash their keys.
    var places: [String: Int] = [:]
    try readObject { reader, key throws(JSONError) in
      let member = JSONMember(key: key.string, value: try reader.readValue())
      if members.count == 16 {
        places = Dictionary(uniqueKeysWithValues: members.indices.map { (members[$0].key, $0) })
      }
      let place = places.isEmpty ? members.firstIndex { $0.key == member.key } : places[member.key]
      if let place {
        members[place] = member
      } else {
        if !places.isEmpty { places[member.key] = members.count }
        members.append(member)
      }
    }
    return members
  }
}

extension JSONWriter {
  /// Writes any value.
  package mutating func value(_ value: JSONValue) {
    switch value {
    case .null: null()
    case .bool(let value): bool(value)
    case .integer(let value): int(value)
    case .number(let value): double(value)
    case .string(let value): string(value)
    case .array(let elements):
      array { writer in
        for element in elements { writer.value(element) }
      }
    case .object(let members):
      object { writer in
        for member in members {
          writer.key(member.key)
          writer.value(member.value)
        }
      }
    }
  }
}
