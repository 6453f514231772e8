package import JSON
package import KubernetesAPI

/// A client of one API server. Knows the API's rules, and no kind in particular.
///
/// Every call throws ``KubernetesError`` for an answer that is no success, ``TransportError`` where there is none,
/// ``CredentialsError`` when the credentials cannot be read, and `CancellationError`.
package struct KubernetesClient: Sendable {
  /// Bytes of an answer that is read as a whole. The API server refuses objects beyond 3 MiB.
  static let answerLimit = 8 * 1024 * 1024
  /// Bytes of a watch that may wait for their reader, and more than any event has.
  static let eventLimit = 4 * 1024 * 1024
  /// How often a request is made in all when the server asks to be asked later.
  static let attempts = 4
  /// The longest delay that a request waits out before it is repeated; a longer one is the caller's to know.
  private static let longestDelay = 10

  private let requests: any KubernetesTransport
  let streams: any KubernetesTransport
  let watches: any KubernetesTransport
  /// Nil where lists are never streamed.
  let streamedLists: StreamedLists?
  private let authorization: Authorization
  /// Whether a certificate that identifies the client is in a file.
  private let renewsCertificate: Bool
  private let sleep: @Sendable (Duration) async throws -> Void

  /// - Parameters:
  ///   - streams: carries lists, TokenReviews and Leases, each on a connection of its own, so that none waits for another.
  ///   - watches: carries the watches; nil for the same as `streams`.
  ///   - requests: carries everything else.
  ///   - streamedLists: what is known of the server; nil never asks it to stream a list.
  ///   - renewsCertificate: whether the transports read the client's certificate from a file.
  package init(
    requests: any KubernetesTransport, streams: any KubernetesTransport, watches: (any KubernetesTransport)? = nil,
    streamedLists: StreamedLists? = nil, authorization: Authorization = .none, renewsCertificate: Bool = false,
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    self.requests = requests
    self.streams = streams
    self.watches = watches ?? streams
    self.streamedLists = streamedLists
    self.authorization = authorization
    self.renewsCertificate = renewsCertificate
    self.sleep = sleep
  }

  /// A client on libcurl. Connects with the first request.
  ///
  /// It has three transports, so that none of these holds up the others:
  /// - Watches share one HTTP/2 connection. None is ever paused there, because a pause would be that of all: what a slow
  ///   reader has not taken is kept up to a bound, and beyond it the watch is resumed from the last event that was read.
  /// - A list would not come to its end in that way. Its server is held back, on a connection of HTTP/1.1 that nobody
  ///   else uses. Leases and TokenReviews go there too: they are waited for, and a shared connection may be dead.
  /// - Requests share another HTTP/2 connection. One that is answered late ends it, which must not end the watches.
  package init(_ access: ClusterAccess, userAgent: String) throws(TransportError) {
    // The buffer takes any answer whole, so that no stream of a shared connection is ever paused.
    let requests = try CurlTransport(
      CurlTransport.Configuration(
        server: access.server, tls: access.tls, userAgent: userAgent, version: .negotiated, maximumConnections: 8,
        bufferLimit: Self.answerLimit + 1))
    let streams = try CurlTransport(
      CurlTransport.Configuration(
        server: access.server, tls: access.tls, userAgent: userAgent, version: .http1, keptConnections: 2))
    // The largest event fits, or a reader that is slow would never come past it.
    let watches = try CurlTransport(
      CurlTransport.Configuration(
        server: access.server, tls: access.tls, userAgent: userAgent, version: .negotiated,
        bufferLimit: Self.eventLimit, provesConnections: true))
    self.init(
      requests: requests, streams: streams, watches: watches, streamedLists: StreamedLists(),
      authorization: access.authorization,
      renewsCertificate: access.tls.files.clientCertificate != nil)
  }

  /// The same client for one who may use it only while this process leads; ended with the original.
  package func limited(to leadership: Leadership) -> KubernetesClient {
    KubernetesClient(
      requests: LeaderTransport(transport: requests, leadership: leadership), streams: streams, watches: watches,
      streamedLists: streamedLists, authorization: authorization, renewsCertificate: renewsCertificate, sleep: sleep)
  }

  /// Ends what is under way; later calls fail.
  package func shutdown() async {
    await requests.shutdown()
    await streams.shutdown()
    await watches.shutdown()
  }

  /// Reads one object.
  package func get<Object>(
    _ resource: APIResource, _ id: NamespacedName, decode: (inout JSONReader) throws(JSONError) -> Object
  ) async throws -> Object {
    let request = HTTPRequest(.get, path: resource.path(id))
    return try Self.decode(try await send(request), of: request, decode)
  }

  /// Creates an object from its JSON, in the namespace of `id` where the kind has them. Fails with `AlreadyExists`
  /// when there is one.
  package func create(_ resource: APIResource, _ id: NamespacedName, object: [UInt8]) async throws {
    _ = try await send(
      HTTPRequest(
        .post, path: resource.path(namespace: id.namespace),
        headers: [HTTPRequest.Field("Content-Type", "application/json")], body: object))
  }

  /// Creates an object whose creation is a question, such as a TokenReview, and reads the answer. Asked once, and not
  /// again when the server asks for patience: somebody waits. Nor over a connection that is shared, of which a dead one
  /// would hold every question up.
  ///
  /// - Parameter timeout: for the whole of it.
  package func create<Answer>(
    _ resource: APIResource, namespace: String = "", object: [UInt8], timeout: Duration,
    decode: (inout JSONReader) throws(JSONError) -> Answer
  ) async throws -> Answer {
    let request = HTTPRequest(
      .post, path: resource.path(namespace: namespace),
      headers: [HTTPRequest.Field("Content-Type", "application/json")], body: object)
    return try Self.decode(try await send(request, timeout: timeout, attempts: 1, over: streams), of: request, decode)
  }

  /// Deletes an object; its finalizers may keep it for a while.
  /// - Parameter uid: of the object that is meant; another one of the name is a `Conflict`. Nil: whichever it is.
  package func delete(_ resource: APIResource, _ id: NamespacedName, uid: String? = nil) async throws {
    var request = HTTPRequest(.delete, path: resource.path(id))
    if let uid {
      var writer = JSONWriter()
      writer.object { writer in
        writer.member("preconditions") { $0.object { $0.member("uid", uid) } }
      }
      request.headers.append(HTTPRequest.Field("Content-Type", "application/json"))
      request.body = writer.bytes
    }
    _ = try await send(request)
  }

  /// Server-side apply: makes the fields in `object` (its JSON) those of `manager`, and creates the object where there
  /// is none. Fields that other managers own are taken over with `force`, and are a `Conflict` without.
  package func apply(
    _ resource: APIResource, _ id: NamespacedName, object: [UInt8], manager: String, force: Bool = true
  ) async throws {
    _ = try await send(Self.applying(object, path: resource.path(id), manager: manager, force: force))
  }

  /// As ``apply(_:_:object:manager:force:)``, and reads the object as it is afterwards.
  package func apply<Object>(
    _ resource: APIResource, _ id: NamespacedName, object: [UInt8], manager: String, force: Bool = true,
    decode: (inout JSONReader) throws(JSONError) -> Object
  ) async throws -> Object {
    let request = Self.applying(object, path: resource.path(id), manager: manager, force: force)
    return try Self.decode(try await send(request), of: request, decode)
  }

  /// As ``apply(_:_:object:manager:force:)`` for the status of an object that exists, and for nothing else of it.
  package func applyStatus(
    _ resource: APIResource, _ id: NamespacedName, object: [UInt8], manager: String, force: Bool = true
  ) async throws {
    _ = try await send(
      Self.applying(object, path: resource.path(id, subresource: "status"), manager: manager, force: force))
  }

  private static func applying(_ object: [UInt8], path: String, manager: String, force: Bool) -> HTTPRequest {
    HTTPRequest(
      .patch, path: path,
      query: [
        HTTPRequest.Field("fieldManager", manager), HTTPRequest.Field("force", "\(force)"),
      ],
      // YAML is a superset of JSON; older servers know only this name.
      headers: [HTTPRequest.Field("Content-Type", "application/apply-patch+yaml")], body: object)
  }

  private static func decode<Answer>(
    _ bytes: [UInt8], of request: HTTPRequest, _ decode: (inout JSONReader) throws(JSONError) -> Answer
  ) throws(KubernetesError) -> Answer {
    do {
      var reader = JSONReader(bytes)
      let answer = try decode(&reader)
      try reader.readEnd()
      return answer
    } catch {
      throw KubernetesError.malformedAnswer("\(error)", request: request.name)
    }
  }

  // MARK: One request

  /// Makes a request, and again when the server asks for a little time; returns the body of a success.
  ///
  /// - Parameters:
  ///   - timeout: for each time that it is made.
  ///   - attempts: how often it is made at the most.
  ///   - transport: nil for the one of requests.
  func send(
    _ request: HTTPRequest, timeout: Duration = .seconds(30), attempts: Int = Self.attempts,
    over transport: (any KubernetesTransport)? = nil
  ) async throws -> [UInt8] {
    var request = request
    request.timeouts.total = timeout
    var attempt = 1
    while true {
      let status: Status
      switch try await attemptOnce(request, over: transport ?? requests) {
      case .success(let body): return body
      case .failure(let refusal): status = refusal.status
      }
      guard
        attempt < attempts, status.code == 429 || status.code == 503, let seconds = status.retryAfterSeconds,
        seconds <= Self.longestDelay
      else { throw KubernetesError.status(status, request: request.name) }
      attempt += 1
      try await sleep(.seconds(seconds))
    }
  }

  private func attemptOnce(
    _ request: HTTPRequest, over transport: any KubernetesTransport
  ) async throws -> Result<[UInt8], Refusal> {
    try await exchange(request, over: transport) { head, body in
      let bytes = try await body.collect(limit: Self.answerLimit, request: request.name)
      return head.isSuccess ? .success(bytes) : .failure(Refusal(status: Status(head: head, body: bytes)))
    }
  }

  private struct Refusal: Error {
    let status: Status
  }

  /// Lets `consume` read the answer to a request, made with the client's credentials. A 401 may be about credentials that
  /// have been replaced under way: they are read again, and the request is made once more.
  func exchange<Answer>(
    _ request: HTTPRequest, over transport: any KubernetesTransport,
    _ consume: (HTTPResponseHead, any HTTPResponseBody) async throws -> Answer
  ) async throws -> Answer {
    guard authorization.isRenewed || renewsCertificate else {
      return try await transport.perform(try authorized(request), consume)
    }
    let start = ContinuousClock.now
    let answer: Answer? = try await transport.perform(try authorized(request)) { head, body in
      guard head.status != 401 else {
        // To its end, so that the connection can be used again.
        _ = try await body.collect(limit: Self.answerLimit, request: request.name)
        return nil
      }
      return try await consume(head, body)
    }
    if let answer { return answer }
    var again = try authorized(request)
    again.timeouts.total = request.timeouts.total.map { max(.zero, $0 - start.duration(to: .now)) }
    return try await transport.perform(again, consume)
  }

  /// The request with the headers that all have.
  private func authorized(_ request: HTTPRequest) throws(CredentialsError) -> HTTPRequest {
    var request = request
    request.headers.append(HTTPRequest.Field("Accept", "application/json"))
    if let value = try authorization.headerValue() {
      request.headers.append(HTTPRequest.Field("Authorization", value))
    }
    return request
  }
}

extension HTTPRequest {
  /// Method and path, for errors; the query may hold a token to continue with.
  var name: String { "\(method.rawValue) \(path)" }
}

extension HTTPResponseHead {
  var isSuccess: Bool { (200..<300).contains(status) }
}

extension HTTPResponseBody {
  /// The whole body.
  func collect(limit: Int, request: String) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while let chunk = try await next() {
      guard bytes.count + chunk.count <= limit else {
        throw KubernetesError.malformedAnswer("it has more than \(limit) bytes", request: request)
      }
      bytes += chunk
    }
    return bytes
  }
}
