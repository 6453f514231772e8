@testable import APIServerDouble

/// A policy that sets every field of the CRD at once, each to a value of its own. What goes together is left aside: the
/// model reads it all, and the rules are tested elsewhere.
struct FullPolicy {
  /// A field of the schema that is set, and where it is in the document.
  struct Leaf {
    let schemaPath: String
    fileprivate let keys: [Key]
  }

  /// A step into a document.
  fileprivate enum Key {
    case member(String)
    case element(Int)
  }

  private var document: JSONValue
  private(set) var leaves: [Leaf] = []
  /// Every text and number of the document, as text.
  private(set) var values: Set<String> = []
  private var count: Int64 = 1_000

  init(_ definition: PolicyDefinition) throws {
    document = [
      "apiVersion": "gateway.kgateway.dev/v1alpha1", "kind": .string(definition.kind.rawValue),
      "metadata": ["name": "full", "namespace": "shop"],
    ]
    let spec = try definition.root["spec"].unwrapped("the schema has no spec")
    document["spec"] = value(of: spec, at: [.member("spec")])
  }

  /// The policy, in JSON.
  var json: [UInt8] { document.jsonBytes }

  /// The policy with another value at one field, in JSON.
  func json(changing leaf: Leaf) -> [UInt8] {
    let changed = document.mapping(leaf.keys[...]) { value in
      switch value {
      case .integer(let integer): .integer(integer + 30_000)
      case .string(let string): .string(string + "-other")
      case .bool(let bool): .bool(!bool)
      default: .null
      }
    }
    return changed.jsonBytes
  }

  private mutating func value(of node: SchemaNode, at keys: [Key]) -> JSONValue {
    if node.isIntegerOrString { return leaf(.string(text()), of: node, at: keys) }
    if node.isOpen { return openValue(of: node, at: keys) }
    switch node.type {
    case "array":
      guard let items = node.items else { return [] }
      return .array([value(of: items, at: keys + [.element(0)])])
    case "object":
      var members: [(String, JSONValue)] = node.properties.map { name, property in
        (name, value(of: property, at: keys + [.member(name)]))
      }
      if let values = node.additionalProperties {
        let name = text()
        members.append((name, value(of: values, at: keys + [.member(name)])))
      }
      // An object without fields says all by being there.
      if members.isEmpty { leaves.append(Leaf(schemaPath: node.path, keys: keys)) }
      return .object(JSONObject(members))
    case "string": return leaf(.string(text()), of: node, at: keys)
    case "integer", "number": return leaf(.integer(number()), of: node, at: keys)
    default: return leaf(true, of: node, at: keys)
    }
  }

  /// What the schema leaves to the translator: values inside values, and the members of a format.
  private mutating func openValue(of node: SchemaNode, at keys: [Key]) -> JSONValue {
    if node.path.hasSuffix(".arrayValue[]") {
      return ["stringValue": leaf(.string(text()), of: node, at: keys + [.member("stringValue")])]
    }
    if node.path.hasSuffix(".kvListValue.values[]") {
      let path = keys + [.member("value"), .member("stringValue")]
      let key = leaf(.string(text()), of: node, at: keys + [.member("key")])
      return ["key": key, "value": ["stringValue": leaf(.string(text()), of: node, at: path)]]
    }
    let name = text()
    return .object(JSONObject([(name, leaf(.string(text()), of: node, at: keys + [.member(name)]))]))
  }

  private mutating func leaf(_ value: JSONValue, of node: SchemaNode, at keys: [Key]) -> JSONValue {
    leaves.append(Leaf(schemaPath: node.path, keys: keys))
    return value
  }

  private mutating func number() -> Int64 {
    count += 1
    values.insert("\(count)")
    return count
  }

  private mutating func text() -> String {
    count += 1
    let text = "value-\(count)"
    values.insert(text)
    return text
  }
}

extension JSONValue {
  fileprivate func mapping(_ keys: ArraySlice<FullPolicy.Key>, _ change: (JSONValue) -> JSONValue) -> JSONValue {
    guard let key = keys.first else { return change(self) }
    switch (key, self) {
    case (.member(let name), .object(var members)):
      members[name] = members[name]?.mapping(keys.dropFirst(), change)
      return .object(members)
    case (.element(let index), .array(var elements)) where elements.indices.contains(index):
      elements[index] = elements[index].mapping(keys.dropFirst(), change)
      return .array(elements)
    default: return self
    }
  }
}
