/// A JSON document whose objects keep the order of their members, as the API server's answers have a fixed order.
///
/// The double has its own parser and writer, so that the product's `JSON` module is tested against something else.
package enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  /// The string, if it is one.
  package var stringValue: String? {
    if case .string(let string) = self { return string }
    return nil
  }

  /// The number, if it is a whole one.
  package var integerValue: Int64? {
    if case .integer(let integer) = self { return integer }
    return nil
  }

  /// The Boolean, if it is one.
  package var boolValue: Bool? {
    if case .bool(let bool) = self { return bool }
    return nil
  }

  /// The elements, if it is an array.
  package var arrayValue: [JSONValue]? {
    if case .array(let elements) = self { return elements }
    return nil
  }

  /// The members, if it is an object.
  package var objectValue: JSONObject? {
    if case .object(let object) = self { return object }
    return nil
  }

  /// The member of an object; nil where this is no object or has no such member.
  /// Setting one turns whatever was here into an object; setting nil removes the member.
  package subscript(key: String) -> JSONValue? {
    get {
      if case .object(let object) = self { return object[key] }
      return nil
    }
    set {
      var object = objectValue ?? [:]
      object[key] = newValue
      self = .object(object)
    }
  }

  /// The value at a path of members, such as `value[["metadata", "name"]]`. Setting makes the objects on the way.
  package subscript(path: [String]) -> JSONValue? {
    get {
      var value: JSONValue? = self
      for key in path { value = value?[key] }
      return value
    }
    set {
      guard let first = path.first else {
        self = newValue ?? .null
        return
      }
      guard path.count > 1 else {
        self[first] = newValue
        return
      }
      if newValue == nil, self[first] == nil { return }
      var child = self[first] ?? [:]
      child[Array(path.dropFirst())] = newValue
      self[first] = child
    }
  }

  /// The same document with the members of every object in alphabetical order, as the server writes custom resources.
  package var sortedByKey: JSONValue {
    switch self {
    case .object(let object):
      .object(JSONObject(object.sorted { $0.key < $1.key }.map { ($0.key, $0.value.sortedByKey) }))
    case .array(let elements):
      .array(elements.map(\.sortedByKey))
    default:
      self
    }
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByFloatLiteral
{
  /// A string, written as such.
  package init(stringLiteral value: String) { self = .string(value) }
  /// A whole number, written as such.
  package init(integerLiteral value: Int64) { self = .integer(value) }
  /// A Boolean, written as such.
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A number, written as such.
  package init(floatLiteral value: Double) { self = .number(value) }
  /// An array, written as such.
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// An object, written as such; its members keep their order.
  package init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}

/// The members of a JSON object, in order. Two objects are equal when they have the same members in any order.
package struct JSONObject: Sendable {
  private(set) var members: [(key: String, value: JSONValue)]

  /// Takes members as they are; of two with the same key the later one wins, in the place of the first.
  package init(_ members: [(String, JSONValue)]) {
    self.members = []
    self.members.reserveCapacity(members.count)
    for (key, value) in members { self[key] = value }
  }

  /// The value of a member; setting nil removes it, and a new one goes to the end.
  package subscript(key: String) -> JSONValue? {
    get { members.first { $0.key == key }?.value }
    set {
      let index = members.firstIndex { $0.key == key }
      switch (index, newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?): members.append((key, value))
      case (nil, nil): break
      }
    }
  }

  /// The names of the members, in order.
  package var keys: [String] { members.map(\.key) }
}

extension JSONObject: Sequence {
  /// Goes through the members in order.
  package func makeIterator() -> IndexingIterator<[(key: String, value: JSONValue)]> { members.makeIterator() }
  /// Whether there is no member.
  package var isEmpty: Bool { members.isEmpty }
  /// The number of members.
  package var count: Int { members.count }
}

extension JSONObject: Equatable {
  /// Whether both have the same members, in whatever order.
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.count == right.count && left.members.allSatisfy { right[$0.key] == $0.value }
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  /// An object, written as such.
  package init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}
