/// A group and a plural name: what a stored object, a list and a watch belong to, whatever the version.
struct GroupResource: Hashable, Sendable, CustomStringConvertible {
  let group: String
  let plural: String

  /// `gateways.gateway.networking.k8s.io`, or `services` in the core group.
  var description: String { group.isEmpty ? plural : "\(plural).\(group)" }
}

/// A column of `kubectl get`.
struct PrinterColumn: Sendable {
  let name: String
  let type: String
  let path: String
  let priority: Int64

  init(_ name: String, _ path: String, type: String = "string", priority: Int64 = 0) {
    self.name = name
    self.path = path
    self.type = type
    self.priority = priority
  }

  static let age = PrinterColumn("Age", ".metadata.creationTimestamp", type: "date")
}

/// A check that a CRD expresses in CEL; the double has it as code.
struct ValidationRule: Sendable {
  let field: String
  let message: String
  let holds: @Sendable (JSONValue) -> Bool
}

/// One served kind, with all that makes the server treat it differently from others.
struct ResourceKind: Sendable {
  enum Origin: Sendable { case builtIn, customResource }

  var group: String
  var version: String
  var kind: String
  var plural: String
  var singular: String
  var shortNames: [String] = []
  var categories: [String] = []
  var isNamespaced = true
  var origin = Origin.builtIn
  var hasStatus = false
  /// Whether `metadata.generation` counts the changes of the specification.
  var countsGenerations = false
  /// Whether a PUT without a resourceVersion is taken.
  var allowsUnconditionalUpdate = false
  /// Whether objects are kept at all; a review is only answered.
  var isStored = true
  var schema: Schema
  var columns: [PrinterColumn] = [.age]
  /// Further field selectors, beside `metadata.name` and `metadata.namespace`.
  var selectableFields: [String] = []
  var rules: [ValidationRule] = []
  /// What the server itself sets in a new object, beyond the schema's defaults.
  var prepareForCreate: (@Sendable (inout JSONValue) -> Void)?
  /// What the server fills in with each write, beyond the schema's defaults, because it depends on other fields.
  var complete: (@Sendable (inout JSONValue) -> Void)?

  var id: GroupResource { GroupResource(group: group, plural: plural) }
  var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
  /// `Gateway.gateway.networking.k8s.io`, as error messages name a kind.
  var qualifiedKind: String { group.isEmpty ? kind : "\(kind).\(group)" }

  /// Custom resources list their verbs in another order than built-in kinds.
  var verbs: [String] {
    guard isStored else { return ["create"] }
    return origin == .builtIn
      ? ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
      : ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"]
  }

  /// The object as it is stored and written: alphabetical for custom resources, in schema order for built-in kinds.
  func canonical(_ object: JSONValue) -> JSONValue {
    var object = object
    object["apiVersion"] = .string(apiVersion)
    object["kind"] = .string(kind)
    return origin == .customResource ? object.sortedByKey : schema.ordered(object)
  }
}
