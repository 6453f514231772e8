import FoundationEssentials
import Hummingbird
import NIOCore

/// Everything between a decoded request and its answer: routing, authentication, failures on order.
struct APIHandler: Sendable {
  let store: ObjectStore
  let authenticator: Authenticator
  /// nil: everybody who is somebody may do everything.
  let authorizer: Authorizer?
  let failures: FailurePlan
  let log: RequestLog
  let now: @Sendable () -> Date
  let makeUID: @Sendable () -> String
  let timing: Timing
  let streamedLists: APIServerDouble.StreamedLists

  /// The lengths that the API counts in seconds.
  struct Timing: Sendable {
    var second: Duration
    var watchTimeout: Duration
    var bookmarkInterval: Duration
    /// How long a list waits for a resourceVersion that is not there yet.
    var freshnessWait: Duration
  }

  func respond(to request: APIRequest, on connection: ClientConnection?) async -> APIResponse {
    let recorded = RecordedRequest(request)
    let number = log.append(recorded)
    let response = await answer(request, failures.take(for: recorded), connection)
      .compressed(acceptEncoding: request.acceptEncoding)
    log.note(status: response.status, of: number)
    return response
  }

  private func answer(
    _ request: APIRequest, _ failure: Failure?, _ connection: ClientConnection?
  ) async -> APIResponse {
    do throws(StatusError) {
      switch failure {
      case .tooManyRequests(let seconds):
        throw StatusError(
          code: 429, reason: "TooManyRequests", message: "Too many requests, please try again later.",
          details: ["retryAfterSeconds": .integer(Int64(seconds))], retryAfterSeconds: seconds)
      case .unavailable(let seconds):
        throw StatusError(
          code: 503, reason: "ServiceUnavailable", message: "the server is currently unable to handle the request",
          details: ["retryAfterSeconds": .integer(Int64(seconds))], retryAfterSeconds: seconds)
      case .status(let code, let reason):
        throw StatusError(code: code, reason: reason, message: "the double was told to fail this request")
      case .gone where request[query: "continue"] != nil:
        throw StatusError.expiredContinue(ContinueToken(revision: -1, lastKey: "").text)
      case .gone where !request.isWatch:
        throw StatusError.tooOld(0, oldest: 0)
      case .stall:
        return await stall(connection)
      case .silence where !request.isWatch:
        return await stall(connection)
      case .garbage where !request.isWatch:
        return APIResponse(status: 200, contentType: "application/json", body: .bytes(Array("<html>\n".utf8)))
      default:
        break
      }
      let response = try await route(request, watchFault: failure?.watchFault, connection)
      return failure == .cutMidObject && !request.isWatch ? response.cutInHalf : response
    } catch {
      return .failure(error)
    }
  }

  /// Waits until the client has gone; the answer reaches nobody, and the request is not carried out.
  private func stall(_ connection: ClientConnection?) async -> APIResponse {
    let (silence, end) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    connection?.whenClosed { end.finish() }
    for await _ in silence {}
    return .text("", status: 503)
  }

  private func route(
    _ request: APIRequest, watchFault: WatchSession.Fault?, _ connection: ClientConnection?
  ) async throws(StatusError) -> APIResponse {
    let user = try authenticator.user(of: request, now: now())
    let kinds = store.read { $0.kinds }
    if let response = GeneralEndpoints(kinds: kinds).respond(to: request) { return response }
    guard let path = RequestPath(request.path) else { return .pageNotFound }
    guard let plural = path.plural else {
      guard let list = Discovery(kinds: kinds).resources(group: path.group, version: path.version) else {
        return .pageNotFound
      }
      return .json(list)
    }
    guard kinds.contains(where: { $0.group == path.group && $0.version == path.version }) else { return .pageNotFound }
    let kind = kinds.first { $0.plural == plural && $0.group == path.group && $0.version == path.version }
    guard let kind else {
      throw StatusError(
        code: 404, reason: "NotFound", message: "the server could not find the requested resource", details: [:])
    }
    if let authorizer, let attempt = authorizer.forbidden(user, request, path, kind) {
      throw forbidden(user, kind, attempt, path)
    }
    if user == .anonymous { throw forbidden(user, kind, AccessAttempt(request, path), path) }
    return try await respond(to: request, path, kind, watchFault, connection)
  }

  private func respond(
    to request: APIRequest, _ path: RequestPath, _ kind: ResourceKind, _ watchFault: WatchSession.Fault?,
    _ connection: ClientConnection?
  ) async throws(StatusError) -> APIResponse {
    let time = now()
    let writer = ObjectWriter(store: store, now: { Timestamp.text(time) }, makeUID: makeUID)
    let presentation = try Presentation(kind, request, now: time)
    let endpoints = ResourceEndpoints(
      kind: kind, path: path, request: request, presentation: presentation, writer: writer)
    if let response = try tokenResponse(to: request, path, kind, time) { return response }
    if request.method == "GET" {
      try await waitForRevision(of: request)
      if request.isWatch { return try watch(endpoints, watchFault, connection) }
    }
    return try endpoints.respond()
  }

  func tokens(at time: Date) -> TokenEndpoints {
    TokenEndpoints(store: store, authenticator: authenticator, makeUID: makeUID, now: time)
  }

