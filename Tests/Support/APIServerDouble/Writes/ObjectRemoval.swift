/// What a DELETE asks for.
struct DeleteOptions: Sendable {
  var uid: String?
  var resourceVersion: String?
  var isDryRun = false

  init(_ body: JSONValue?, isDryRun: Bool) {
    uid = body?[["preconditions", "uid"]]?.stringValue
    resourceVersion = body?[["preconditions", "resourceVersion"]]?.stringValue
    self.isDryRun = isDryRun || body?["dryRun"]?.arrayValue?.contains("All") == true
  }
}

extension ObjectWriter {
  /// What became of a deleted object.
  enum Removal: Sendable {
    case gone(StoredObject)
    /// It waits for its finalizers.
    case marked(StoredObject)
  }

  func delete(_ key: ObjectKey, of kind: ResourceKind, _ options: DeleteOptions) throws(StatusError) -> Removal {
    let writing = WriteOptions(userAgent: "", isDryRun: options.isDryRun)
    return try transaction(writing) { (state) throws(StatusError) in
      guard let live = state.object(kind.id, key) else { throw .notFound(kind.id, key.name) }
      if let uid = options.uid, uid != live.value.uid {
        throw .conflict(
          kind.id, key.name,
          because: "Precondition failed: UID in precondition: \(uid), UID in object meta: \(live.value.uid)")
      }
      if let version = options.resourceVersion, version != live.value.resourceVersion {
        throw .conflict(
          kind.id, key.name,
          because: "Precondition failed: ResourceVersion in precondition: \(version), "
            + "ResourceVersion in object meta: \(live.value.resourceVersion)")
      }
      return remove(live, kind, &state)
    }
  }

  /// Deletes all objects that a selection names; returns them as they were.
  func deleteCollection(
    of kind: ResourceKind, _ selection: Selection, _ options: DeleteOptions
  ) throws(StatusError) -> [StoredObject] {
    try transaction(WriteOptions(userAgent: "", isDryRun: options.isDryRun)) { (state) throws(StatusError) in
      let found = try state.page(of: kind.id, selection, limit: 0, from: nil).objects
      for object in found { _ = remove(object, kind, &state) }
      return found
    }
  }

  func remove(_ live: StoredObject, _ kind: ResourceKind, _ state: inout StoreState) -> Removal {
    if kind.id == CoreKinds.namespaces.id { removeContents(of: live.key.name, &state) }
    let waits =
      !(live.value[["metadata", "finalizers"]]?.arrayValue ?? []).isEmpty
      || (kind.id == CoreKinds.namespaces.id && !state.isEmpty(namespace: live.key.name))
    guard waits else {
      removeForGood(live, kind, &state)
      return .gone(live)
    }
    guard live.value[["metadata", "deletionTimestamp"]] == nil else { return .marked(live) }
    var object = live.value
    object[["metadata", "deletionTimestamp"]] = .string(now())
    object[["metadata", "deletionGracePeriodSeconds"]] = 0
    if let generation = object[["metadata", "generation"]]?.integerValue {
      object[["metadata", "generation"]] = .integer(generation + 1)
    }
    if kind.id == CoreKinds.namespaces.id { object[["status", "phase"]] = "Terminating" }
    return .marked(state.put(object, of: kind))
  }

  /// Takes an object out of the store, with what hangs on it: a CRD's resource, the end of a namespace.
  func removeForGood(_ live: StoredObject, _ kind: ResourceKind, _ state: inout StoreState) {
    state.remove(live.key, of: kind)
    if kind.id == CoreKinds.customResourceDefinitions.id {
      let defined = Set(CustomKinds.kinds(of: live.value).map(\.id))
      state.withdraw { defined.contains($0.id) }
    }
    let namespaceKey = ObjectKey(namespace: "", name: live.key.namespace)
    if let namespace = state.object(CoreKinds.namespaces.id, namespaceKey),
      namespace.value[["metadata", "deletionTimestamp"]] != nil, state.isEmpty(namespace: live.key.namespace)
    {
      state.remove(namespaceKey, of: CoreKinds.namespaces)
    }
    collectDependents(of: live.value.uid, &state)
  }

  private func removeContents(of namespace: String, _ state: inout StoreState) {
    for (id, objects) in state.objects {
      guard let kind = state.kind(id), kind.isNamespaced else { continue }
      for object in objects.values.sorted(by: { $0.key < $1.key }) where object.key.namespace == namespace {
        _ = remove(object, kind, &state)
      }
    }
  }
}

extension StoreState {
  fileprivate func isEmpty(namespace: String) -> Bool {
    !objects.values.contains { $0.keys.contains { $0.namespace == namespace } }
  }
}
