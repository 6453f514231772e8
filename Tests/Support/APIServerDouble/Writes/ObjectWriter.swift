/// What a write says beside its body.
struct WriteOptions: Sendable {
  enum FieldValidation: String, Sendable { case ignore = "Ignore", warn = "Warn", strict = "Strict" }

  /// As given; nil where the request names none.
  var fieldManager: String?
  /// What stands in for the field manager then: the name of the client program.
  var userAgent: String
  var fieldValidation = FieldValidation.warn
  var isDryRun = false
  var isForced = false
  /// `status`, or empty.
  var subresource = ""

  var manager: String { fieldManager ?? userAgent }
}

/// The answer to a write.
struct Written: Sendable {
  var object: StoredObject
  var isNew = false
  /// For the `Warning` header.
  var warnings: [String] = []
}

/// Creates, changes and deletes objects as the API server's registry does it: defaults, validation, generation,
/// managed fields, finalizers. Each call is one transaction on the store.
struct ObjectWriter: Sendable {
  let store: ObjectStore
  let now: @Sendable () -> String
  let makeUID: @Sendable () -> String

  /// Runs a transaction; a dry run is thrown away afterwards.
  func transaction<Result: Sendable>(
    _ options: WriteOptions, _ body: (inout StoreState) throws(StatusError) -> Result
  ) throws(StatusError) -> Result {
    guard options.isDryRun else {
      return try store.write { (state) throws(StatusError) in try body(&state) }
    }
    return try store.read { (state) throws(StatusError) in
      var scratch = state
      return try body(&scratch)
    }
  }

  // MARK: Create

  /// - Parameter namespace: of the URL; empty for a cluster-scoped kind.
  func create(
    _ body: JSONValue, of kind: ResourceKind, in namespace: String, _ options: WriteOptions
  ) throws(StatusError) -> Written {
    try transaction(options) { (state) throws(StatusError) in
      var object = body
      try identify(&object, kind, namespace)
      return try insert(object, kind, options, &state) { (object, baseline, fields) throws(StatusError) in
        fields.entries = []
        let difference = FieldSet.Difference(from: baseline, to: object, kind.schema).ownable(owned(kind, options))
        fields.recordUpdate(by: entry(kind, options, .update), difference)
      }
    }
  }

  /// The common part of a create and of an apply that finds nothing.
  func insert(
    _ body: JSONValue, _ kind: ResourceKind, _ options: WriteOptions, _ state: inout StoreState,
    record: (JSONValue, JSONValue, inout ManagedFields) throws(StatusError) -> Void
  ) throws(StatusError) -> Written {
    var object = body
    if kind.isNamespaced {
      let namespaceKey = ObjectKey(namespace: "", name: object.namespace)
      guard state.object(CoreKinds.namespaces.id, namespaceKey) != nil else {
        throw .notFound(CoreKinds.namespaces.id, object.namespace)
      }
    }
    if kind.hasStatus { object["status"] = nil }
    let warnings = try checkUnknownFields(&object, kind, options)
    kind.schema.applyDefaults(to: &object)
    var fields = ManagedFields([:])
    try record(object, kind.origin == .builtIn ? ["spec": [:], "status": [:]] : [:], &fields)
    object["metadata"] = Self.freshMetadata(object["metadata"] ?? [:])
    object[["metadata", "uid"]] = .string(makeUID())
    object[["metadata", "creationTimestamp"]] = .string(now())
    if kind.countsGenerations { object[["metadata", "generation"]] = 1 }
    kind.prepareForCreate?(&object)
    kind.complete?(&object)
    fields.store(in: &object)
    try validate(object, kind)
    guard state.object(kind.id, ObjectKey(namespace: object.namespace, name: object.name)) == nil else {
      throw .alreadyExists(kind.id, object.name)
    }
    let stored = state.put(object, of: kind)
    afterWrite(stored, kind, &state)
    collectIfOrphaned(stored, kind, &state)
    return Written(object: stored, isNew: true, warnings: warnings)
  }

  // MARK: Update

  /// Replaces an object by what `change` makes of it: a PUT's body, or the patched object.
  ///
  /// - Parameter isReplacement: a PUT, which must say which version it replaces.
  func update(
    _ key: ObjectKey, of kind: ResourceKind, _ options: WriteOptions, isReplacement: Bool,
    _ change: (JSONValue) throws(StatusError) -> JSONValue
  ) throws(StatusError) -> Written {
    try transaction(options) { (state) throws(StatusError) in
      guard let live = state.object(kind.id, key) else { throw .notFound(kind.id, key.name) }
      var object = try change(live.value)
      try checkIdentity(of: object, key, kind, live, isReplacement)
      let warnings = try checkUnknownFields(&object, kind, options)
      keepWhatTheEndpointDoesNotWrite(&object, live.value, kind, options)
      kind.schema.applyDefaults(to: &object)
      var fields = ManagedFields(object[["metadata", "managedFields"]] == nil ? live.value : object)
      let difference = FieldSet.Difference(from: live.value, to: object, kind.schema).ownable(owned(kind, options))
      fields.recordUpdate(by: entry(kind, options, .update), difference)
      fields.store(in: &object)
      return try replace(live, with: object, kind, warnings, &state)
    }
  }

