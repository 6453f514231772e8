import JSON

/// Which objects of a kind a list or a watch is about.
package struct ObjectSelection: Sendable, Hashable {
  /// Empty: all namespaces.
  package var namespace: String
  /// As `kubectl --field-selector` takes it; empty selects all.
  package var fieldSelector: String
  /// As `kubectl --selector` takes it; empty selects all.
  package var labelSelector: String

  package init(namespace: String = "", fieldSelector: String = "", labelSelector: String = "") {
    self.namespace = namespace
    self.fieldSelector = fieldSelector
    self.labelSelector = labelSelector
  }

  fileprivate var query: [HTTPRequest.Field] {
    [HTTPRequest.Field("fieldSelector", fieldSelector), HTTPRequest.Field("labelSelector", labelSelector)]
      .filter { !$0.value.isEmpty }
  }
}

extension KubernetesClient {
  /// Reads one page of a list, and hands each item's JSON to `receive` as soon as it has arrived; the server is read
  /// only as fast as `receive` returns.
  ///
  /// - Parameters:
  ///   - continueToken: from the page before; nil for the first one. One that is too old fails with `Expired` (410).
  ///   - idleTimeout: how long the server may be silent within its answer.
  package func list(
    _ resource: APIResource, _ selection: ObjectSelection = ObjectSelection(), limit: Int = 500,
    continueToken: String? = nil, idleTimeout: Duration = .seconds(60),
    receive: (ArraySlice<UInt8>) async throws -> Void
  ) async throws -> ListMetadata {
    var query = [HTTPRequest.Field("limit", "\(limit)")] + selection.query
    if let continueToken { query.append(HTTPRequest.Field("continue", continueToken)) }
    let request = HTTPRequest(
      .get, path: resource.path(namespace: selection.namespace), query: query,
      timeouts: HTTPRequest.Timeouts(idle: idleTimeout))
    return try await stream(request, over: streams) { body in
      var scanner = ListScanner(limit: Self.answerLimit)
      while let chunk = try await body.next() {
        scanner.append(chunk)
        while let item = try scanner.next() { try await receive(item) }
      }
      return try ListMetadata(list: scanner.finish())
    }
  }

  /// Reads a list as the first events of a watch, and hands each event to `receive`: ADDED for what is there, and then
  /// what happens meanwhile. The list is whole when this returns. The server is read only as fast as `receive` returns,
  /// which is why the watch is not gone on with: it would hold a connection of its own.
  ///
  /// Throws ``NoStreamedLists`` when the server does not know how: it refuses (before Kubernetes 1.32, and where the
  /// feature `WatchList` is off), or takes the request for a plain watch.
  func streamList(
    _ resource: APIResource, _ selection: ObjectSelection, _ knowledge: StreamedLists,
    receive: (WatchEvent) async throws -> Void
  ) async throws -> ListMetadata {
    let query = [
      HTTPRequest.Field("watch", "1"), HTTPRequest.Field("sendInitialEvents", "true"),
      HTTPRequest.Field("resourceVersionMatch", "NotOlderThan"), HTTPRequest.Field("allowWatchBookmarks", "true"),
    ]
    let request = HTTPRequest(
      .get, path: resource.path(namespace: selection.namespace), query: query + selection.query,
      timeouts: HTTPRequest.Timeouts(answer: Self.watchAnswer, idle: knowledge.idleTimeout))
    do {
      let metadata = try await stream(request, over: streams) { body -> ListMetadata? in
        try await Self.readStreamedList(body, request, receive)
      }
      guard let metadata else {
        if knowledge.refused() { throw NoStreamedLists() }
        throw KubernetesError.malformedAnswer("the list ended before its end was told", request: request.name)
      }
      knowledge.given()
      return metadata
    } catch KubernetesError.status(let status, _) where [400, 422].contains(status.code) && knowledge.refused() {
      throw NoStreamedLists()
    } catch let error as TransportError where error.reason == .idle && knowledge.refused() {
      throw NoStreamedLists()
    }
  }

