/// What a list or a watch is asked for.
struct Selection: Sendable {
  /// Empty: all namespaces.
  var namespace: String
  var labels: LabelSelector
  var fields: FieldSelector
  /// The kind that is asked for, whose fields the field selector names.
  var kind: ResourceKind

  var isFiltered: Bool { !labels.isEmpty || !fields.isEmpty }

  func contains(_ object: StoredObject) -> Bool {
    (namespace.isEmpty || object.key.namespace == namespace) && matches(object.value)
  }

  /// Whether the selectors match; the namespace is not looked at.
  func matches(_ value: JSONValue) -> Bool {
    labels.matches(value[["metadata", "labels"]]?.objectValue ?? [:])
      && fields.matches(kind.isCoreEvent ? EventConversion.toCore(value) : value)
  }
}

/// One page of a list.
struct Page: Sendable {
  let objects: [StoredObject]
  let revision: Int
  /// Empty on the last page.
  let continueToken: String
  /// nil on the last page, and where selectors make it unknown.
  let remaining: Int?
}

extension StoreState {
  /// One page of the objects of a resource, sorted by namespace and name.
  mutating func page(
    of id: GroupResource, _ selection: Selection, limit: Int, from token: ContinueToken?
  ) throws(StatusError) -> Page {
    let snapshot = token.map { $0.revision == -1 ? revision : $0.revision } ?? revision
    guard let objects = objects(at: snapshot) else {
      throw .expiredContinue(ContinueToken(revision: -1, lastKey: token?.lastKey ?? "").text)
    }
    let isScoped = !selection.namespace.isEmpty
    var found = (objects[id] ?? [:]).values.filter(selection.contains).sorted { $0.key < $1.key }
    if let token {
      found.removeAll { !token.lastKey.utf8.lexicographicallyPrecedes(Self.pageKey($0.key, isScoped).utf8) }
    }
    guard limit > 0, found.count > limit else {
      return Page(objects: found, revision: snapshot, continueToken: "", remaining: nil)
    }
    if token == nil { keepSnapshot() }
    let objectsOfPage = Array(found.prefix(limit))
    let lastKey = objectsOfPage.last.map { Self.pageKey($0.key, isScoped) } ?? ""
    return Page(
      objects: objectsOfPage, revision: snapshot,
      continueToken: ContinueToken(revision: snapshot, lastKey: lastKey).text,
      remaining: selection.isFiltered ? nil : found.count - limit)
  }

  /// Within a namespace, a continue token names the object alone.
  private static func pageKey(_ key: ObjectKey, _ isScoped: Bool) -> String { isScoped ? key.name : key.path }
}
