extension Schema {
  /// Reads a CRD's `openAPIV3Schema`. CEL rules are not evaluated, and of `anyOf`, `oneOf`, `not` nothing is read.
  init(openAPI document: JSONValue) {
    self.init(type: document["type"]?.stringValue.flatMap(ValueType.init(rawValue:)))
    for (name, property) in document["properties"]?.objectValue ?? [:] {
      properties.append((name: name, schema: Schema(openAPI: property)))
    }
    if let element = document["items"] { items = [Schema(openAPI: element)] }
    if let value = document["additionalProperties"], value.objectValue != nil {
      additionalProperties = [Schema(openAPI: value)]
    }
    preservesUnknownFields = document["x-kubernetes-preserve-unknown-fields"]?.boolValue ?? false
    acceptsIntegerOrString = document["x-kubernetes-int-or-string"]?.boolValue ?? false
    required = (document["required"]?.arrayValue ?? []).compactMap(\.stringValue)
    enumeration = document["enum"]?.arrayValue ?? []
    defaultValue = document["default"]
    nullable = document["nullable"]?.boolValue ?? false
    minimum = document["minimum"]?.doubleValue
    maximum = document["maximum"]?.doubleValue
    minimumCount = Self.count(["minItems", "minLength", "minProperties"], of: document)
    maximumCount = Self.count(["maxItems", "maxLength", "maxProperties"], of: document)
    pattern = document["pattern"]?.stringValue
    topology = Self.topology(of: document, type: type)
  }

  /// The schema of a whole custom resource: a CRD leaves `metadata` to the server.
  init(customResource document: JSONValue) {
    self.init(openAPI: document)
    properties.removeAll { ["kind", "apiVersion", "metadata"].contains($0.name) }
    properties += [
      (name: "kind", schema: .string), (name: "apiVersion", schema: .string), (name: "metadata", schema: .objectMeta),
    ]
  }

  /// A schema bounds the size of the type that it has, so it has one of these at most.
  private static func count(_ keywords: [String], of document: JSONValue) -> Int? {
    keywords.lazy.compactMap { document[$0]?.integerValue }.first.map(Int.init)
  }

  private static func topology(of document: JSONValue, type: ValueType?) -> Topology {
    switch (type, document["x-kubernetes-list-type"]?.stringValue, document["x-kubernetes-map-type"]?.stringValue) {
    case (.array, "set", _): .set
    case (.array, "map", _):
      .map(keys: (document["x-kubernetes-list-map-keys"]?.arrayValue ?? []).compactMap(\.stringValue))
    case (.array, _, _): .atomic
    case (.object, _, "atomic"): .atomic
    default: .granular
    }
  }
}

extension JSONValue {
  fileprivate var doubleValue: Double? {
    switch self {
    case .integer(let integer): Double(integer)
    case .number(let number): number
    default: nil
    }
  }
}