  /// Nil when the stream ends without having told the list's end, or tells of a bookmark before.
  private static func readStreamedList(
    _ body: any HTTPResponseBody, _ request: HTTPRequest, _ receive: (WatchEvent) async throws -> Void
  ) async throws -> ListMetadata? {
    var scanner = WatchScanner(limit: answerLimit)
    while let chunk = try await body.next() {
      scanner.append(chunk)
      while let bytes = try scanner.next() {
        let event = try WatchEvent(bytes, of: request)
        guard event.kind == .bookmark else {
          try await receive(event)
          continue
        }
        let bookmark = Bookmark(event.object)
        return bookmark.endsInitialEvents ? ListMetadata(resourceVersion: bookmark.resourceVersion) : nil
      }
    }
    try scanner.finish()
    return nil
  }

  /// Watches from `resourceVersion` on, and hands each event to `receive`. Returns when the server ends the stream,
  /// which is usual; an event of type ERROR is thrown as ``KubernetesError/status(_:request:)``.
  ///
  /// - Parameters:
  ///   - timeout: after which the server shall end the stream.
  ///   - idleTimeout: how long the stream may be silent. Bookmarks come about every minute.
  ///   - accepted: called when the server has taken the request, before the first event.
  package func watch(
    _ resource: APIResource, _ selection: ObjectSelection = ObjectSelection(), from resourceVersion: String,
    timeout: Duration, idleTimeout: Duration, accepted: () -> Void = {},
    receive: (WatchEvent) async throws -> Void
  ) async throws {
    let query = [
      HTTPRequest.Field("watch", "1"), HTTPRequest.Field("resourceVersion", resourceVersion),
      HTTPRequest.Field("allowWatchBookmarks", "true"),
      HTTPRequest.Field("timeoutSeconds", "\(timeout.components.seconds)"),
    ]
    let request = HTTPRequest(
      .get, path: resource.path(namespace: selection.namespace), query: query + selection.query,
      timeouts: HTTPRequest.Timeouts(answer: min(idleTimeout, Self.watchAnswer), idle: idleTimeout))
    try await stream(request, over: watches) { body in
      accepted()
      var scanner = WatchScanner(limit: Self.answerLimit)
      while let chunk = try await body.next() {
        scanner.append(chunk)
        while let bytes = try scanner.next() {
          try await receive(try WatchEvent(bytes, of: request))
        }
      }
      try scanner.finish()
    }
  }

  /// The server takes a watch at once, or after it has waited for its turn (a quarter of a minute at the most).
  private static let watchAnswer = Duration.seconds(30)

  /// Lets `read` take a success apart; what it cannot read is an error of the answer.
  private func stream<Result>(
    _ request: HTTPRequest, over transport: any KubernetesTransport,
    _ read: (any HTTPResponseBody) async throws -> Result
  ) async throws -> Result {
    try await exchange(request, over: transport) { head, body in
      guard head.isSuccess else {
        let bytes = try await body.collect(limit: Self.answerLimit, request: request.name)
        throw KubernetesError.status(Status(head: head, body: bytes), request: request.name)
      }
      do {
        return try await read(body)
      } catch let error as StreamError {
        throw KubernetesError.malformedAnswer("\(error)", request: request.name)
      } catch let error as JSONError {
        throw KubernetesError.malformedAnswer("\(error)", request: request.name)
      }
    }
  }
}

extension WatchEvent {
  /// Throws what an event of type ERROR says, and of one that cannot be read which object it is about, if that can be.
  fileprivate init(_ bytes: ArraySlice<UInt8>, of request: HTTPRequest) throws {
    do throws(JSONError) {
      try self.init(bytes)
    } catch {
      guard let id = ObjectIdentity(ofEvent: bytes).id else { throw error }
      throw KubernetesError.malformedAnswer("the event about \(id): \(error)", request: request.name)
    }
    guard kind == .error else { return }
    var reader = JSONReader(object)
    throw KubernetesError.status(try Status(from: &reader), request: request.name)
  }
}
