extension ObjectWriter {
  /// Server-side apply: creates the object or merges the configuration into it.
  func apply(
    _ configuration: JSONValue, to key: ObjectKey, of kind: ResourceKind, _ options: WriteOptions
  ) throws(StatusError) -> Written {
    try checkApply(configuration, key, kind, options)
    return try transaction(options) { (state) throws(StatusError) in
      guard let live = state.object(kind.id, key) else {
        guard options.subresource.isEmpty else { throw .notFound(kind.id, key.name) }
        return try createByApply(configuration, key, kind, options, &state)
      }
      var configuration = configuration
      let warnings = try checkUnknownFields(&configuration, kind, options)
      try checkVersion(of: configuration, live, kind)
      if options.subresource == "status" {
        configuration = ["status": configuration["status"] ?? [:]]
      } else if kind.hasStatus {
        configuration["status"] = nil
      }
      configuration[["metadata", "resourceVersion"]] = nil
      let result = try merge(configuration, into: live, kind, options)
      return try replace(live, with: result, kind, warnings, &state)
    }
  }

  private func merge(
    _ configuration: JSONValue, into live: StoredObject, _ kind: ResourceKind, _ options: WriteOptions
  ) throws(StatusError) -> JSONValue {
    let keep = owned(kind, options)
    var applied = entry(kind, options, .apply)
    applied.fields = keep(ManagedFields.withoutServerFields(FieldSet(applying: configuration, kind.schema)))
    var fields = ManagedFields(live.value)

    var object = ServerSideApply.merge(configuration, into: live.value, kind.schema)
    let changes = FieldSet.Difference(from: live.value, to: object, kind.schema).ownable(keep).changed
    let previous = fields.entries.first { $0.isOf(applied) }?.fields ?? FieldSet()
    let others = fields.entries.filter { !$0.isOf(applied) }.reduce(FieldSet()) { $0.union($1.fields) }
    let givenUp = previous.withAncestors.subtracting(applied.fields.withAncestors)
      .subtracting(others.withAncestors)
    try ServerSideApply.record(applied, in: &fields, changes: changes, force: options.isForced)
    if !givenUp.isEmpty { object = ServerSideApply.remove(givenUp, from: object, kind.schema) ?? object }
    keepWhatTheEndpointDoesNotWrite(&object, live.value, kind, options)
    kind.schema.applyDefaults(to: &object)
    fields.store(in: &object)
    return object
  }

  private func createByApply(
    _ configuration: JSONValue, _ key: ObjectKey, _ kind: ResourceKind, _ options: WriteOptions,
    _ state: inout StoreState
  ) throws(StatusError) -> Written {
    var object = configuration
    guard object.resourceVersion.isEmpty, object.uid.isEmpty else {
      throw .conflict(
        kind.id, key.name,
        because: "uid or resourceVersion was given, but the object does not exist")
    }
    object[["metadata", "name"]] = .string(key.name)
    object[["metadata", "namespace"]] = kind.isNamespaced ? .string(key.namespace) : nil
    let keep = owned(kind, options)
    return try insert(object, kind, options, &state) { (_, _, fields) throws(StatusError) in
      var applied = entry(kind, options, .apply)
      applied.fields = keep(ManagedFields.withoutServerFields(FieldSet(applying: configuration, kind.schema)))
      fields.entries = [applied]
    }
  }

  private func checkApply(
    _ configuration: JSONValue, _ key: ObjectKey, _ kind: ResourceKind, _ options: WriteOptions
  ) throws(StatusError) {
    try checkType(of: configuration, kind)
    guard options.fieldManager?.isEmpty == false else {
      throw StatusError(
        code: 422, reason: "Invalid",
        message: "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch")
    }
    guard configuration[["metadata", "managedFields"]] == nil else {
      throw .badRequest("metadata.managedFields must be nil")
    }
    guard configuration.name.isEmpty || configuration.name == key.name else {
      throw .badRequest(
        "the name of the object (\(configuration.name)) does not match the name on the URL (\(key.name))")
    }
    guard configuration.namespace.isEmpty || configuration.namespace == key.namespace else {
      throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
    }
  }

  private func checkVersion(
    of configuration: JSONValue, _ live: StoredObject, _ kind: ResourceKind
  ) throws(StatusError) {
    let (version, uid) = (configuration.resourceVersion, configuration.uid)
    guard version.isEmpty || version == live.value.resourceVersion else { throw .modified(kind.id, live.key.name) }
    guard uid.isEmpty || uid == live.value.uid else { throw .modified(kind.id, live.key.name) }
  }
}
