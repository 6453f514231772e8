import JSON
import KubernetesAPI
import Synchronization

@testable import KubernetesClient

extension WatchModel {
  func perform<Result>(
    _ request: HTTPRequest, _ consume: (HTTPResponseHead, any HTTPResponseBody) async throws -> Result
  ) async throws -> Result {
    let (head, body) = try state.withLock { state in
      state.outcome.requests += 1
      let calls = ["watch", "sendInitialEvents", "resourceVersion", "continue"].compactMap { name in
        request.parameter(name).map { "\(name)=\($0)" }
      }
      state.note("ask \(calls.joined(separator: " ")) at", state.server.revision)
      guard state.outcome.requests < state.stormyRequests + 100 else {
        state.fail("it never comes to rest")
        throw CancellationError()
      }
      state.befall()
      return try state.answer(request)
    }
    return try await consume(head, ModelBody(self, body))
  }
}

extension WatchModel.State {
  /// What an answer is made of: bytes that are there at once, and what comes after them.
  struct Body: Sendable {
    enum Rest: Sendable {
      case end
      case broken(TransportError.Reason)
      /// The events after a revision, as they happen.
      case events(after: Int)
    }

    var chunks: [[UInt8]] = []
    var rest = Rest.end
    /// What a list shows that is whole when this has come.
    var listed: [String: Int]?
    /// Whether it is to tell the end of a list.
    var endsList = false
    /// Whether its reader waits for that, told or not.
    var isList = false
  }

  /// Lets things happen on the server.
  fileprivate mutating func befall() {
    guard !isCalm else { return server.install() }
    for _ in 0..<Int.random(in: 0..<4, using: &random) { server.change(&random) }
    if random.chance(15) { server.forgetHistory() }
    if random.chance(10) { server.backUp() }
    if random.chance(15) {
      server.restore()
      note("restored? now at", server.revision)
    }
    if random.chance(40) { server.uninstall() }
    if random.chance(3) { server.install() }
  }

  fileprivate mutating func answer(_ request: HTTPRequest) throws -> (HTTPResponseHead, Body) {
    if !isCalm, random.chance(4), let refusal = try refusal() { return refusal }
    guard server.isInstalled else { return Self.refusal(404, "NotFound") }
    if request.parameter("sendInitialEvents") != nil {
      switch streamedLists {
      case .refused: return Self.refusal([400, 422].randomElement(using: &random) ?? 422, "Invalid")
      case .given, .ignored: return ok(streamedList())
      }
    }
    if request.parameter("watch") != nil { return watch(Int(request.parameter("resourceVersion") ?? "") ?? 0) }
    guard let page = server.page(request.parameter("continue")) else { return Self.refusal(410, "Expired") }
    let json = Note.list(page.items.map(Self.json), at: page.revision, continueToken: page.token ?? "")
    var body = Body(chunks: [Array(json.utf8)])
    if page.token == nil { body.listed = page.whole.consumed }
    return ok(body)
  }

  private mutating func refusal() throws -> (HTTPResponseHead, Body)? {
    let codes = [401, 403, 429, 500, 503]
    if let code = codes.randomElement(using: &random), random.chance(2) { return Self.refusal(code, "No") }
    let reasons: [TransportError.Reason] = [.connectionRefused, .tls, .timedOut, .connectionLost, .hostNotFound]
    throw TransportError(reasons.randomElement(using: &random) ?? .tls, server: "https://model", message: "no")
  }

  private static func refusal(_ code: Int, _ reason: String) -> (HTTPResponseHead, Body) {
    let status = #"{"kind":"Status","status":"Failure","reason":"\#(reason)","message":"no","code":\#(code)}"#
    return (HTTPResponseHead(status: code), Body(chunks: [Array(status.utf8)]))
  }

  /// An answer that comes in pieces, and may break at any byte.
  private mutating func ok(_ whole: Body) -> (HTTPResponseHead, Body) {
    var body = whole
    if !isCalm, random.chance(4) {
      let bytes = body.chunks.flatMap(\.self)
      let reasons: [TransportError.Reason] = [.connectionLost, .idle]
      body = Body(
        chunks: [Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))],
        rest: random.chance(4) ? .end : .broken(reasons.randomElement(using: &random) ?? .idle))
      // What is whole all the same counts, but for the line's end.
      if body.chunks[0].count >= bytes.count - 1 { (body.rest, body.listed) = (.end, whole.listed) }
    }
    body.chunks = body.chunks.flatMap { split($0) }
    return (HTTPResponseHead(status: 200), body)
  }

  private mutating func split(_ bytes: [UInt8]) -> [[UInt8]] {
    var rest = bytes[...]
    var pieces: [[UInt8]] = []
    while !rest.isEmpty {
      let count = random.chance(2) ? rest.count : Int.random(in: 1...rest.count, using: &random)
      pieces.append(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    return pieces
  }

  private mutating func streamedList() -> Body {
    let items = server.objects.sorted { $0.key < $1.key }
    let events = items.map { Self.event(.added, $0.key, $0.value, at: $0.value.revision) }
    var body = Body(chunks: [Array(events.joined().utf8)], rest: .events(after: server.revision))
    body.isList = true
    body.endsList = streamedLists == .given
    return body
  }

  private mutating func watch(_ revision: Int) -> (HTTPResponseHead, Body) {
    // The state is one that the server has not, or not yet: it was restored.
    if revision > server.revision {
      note("a watch from the future")
      if random.chance(2) { return Self.refusal(504, "Timeout") }
      return (HTTPResponseHead(status: 200), Body(rest: .broken(.idle)))
    }
    guard server.changes(since: revision) != nil else {
      if random.chance(2) { return Self.refusal(410, "Expired") }
      return (HTTPResponseHead(status: 200), Body(chunks: [Array(ReflectorTests.gone.utf8)]))
    }
    return (HTTPResponseHead(status: 200), Body(rest: .events(after: revision)))
  }

  static func json(_ name: String, _ entry: ModelServer.Entry) -> String {
    Note.json(name, at: entry.revision, text: entry.isBroken ? "\(entry.value)" : "\"\(entry.value)\"")
  }

  static func event(_ kind: WatchEvent.Kind, _ name: String, _ entry: ModelServer.Entry, at revision: Int) -> String {
    Note.event(
      kind.rawValue, name, at: revision, text: entry.isBroken ? "\(entry.value)" : "\"\(entry.value)\"")
  }
}
