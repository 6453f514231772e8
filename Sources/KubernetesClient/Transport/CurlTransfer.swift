import Synchronization

/// One exchange, shared by the event loop, which fills it, and by its one reader.
///
/// What has arrived and is not read yet is bounded. Beyond the limit the loop is told to pause, and the reader asks it
/// to go on; on a connection that others share, where a pause would be theirs too, the transfer ends there. The lock is
/// never held while the loop is called.
final class CurlTransfer: HTTPResponseBody, Sendable {
  private struct State {
    var head: HTTPResponseHead?
    /// The head of an answer that is still arriving.
    var arrivingHead: HTTPResponseHead?
    var trailers: [String: String] = [:]
    var buffer: [UInt8] = []
    var isPaused = false
    /// Set once: the end of the body, or why there is none.
    var outcome: Result<Void, any Error>?
    /// The beginning, the last byte, or the end of a pause.
    var lastActivity = ContinuousClock.now
    /// When the last byte came.
    var lastHeard: ContinuousClock.Instant?
    /// The reader, waiting for a change.
    var reader: CheckedContinuation<Void, Never>?

    var isHTTP2: Bool { head?.version.hasPrefix("2") == true }

    mutating func hear() {
      lastActivity = .now
      lastHeard = lastActivity
    }

    mutating func end(_ outcome: Result<Void, any Error>) -> CheckedContinuation<Void, Never>? {
      if self.outcome == nil { self.outcome = outcome }
      return takeReader()
    }

    /// What the reader does next.
    mutating func takeStep() -> Step {
      guard buffer.isEmpty else {
        defer { (buffer, isPaused) = ([], false) }
        // Idle time begins anew: so far the reader was the slow one.
        if isPaused { lastActivity = .now }
        return .bytes(buffer, wasPaused: isPaused)
      }
      return outcome.map(Step.ended) ?? .wait
    }

    mutating func takeReader() -> CheckedContinuation<Void, Never>? {
      defer { reader = nil }
      return reader
    }
  }

  private enum Step {
    case bytes([UInt8], wasPaused: Bool)
    case ended(Result<Void, any Error>)
    case wait
  }

  /// What becomes of bytes that arrive.
  enum Receipt {
    case taken
    /// They are to be offered again when the reader has caught up.
    case pause
    /// The reader is too far behind, and the transfer has ended.
    case end
  }

  let request: HTTPRequest
  /// As it is for this exchange.
  let tls: TLSSettings
  private let server: ServerAddress
  private let bufferLimit: Int
  /// Whether the answer's connection carries others, too, where it is one of HTTP/2.
  private let sharesConnections: Bool
  private let loop: CurlEventLoop
  private let state = Mutex(State())
  private let start = ContinuousClock.now

  init(
    _ request: HTTPRequest, _ configuration: CurlTransport.Configuration, tls: TLSSettings, loop: CurlEventLoop
  ) {
    self.request = request
    self.tls = tls
    self.loop = loop
    server = configuration.server
    bufferLimit = configuration.bufferLimit
    sharesConnections = configuration.version == .negotiated
  }

  // MARK: The reader

  /// Waits for status and headers.
  func head() async throws -> HTTPResponseHead {
    while true {
      let head: HTTPResponseHead? = try state.withLock { state throws in
        if let head = state.head { return head }
        try state.outcome?.get()
        if state.outcome != nil {
          throw TransportError(
            .malformedResponse, server: server.description, message: "the server ended the answer before its headers")
        }
        return nil
      }
      if let head { return head }
      try await wait { $0.head != nil }
    }
  }

  func next() async throws -> [UInt8]? {
    while true {
      let step = state.withLock { $0.takeStep() }
      switch step {
      case .bytes(let bytes, let wasPaused):
        if wasPaused { loop.submit(.resume(self)) }
        return bytes
      case .ended(let outcome):
        try outcome.get()
        return nil
      case .wait:
        try await wait { !$0.buffer.isEmpty }
      }
    }
  }

  var trailers: [String: String] { state.withLock { $0.trailers } }

