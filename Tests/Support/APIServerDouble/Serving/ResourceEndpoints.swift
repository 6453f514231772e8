/// The verbs on one resource: decodes the request, lets the store or the writer do the work, encodes the answer.
struct ResourceEndpoints: Sendable {
  let kind: ResourceKind
  let path: RequestPath
  let request: APIRequest
  let presentation: Presentation
  let writer: ObjectWriter

  private var key: ObjectKey { ObjectKey(namespace: path.namespace, name: path.name) }

  func selection() throws(StatusError) -> Selection {
    var fields = request[query: "fieldSelector"] ?? ""
    // Watching or listing one name is the same as selecting it.
    if !path.name.isEmpty { fields = "metadata.name=\(path.name)" }
    return Selection(
      namespace: path.namespace, labels: try LabelSelector(request[query: "labelSelector"] ?? ""),
      fields: try FieldSelector(fields, for: kind), kind: kind)
  }

  func respond() throws(StatusError) -> APIResponse {
    guard ["", "status"].contains(path.subresource), path.subresource.isEmpty || kind.hasStatus else {
      throw StatusError(
        code: 404, reason: "NotFound", message: "the server could not find the requested resource", details: [:])
    }
    switch (request.method, path.name.isEmpty) {
    case ("GET", true): return try list()
    case ("GET", false): return try get()
    case ("POST", true): return try create()
    case ("PUT", false): return try replace()
    case ("PATCH", false): return try patch()
    case ("DELETE", false): return try delete()
    case ("DELETE", true): return try deleteCollection()
    default: throw .methodNotAllowed()
    }
  }

  // MARK: Reading

  private func get() throws(StatusError) -> APIResponse {
    guard let object = writer.store.read({ $0.object(kind.stored.id, key) }) else {
      throw .notFound(kind.id, path.name)
    }
    return .json(bytes: presentation.one(object))
  }

  private func list() throws(StatusError) -> APIResponse {
    let selection = try selection()
    let limit = Int(request[query: "limit"] ?? "") ?? 0
    let version = request[query: "resourceVersion"] ?? ""
    var token: ContinueToken?
    if let text = request[query: "continue"], !text.isEmpty {
      guard version.isEmpty || version == "0" else {
        throw .badRequest("specifying resource version is not allowed when using continue")
      }
      token = try ContinueToken(text)
    } else if request[query: "resourceVersionMatch"] == "Exact", let revision = Int(version) {
      token = ContinueToken(revision: revision, lastKey: "")
    }
    let page = try writer.store.write { (state) throws(StatusError) in
      try state.page(of: kind.stored.id, selection, limit: limit, from: token)
    }
    return .json(bytes: presentation.list(page))
  }

  // MARK: Writing

  private func create() throws(StatusError) -> APIResponse {
    let body = try self.body(isPatch: false)
    let object = kind.isCoreEvent ? EventConversion.fromCore(body) : body
    return answer(to: try writer.create(object, of: kind.stored, in: path.namespace, options()))
  }

  private func replace() throws(StatusError) -> APIResponse {
    let body = try self.body(isPatch: false)
    let object = kind.isCoreEvent ? EventConversion.fromCore(body) : body
    return answer(
      to: try writer.update(key, of: kind.stored, options(), isReplacement: true) { _ throws(StatusError) in object })
  }

  private func patch() throws(StatusError) -> APIResponse {
    let mediaType = request.contentType.prefix { $0 != ";" }
    let body = try self.body(isPatch: true)
    let schema = kind.schema
    let change: (JSONValue) throws(StatusError) -> JSONValue
    switch mediaType {
    case "application/apply-patch+yaml":
      return answer(to: try writer.apply(body, to: key, of: kind.stored, options()))
    case "application/merge-patch+json":
      change = { Patch.merge(body, into: $0) }
    case "application/json-patch+json":
      change = { (live) throws(StatusError) in try JSONPatch.apply(body, to: live) }
    case "application/strategic-merge-patch+json" where kind.origin == .builtIn:
      change = { Patch.strategicMerge(body, into: $0, schema) }
    default:
      throw .unsupportedMediaType
    }
    let written = try writer.update(key, of: kind.stored, options(), isReplacement: false) {
      (live) throws(StatusError) in
      var live = live
      // A patch is for the newest version, unless it names another one itself.
      let version = live.resourceVersion
      live = try change(kind.isCoreEvent ? EventConversion.toCore(live) : live)
      if live.resourceVersion.isEmpty { live[["metadata", "resourceVersion"]] = .string(version) }
      return kind.isCoreEvent ? EventConversion.fromCore(live) : live
    }
    return answer(to: written)
  }

  private func delete() throws(StatusError) -> APIResponse {
    switch try writer.delete(key, of: kind.stored, try deleteOptions()) {
    case .marked(let object):
      return .json(bytes: presentation.one(object))
    case .gone(let object):
      var details: JSONValue = ["name": .string(path.name)]
      if !kind.group.isEmpty { details["group"] = .string(kind.group) }
      details["kind"] = .string(kind.plural)
      details["uid"] = .string(object.value.uid)
      return .json(["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": details])
    }
  }

  private func deleteCollection() throws(StatusError) -> APIResponse {
    let deleted = try writer.deleteCollection(of: kind.stored, try selection(), try deleteOptions())
    let revision = writer.store.read { $0.revision }
    let page = Page(objects: deleted, revision: revision, continueToken: "", remaining: nil)
    return .json(bytes: presentation.list(page))
  }

  // MARK: Parts

  private func options() -> WriteOptions {
    let agent = request.userAgent.prefix { $0 != "/" }
    let validation = request[query: "fieldValidation"].flatMap(WriteOptions.FieldValidation.init(rawValue:))
    let manager = request[query: "fieldManager"]
    return WriteOptions(
      fieldManager: manager?.isEmpty == false ? manager : nil, userAgent: agent.isEmpty ? "unknown" : String(agent),
      fieldValidation: validation ?? .warn, isDryRun: request[query: "dryRun"] == "All",
      isForced: request.flag("force"), subresource: path.subresource)
  }

  private func deleteOptions() throws(StatusError) -> DeleteOptions {
    let mediaType = request.contentType.prefix { $0 != ";" }
    var body = mediaType == ProtobufBody.mediaType ? ProtobufBody.object(in: request.body) : nil
    if body == nil, !request.body.isEmpty { body = try parse(request.body) }
    return DeleteOptions(body, isDryRun: request[query: "dryRun"] == "All")
  }

  private func body(isPatch: Bool) throws(StatusError) -> JSONValue {
    let mediaType = request.contentType.prefix { $0 != ";" }
    if mediaType == ProtobufBody.mediaType, let object = ProtobufBody.object(in: request.body) { return object }
    guard isPatch || mediaType.isEmpty || mediaType == "application/json" else { throw .unsupportedMediaType }
    return try parse(request.body)
  }

  private func parse(_ bytes: [UInt8]) throws(StatusError) -> JSONValue {
    do {
      return try JSONParser.parse(bytes)
    } catch {
      let text = String(decoding: bytes.prefix(1024), as: UTF8.self)
      throw .badRequest(
        "the object provided is unrecognized (must be of type \(kind.kind)): couldn't get version/kind; json parse "
          + "error: \(error.message) (\(text))")
    }
  }

  private func answer(to written: Written) -> APIResponse {
    var response = APIResponse.json(bytes: presentation.one(written.object), status: written.isNew ? 201 : 200)
    for warning in written.warnings {
      response.headers.append(("Warning", "299 - \(JSONValue.string(warning).jsonText)"))
    }
    return response
  }
}