  /// The common end of an update and of an apply: validates and stores, unless nothing changed.
  func replace(
    _ live: StoredObject, with body: JSONValue, _ kind: ResourceKind, _ warnings: [String], _ state: inout StoreState
  ) throws(StatusError) -> Written {
    var object = body
    kind.complete?(&object)
    let isChanged = Self.specification(of: object) != Self.specification(of: live.value)
    if kind.countsGenerations, isChanged, let generation = live.value[["metadata", "generation"]]?.integerValue {
      object[["metadata", "generation"]] = .integer(generation + 1)
    }
    try validate(object, kind)
    let isDeleting = object[["metadata", "deletionTimestamp"]] != nil
    if isDeleting, (object[["metadata", "finalizers"]]?.arrayValue ?? []).isEmpty {
      // The last finalizer is gone: what was asked for earlier is done now.
      object[["metadata", "finalizers"]] = nil
      removeForGood(live, kind, &state)
      return Written(object: StoredObject(object, of: kind), warnings: warnings)
    }
    if kind.canonical(object) == live.value { return Written(object: live, warnings: warnings) }
    let stored = state.put(object, of: kind)
    afterWrite(stored, kind, &state)
    return Written(object: stored, warnings: warnings)
  }

  // MARK: Parts of both

  func entry(
    _ kind: ResourceKind, _ options: WriteOptions, _ operation: ManagedFields.Operation
  ) -> ManagedFields.Entry {
    ManagedFields.Entry(
      manager: options.manager, operation: operation, apiVersion: kind.apiVersion, subresource: options.subresource,
      time: now(), fields: FieldSet())
  }

  /// Which fields a write to this endpoint can own.
  func owned(_ kind: ResourceKind, _ options: WriteOptions) -> (FieldSet) -> FieldSet {
    if options.subresource == "status" { return { $0.restricted(to: ["status"]) } }
    return kind.hasStatus ? { $0.without(["f:status"]) } : { $0 }
  }

  func checkUnknownFields(
    _ object: inout JSONValue, _ kind: ResourceKind, _ options: WriteOptions
  ) throws(StatusError) -> [String] {
    let unknown = kind.schema.pruneUnknownFields(of: &object).map { "unknown field \"\($0)\"" }
    switch options.fieldValidation {
    case .ignore: return []
    case .warn: return unknown
    case .strict:
      if unknown.isEmpty { return [] }
      throw .badRequest(
        "\(kind.kind) in version \"\(kind.version)\" cannot be handled as a \(kind.kind): strict decoding error: "
          + unknown.joined(separator: ", "))
    }
  }

  /// The status endpoint writes only the status, the main one everything else; neither touches the server's fields.
  func keepWhatTheEndpointDoesNotWrite(
    _ object: inout JSONValue, _ live: JSONValue, _ kind: ResourceKind, _ options: WriteOptions
  ) {
    let managedFields = object[["metadata", "managedFields"]]
    if options.subresource == "status" {
      let status = object["status"]
      object = live
      object["status"] = status
      object[["metadata", "managedFields"]] = managedFields
    } else if kind.hasStatus {
      object["status"] = live["status"]
    }
    for name in [
      "name", "namespace", "uid", "creationTimestamp", "generation", "resourceVersion", "deletionTimestamp",
      "deletionGracePeriodSeconds",
    ] {
      object[["metadata", name]] = live[["metadata", name]]
    }
    for name in ["labels", "annotations", "finalizers", "ownerReferences"] {
      if let value = object[["metadata", name]], value == [:] || value == [] { object[["metadata", name]] = nil }
    }
  }

  func validate(_ object: JSONValue, _ kind: ResourceKind) throws(StatusError) {
    var errors = ObjectName.errors(in: object)
    errors += kind.schema.errors(in: object)
    if errors.isEmpty {
      errors += kind.schema.duplicateErrors(in: object)
      for rule in kind.rules where !rule.holds(object) {
        errors.append(
          FieldError(reason: "FieldValueInvalid", field: rule.field, message: "Invalid value: \(rule.message)"))
      }
    }
    if !errors.isEmpty { throw .invalid(kind, object.name, errors) }
  }

  /// A stored CRD is served from now on.
  private func afterWrite(_ stored: StoredObject, _ kind: ResourceKind, _ state: inout StoreState) {
    if kind.id == CoreKinds.customResourceDefinitions.id { state.serve(CustomKinds.kinds(of: stored.value)) }
  }

  /// All but metadata and status: what a generation counts.
  private static func specification(of object: JSONValue) -> JSONObject {
    JSONObject(
      (object.objectValue ?? [:]).filter { $0.key != "metadata" && $0.key != "status" }.map { ($0.key, $0.value) })
  }

  /// The metadata that a new object keeps of what its creator sent.
  private static func freshMetadata(_ metadata: JSONValue) -> JSONValue {
    var fresh = metadata
    for name in [
      "uid", "creationTimestamp", "generation", "resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds",
      "managedFields", "selfLink",
    ] {
      fresh[name] = nil
    }
    return fresh
  }
}