  /// Waits until `isReady` holds or the transfer has ended. Cancelling the task ends the transfer for its reader at
  /// once; the loop hears of it when the reader leaves.
  private func wait(until isReady: (borrowing State) -> Bool) async throws {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let mayGoOn = state.withLock { state in
          if state.outcome != nil || isReady(state) { return true }
          state.reader = continuation
          return false
        }
        if mayGoOn { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.end(.failure(CancellationError())) }?.resume()
    }
    try Task.checkCancellation()
  }

  // MARK: The event loop

  /// Whether not a byte of an answer has come.
  var isUnanswered: Bool { state.withLock { $0.head == nil && $0.arrivingHead == nil } }

  /// Whether status and headers are there.
  var isAnswered: Bool { state.withLock { $0.head != nil } }

  /// Whether the answer came over HTTP/2 on a connection that others use, too.
  var isOnSharedConnection: Bool { sharesConnections && state.withLock { $0.isHTTP2 } }

  /// When the last byte of the answer came; nil when none has.
  var lastHeard: ContinuousClock.Instant? { state.withLock { $0.lastHeard } }

  /// One line of the answer's head, as libcurl hands it over: the status line, a header, or the empty line at the end.
  func receive(headerLine bytes: UnsafeRawBufferPointer) {
    let reader = state.withLock { state in
      state.hear()
      let line = String(decoding: bytes.trimmed, as: UTF8.self)
      // Trailers come the same way, after the head.
      guard state.head == nil else {
        if let (name, value) = Self.field(line) { state.trailers[name] = value }
        return nil as CheckedContinuation<Void, Never>?
      }
      if line.hasPrefix("HTTP/") {
        let words = line.split(separator: " ", maxSplits: 2)
        let status = words.count > 1 ? Int(words[1]) : nil
        state.arrivingHead = HTTPResponseHead(
          status: status ?? 0, version: String(words.first?.dropFirst("HTTP/".count) ?? ""))
      } else if let (name, value) = Self.field(line) {
        state.arrivingHead?.headers[name] = value
      } else if line.isEmpty, let head = state.arrivingHead, head.status >= 200 {
        state.head = head
        return state.takeReader()
      }
      return nil
    }
    reader?.resume()
  }

  private static func field(_ line: String) -> (name: String, value: String)? {
    guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    return (line[..<colon].lowercased(), String(Substring(line.utf8[line.utf8.index(after: colon)...].trimmed)))
  }

  /// Takes bytes of the body, as long as the reader is not too far behind.
  func receive(body bytes: UnsafeRawBufferPointer) -> Receipt {
    let (receipt, reader) = state.withLock { state -> (Receipt, CheckedContinuation<Void, Never>?) in
      state.hear()
      guard state.buffer.count < bufferLimit || bytes.isEmpty else {
        guard sharesConnections, state.isHTTP2 else {
          state.isPaused = true
          return (.pause, nil)
        }
        let error = TransportError(
          .overrun, server: server.description,
          message: "the answer was given up: its reader is \(bufferLimit / 1024) KiB behind")
        return (.end, state.end(.failure(error)))
      }
      state.buffer.append(contentsOf: bytes)
      return (.taken, state.takeReader())
    }
    reader?.resume()
    return receipt
  }

  /// When the server has been silent for too long, and how long that is; nil where it may be.
  var silence: (deadline: ContinuousClock.Instant, limit: Duration)? {
    state.withLock { state in
      guard !state.isPaused else { return nil }
      if state.head == nil, let answer = request.timeouts.answer { return (start.advanced(by: answer), answer) }
      return request.timeouts.idle.map { (state.lastActivity.advanced(by: $0), $0) }
    }
  }

  func finish() {
    state.withLock { $0.end(.success(())) }?.resume()
  }

  func fail(_ error: TransportError) {
    state.withLock { $0.end(.failure(error)) }?.resume()
  }

  func fail(_ reason: TransportError.Reason, _ message: String) {
    fail(TransportError(reason, server: server.description, message: message))
  }

  /// Gives a silent server up, `limit` after it was last heard or asked.
  func failSilent(_ limit: Duration) {
    if isAnswered || request.timeouts.answer == nil {
      fail(.idle, "the server has sent nothing for \(limit.secondsText)")
    } else {
      fail(.timedOut, "no answer in time: the server has sent nothing for \(limit.secondsText)")
    }
  }
}

extension Duration {
  /// Seconds for people: `90 s`, `0.25 s`.
  var secondsText: String {
    let milliseconds = milliseconds
    return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(Double(milliseconds) / 1000) s"
  }
}

extension BidirectionalCollection<UInt8> {
  /// Without the blanks around it, and the end of its line (RFC 9110, "Field Values").
  fileprivate var trimmed: SubSequence {
    func isBlank(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: " ") || (UInt8(ascii: "\t")...UInt8(ascii: "\r")).contains(byte)
    }
    var rest = drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
    return rest
  }
}