  private func tokenResponse(
    to request: APIRequest, _ path: RequestPath, _ kind: ResourceKind, _ time: Date
  ) throws(StatusError) -> APIResponse? {
    guard request.method == "POST" else { return nil }
    let tokens = tokens(at: time)
    let isRequest = kind.id == CoreKinds.serviceAccounts.id && path.subresource == "token"
    guard isRequest || kind.id == CoreKinds.tokenReviews.id else { return nil }
    guard let body = JSONValue(json: request.body) else { throw .badRequest("the body is no JSON object") }
    let manager = request[query: "fieldManager"] ?? String(request.userAgent.prefix { $0 != "/" })
    guard isRequest else { return .json(tokens.review(body, manager: manager), status: 201) }
    let account = ObjectKey(namespace: path.namespace, name: path.name)
    return .json(try tokens.request(body, for: account, manager: manager), status: 201)
  }

  /// A read that asks for a state not older than one that the server has not reached waits a little, then is refused.
  private func waitForRevision(of request: APIRequest) async throws(StatusError) {
    guard !request.isWatch, request[query: "resourceVersionMatch"] != "Exact",
      let revision = request[query: "resourceVersion"].flatMap(Int.init)
    else { return }
    let deadline = ContinuousClock.now + timing.freshnessWait
    while store.read({ $0.revision }) < revision {
      guard ContinuousClock.now < deadline, (try? await Task.sleep(for: .milliseconds(10))) != nil else {
        throw .tooLarge(revision, current: store.read { $0.revision })
      }
    }
  }

  private func watch(
    _ endpoints: ResourceEndpoints, _ fault: WatchSession.Fault?, _ connection: ClientConnection?
  ) throws(StatusError) -> APIResponse {
    let request = endpoints.request
    let version = request[query: "resourceVersion"] ?? ""
    let sendsInitialEvents = request.flag("sendInitialEvents") && streamedLists != .ignored
    let start: WatchSession.Start
    if sendsInitialEvents, streamedLists == .refused { throw .noStreamedLists }
    if sendsInitialEvents {
      guard request[query: "resourceVersionMatch"] == "NotOlderThan" else {
        throw StatusError(
          code: 422, reason: "Invalid",
          message: "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents "
            + "requires setting resourceVersionMatch to NotOlderThan")
      }
      start = .initialEvents(endsWithBookmark: true)
    } else if version.isEmpty || version == "0" {
      start = .initialEvents(endsWithBookmark: false)
    } else if let revision = Int(version) {
      start = .after(revision)
    } else {
      throw .badRequest(
        "resourceVersion: Invalid value: \"\(version)\": strconv.ParseUint: parsing \"\(version)\": invalid syntax")
    }
    let seconds = Int(request[query: "timeoutSeconds"] ?? "") ?? 0
    let session = WatchSession(
      store: store, presentation: endpoints.presentation, selection: try endpoints.selection(), start: start,
      sendsBookmarks: request.flag("allowWatchBookmarks"),
      timeout: seconds > 0 ? timing.second * seconds : timing.watchTimeout,
      bookmarkInterval: timing.bookmarkInterval, lastBookmark: timing.second * 2, fault: fault, connection: connection)
    return APIResponse(
      status: 200, contentType: "application/json",
      body: .stream { writer in
        try await session.run(&writer)
        try await writer.finish(nil)
      })
  }

  private func forbidden(
    _ user: User, _ kind: ResourceKind, _ attempt: AccessAttempt, _ path: RequestPath
  ) -> StatusError {
    let name = path.name.isEmpty ? "" : " \"\(path.name)\""
    let scope = path.namespace.isEmpty ? "at the cluster scope" : "in the namespace \"\(path.namespace)\""
    var details: JSONValue = [:]
    if !path.name.isEmpty { details["name"] = .string(path.name) }
    if !kind.group.isEmpty { details["group"] = .string(kind.group) }
    details["kind"] = .string(kind.plural)
    return StatusError(
      code: 403, reason: "Forbidden",
      message:
        "\(kind.id)\(name) is forbidden: User \"\(user.name)\" cannot \(attempt.verb) "
        + "resource \"\(attempt.resource)\" in API group \"\(kind.group)\" \(scope)",
      details: details)
  }
}

extension Failure {
  /// What the failure does to a watch after it was accepted.
  fileprivate var watchFault: WatchSession.Fault? {
    switch self {
    case .gone: .expired
    case .silence: .silence
    case .cutMidObject: .cutFirstEvent
    case .garbage: .garbage
    case .brokenEvent: .brokenEvent
    case .disorder: .disorder
    case .noBookmarks: .noBookmarks
    case .tooManyRequests, .unavailable, .status, .stall: nil
    }
  }
}

extension APIResponse {
  /// The same answer, of which only the first half comes before the connection breaks.
  fileprivate var cutInHalf: APIResponse {
    guard case .bytes(let bytes) = body else { return self }
    var response = self
    response.body = .stream { writer in
      try await writer.write(ByteBuffer(bytes: bytes.prefix(bytes.count / 2)))
      throw ConnectionCut()
    }
    return response
  }
}
