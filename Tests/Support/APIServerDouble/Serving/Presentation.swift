import FoundationEssentials

/// Turns stored objects into what a client accepts: objects, Tables or metadata alone, one by one or as a list.
struct Presentation: Sendable {
  let kind: ResourceKind
  let format: ResponseFormat
  let now: Date
  var includeObject = "Metadata"

  init(_ kind: ResourceKind, _ request: APIRequest, now: Date) throws(StatusError) {
    self.kind = kind
    self.now = now
    format = try ResponseFormat(accept: request.accept)
    includeObject = request[query: "includeObject"] ?? "Metadata"
  }

  func one(_ object: StoredObject) -> [UInt8] {
    switch format {
    case .object: encoded(object)
    case .partialMetadata: object.value.partialMetadata.jsonBytes
    case .table: renderer.table([shown(object)], metadata: version(of: object)).jsonBytes
    }
  }

  func list(_ page: Page) -> [UInt8] {
    switch format {
    case .object:
      return kind.origin == .customResource ? customList(page) : builtInList(page)
    case .partialMetadata:
      let list: JSONValue = [
        "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": page.metadata,
        "items": .array(page.objects.map(\.value.partialMetadata)),
      ]
      return list.jsonBytes
    case .table:
      return renderer.table(page.objects.map(shown), metadata: page.metadata).jsonBytes
    }
  }

  /// The `object` of a watch event. The columns of a Table come with the first event only.
  func event(_ object: StoredObject, isFirst: Bool) -> [UInt8] {
    guard format == .table else { return one(object) }
    return renderer.table([shown(object)], metadata: version(of: object), withColumns: isFirst).jsonBytes
  }

  /// The `object` of a BOOKMARK.
  func bookmark(_ revision: Int, endsInitialEvents: Bool) -> JSONValue {
    var metadata: JSONValue = [:]
    if endsInitialEvents { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
    metadata["resourceVersion"] = .string(String(revision))
    switch format {
    case .object:
      return ["apiVersion": .string(kind.apiVersion), "kind": .string(kind.kind), "metadata": metadata]
    case .partialMetadata:
      return ["kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata]
    case .table:
      let version: JSONValue = ["resourceVersion": .string(String(revision))]
      return renderer.table([["metadata": metadata]], metadata: version, withColumns: false)
    }
  }

  private var renderer: TableRenderer { TableRenderer(kind: kind, now: now, includeObject: includeObject) }

  private func version(of object: StoredObject) -> JSONValue {
    ["resourceVersion": .string(object.value.resourceVersion)]
  }

  /// The object as this kind shows it, which differs from how it is stored for Events of the core group only.
  private func shown(_ object: StoredObject) -> JSONValue {
    kind.isCoreEvent ? EventConversion.toCore(object.value) : object.value
  }

  private func encoded(_ object: StoredObject) -> [UInt8] {
    kind.isCoreEvent ? kind.canonical(shown(object)).jsonBytes : object.encoded
  }

  private func customList(_ page: Page) -> [UInt8] {
    var bytes = Array("{\"apiVersion\":\"\(kind.apiVersion)\",\"items\":[".utf8)
    for (index, object) in page.objects.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes += object.encoded
    }
    bytes += Array("],\"kind\":\"\(kind.kind)List\",\"metadata\":".utf8)
    var metadata = page.metadata
    metadata["continue"] = .string(page.continueToken)
    metadata.sortedByKey.appendJSON(to: &bytes)
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }

  /// The items of a built-in list have no `kind` and `apiVersion` of their own.
  private func builtInList(_ page: Page) -> [UInt8] {
    let head = Array("\"kind\":\"\(kind.kind)\",\"apiVersion\":\"\(kind.apiVersion)\",".utf8)
    var bytes = Array("{\"kind\":\"\(kind.kind)List\",\"apiVersion\":\"\(kind.apiVersion)\",\"metadata\":".utf8)
    page.metadata.appendJSON(to: &bytes)
    bytes += Array(",\"items\":[".utf8)
    for (index, object) in page.objects.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      let item = encoded(object)
      bytes.append(UInt8(ascii: "{"))
      bytes += item.dropFirst(item.dropFirst().starts(with: head) ? head.count + 1 : 1)
    }
    bytes += Array("]}".utf8)
    return bytes
  }
}

extension Page {
  /// The `metadata` of a list in the order of the built-in kinds.
  var metadata: JSONValue {
    var metadata: JSONValue = ["resourceVersion": .string(String(revision))]
    if !continueToken.isEmpty { metadata["continue"] = .string(continueToken) }
    if let remaining { metadata["remainingItemCount"] = .integer(Int64(remaining)) }
    return metadata
  }
}
