/// What the double knows of the shape of a value: the part of a CRD's structural schema that decides what is stored.
struct Schema: Sendable {
  enum ValueType: String, Sendable {
    case object, array, string, integer, number, boolean
  }

  /// How server-side apply sees a list or a map: as one value, or element by element.
  enum Topology: Sendable, Equatable {
    case granular
    case atomic
    case set
    case map(keys: [String])
  }

  /// nil: any value.
  var type: ValueType?
  /// In the order in which a built-in kind is written.
  var properties: [(name: String, schema: Schema)] = []
  /// Of a list's elements; one or none (an array, because a struct cannot hold itself).
  var items: [Schema] = []
  /// Of a map's values; one or none.
  var additionalProperties: [Schema] = []
  var topology: Topology = .granular
  var preservesUnknownFields = false
  var required: [String] = []
  var defaultValue: JSONValue?
  var enumeration: [JSONValue] = []
  var minimum: Double?
  var maximum: Double?
  var minimumCount: Int?
  var maximumCount: Int?
  var pattern: String?
  var nullable = false
  var acceptsIntegerOrString = false

  /// The schema of an object's member; nil where the schema does not name it.
  func property(_ name: String) -> Schema? {
    properties.first { $0.name == name }?.schema ?? additionalProperties.first
  }

  /// True where a member is a field of the schema, and not a key of a map.
  func isField(_ name: String) -> Bool { properties.contains { $0.name == name } }

  /// True where a member that the schema does not name is kept.
  var isOpen: Bool { type == nil || preservesUnknownFields }

  var element: Schema { items.first ?? .any }
}

// MARK: Short forms for the tables of kinds

extension Schema {
  static let any = Schema(type: nil, preservesUnknownFields: true)
  static let string = Schema(type: .string)
  static let integer = Schema(type: .integer)
  static let boolean = Schema(type: .boolean)
  static let integerOrString = Schema(type: nil, acceptsIntegerOrString: true)
  static let port = Schema(type: .integer, minimum: 1, maximum: 65535)
  static let openObject = Schema(type: .object, preservesUnknownFields: true)

  static func oneOf(_ values: String..., default value: String? = nil) -> Schema {
    Schema(type: .string, defaultValue: value.map(JSONValue.string), enumeration: values.map(JSONValue.string))
  }

  static func string(default value: String) -> Schema { Schema(type: .string, defaultValue: .string(value)) }

  static func map(of value: Schema = .string) -> Schema { Schema(type: .object, additionalProperties: [value]) }

  static func object(
    _ properties: KeyValuePairs<String, Schema>, required: [String] = [], default value: JSONValue? = nil
  ) -> Schema {
    Schema(
      type: .object, properties: properties.map { (name: $0.key, schema: $0.value) }, required: required,
      defaultValue: value)
  }

  static func list(
    of element: Schema, _ topology: Topology = .atomic, default value: JSONValue? = nil, most: Int? = nil
  ) -> Schema {
    Schema(type: .array, items: [element], topology: topology, defaultValue: value, maximumCount: most)
  }

  /// An object that server-side apply takes as one value.
  var atomic: Schema {
    var schema = self
    schema.topology = .atomic
    return schema
  }

  /// An object that also keeps what the schema does not name.
  var open: Schema {
    var schema = self
    schema.preservesUnknownFields = true
    return schema
  }

  /// The `metadata` of every object.
  static let objectMeta = Schema.object([
    "name": .string, "generateName": .string, "namespace": .string, "selfLink": .string, "uid": .string,
    "resourceVersion": .string, "generation": .integer, "creationTimestamp": .string, "deletionTimestamp": .string,
    "deletionGracePeriodSeconds": .integer, "labels": .map(), "annotations": .map(),
    "ownerReferences": .list(of: .openObject, .map(keys: ["uid"])),
    "finalizers": .list(of: .string, .set),
    "managedFields": .list(
      of: .object([
        "manager": .string, "operation": .string, "apiVersion": .string, "time": .string, "fieldsType": .string,
        "fieldsV1": .openObject, "subresource": .string,
      ]).open),
  ])

  /// The whole object: the members that every kind has, and its own.
  static func root(_ properties: KeyValuePairs<String, Schema>, required: [String] = []) -> Schema {
    var schema = Schema.object(properties, required: required)
    schema.properties =
      [(name: "kind", schema: .string), (name: "apiVersion", schema: .string), (name: "metadata", schema: .objectMeta)]
      + schema.properties
    return schema
  }
}
