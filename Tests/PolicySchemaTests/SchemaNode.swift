@testable import APIServerDouble

/// One node of an `openAPIV3Schema`, with its path: `spec.accessLog[].filter`, `spec.tracing.customTags.*`.
struct SchemaNode {
  let path: String
  let document: JSONValue

  var type: String? { document["type"]?.stringValue }

  /// Whether a value is a number or a text; such a field has no type.
  var isIntegerOrString: Bool { document["x-kubernetes-int-or-string"] == true }

  var isOpen: Bool { document["x-kubernetes-preserve-unknown-fields"] == true }

  /// The members by their names, in the order of the schema.
  var properties: [(name: String, node: SchemaNode)] {
    (document["properties"]?.objectValue ?? [:]).map { name, schema in
      (name, SchemaNode(path: path.isEmpty ? name : "\(path).\(name)", document: schema))
    }
  }

  var items: SchemaNode? {
    document["items"].map { SchemaNode(path: "\(path)[]", document: $0) }
  }

  /// The values of a map.
  var additionalProperties: SchemaNode? {
    document["additionalProperties"].map { SchemaNode(path: "\(path).*", document: $0) }
  }

  /// This node and all below it.
  var all: [SchemaNode] {
    let children = properties.map(\.node) + [items, additionalProperties].compactMap(\.self)
    return [self] + children.flatMap(\.all)
  }

  /// The member of that name.
  subscript(name: String) -> SchemaNode? {
    properties.first { $0.name == name }?.node
  }
}

extension PolicyDefinition {
  var root: SchemaNode { SchemaNode(path: "", document: openAPI) }
}
