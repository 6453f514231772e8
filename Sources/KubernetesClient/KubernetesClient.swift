package import JSON
package import KubernetesAPI

/// A client of one API server. Knows the API's rules, and no kind in particular.
///
/// Every call throws ``KubernetesError`` for an answer that is no success, ``TransportError`` where there is none,
/// ``CredentialsError`` when the credentials cannot be read, and `CancellationError`.
package struct KubernetesClient: Sendable {
  /// Bytes of an answer that is read as a whole. The API server refuses objects beyond 3 MiB.
  static let answerLimit = 8 * 1024 * 1024
  /// How often a request is made in all when the server asks to be asked later.
  package static let attempts = 4
  /// The longest delay that a request waits out before it is repeated; a longer one is the caller's to know.
  private static let longestDelay = 10

  private let requests: any KubernetesTransport
  let streams: any KubernetesTransport
  private let authorization: Authorization
  private let sleep: @Sendable (Duration) async throws -> Void

  /// `streams` carries lists, watches and Leases, `requests` everything else, so that an answer that is read slowly holds
  /// nothing up.
  package init(
    requests: any KubernetesTransport, streams: any KubernetesTransport, authorization: Authorization = .none,
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    self.requests = requests
    self.streams = streams
    self.authorization = authorization
    self.sleep = sleep
  }

  /// A client on libcurl. Connects with the first request.
  package init(_ access: ClusterAccess, userAgent: String) throws(TransportError) {
    // The buffer takes any answer whole, so that no stream of a shared connection is ever paused.
    let requests = try CurlTransport(
      CurlTransport.Configuration(
        server: access.server, tls: access.tls, userAgent: userAgent, version: .negotiated, maximumConnections: 8,
        bufferLimit: Self.answerLimit + 1))
    let streams = try CurlTransport(
      CurlTransport.Configuration(server: access.server, tls: access.tls, userAgent: userAgent, version: .http1))
    self.init(requests: requests, streams: streams, authorization: access.authorization)
  }

  /// The same client for one who may use it only while this process leads; ended with the original.
  package func limited(to leadership: Leadership) -> KubernetesClient {
    KubernetesClient(
      requests: LeaderTransport(transport: requests, leadership: leadership), streams: streams,
      authorization: authorization, sleep: sleep)
  }

  /// Ends what is under way; later calls fail.
  package func shutdown() async {
    await requests.shutdown()
    await streams.shutdown()
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
  ///
  /// - Parameter attempts: how often it is made in all when the server asks to be asked later; 1 for who has more to
  ///   write and has all of it wait then.
  package func applyStatus(
    _ resource: APIResource, _ id: NamespacedName, object: [UInt8], manager: String, force: Bool = true,
    attempts: Int = Self.attempts
  ) async throws {
    _ = try await send(
      Self.applying(object, path: resource.path(id, subresource: "status"), manager: manager, force: force),
      attempts: attempts)
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
    var request = try authorized(request)
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
    try await transport.perform(request) { head, body in
      let bytes = try await body.collect(limit: Self.answerLimit, request: request.name)
      return head.isSuccess ? .success(bytes) : .failure(Refusal(status: Status(head: head, body: bytes)))
    }
  }

  private struct Refusal: Error {
    let status: Status
  }

  /// The request with the headers that all have.
  func authorized(_ request: HTTPRequest) throws(CredentialsError) -> HTTPRequest {
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
