import KubernetesClient
import Synchronization

/// A server that follows a script: one answer for each request, in order. A request beyond the script is never
/// answered, and ends ``runToEnd(_:)``.
final class ScriptedTransport: KubernetesTransport {
  struct Answer: Sendable {
    enum End: Sendable {
      case clean
      case broken(TransportError)
    }

    var status = 200
    var headers: [String: String] = [:]
    var chunks: [[UInt8]] = []
    var end = End.clean
    /// There is not even a head.
    var isMissing = false

    static func ok(_ chunks: String..., end: End = .clean) -> Answer {
      Answer(chunks: chunks.map { Array($0.utf8) }, end: end)
    }

    static func refusal(_ status: Int, _ body: String, headers: [String: String] = [:]) -> Answer {
      Answer(status: status, headers: headers, chunks: [Array(body.utf8)])
    }

    /// A refusal with a `Status` body.
    static func status(_ code: Int, _ reason: String, headers: [String: String] = [:]) -> Answer {
      refusal(
        code, #"{"kind":"Status","status":"Failure","reason":"\#(reason)","message":"no","code":\#(code)}"#,
        headers: headers)
    }

    static func failure(_ reason: TransportError.Reason) -> Answer {
      Answer(end: .broken(TransportError(reason, server: "https://test", message: "\(reason)")), isMissing: true)
    }
  }

  private struct State {
    var script: [Answer]
    var requests: [HTTPRequest] = []
    var isPastEnd = false
    var waiting: CheckedContinuation<Void, Never>?
  }

  private let state: Mutex<State>

  private let onAnswer: @Sendable () -> Void

  /// - Parameter onAnswer: called before each answer.
  init(_ script: [Answer], onAnswer: @escaping @Sendable () -> Void = {}) {
    state = Mutex(State(script: script))
    self.onAnswer = onAnswer
  }

  /// The requests that were made, with the one beyond the script.
  var requests: [HTTPRequest] { state.withLock(\.requests) }

  func perform<Result>(
    _ request: HTTPRequest, _ consume: (HTTPResponseHead, any HTTPResponseBody) async throws -> Result
  ) async throws -> Result {
    let (answer, waiting) = state.withLock { state -> (Answer?, CheckedContinuation<Void, Never>?) in
      state.requests.append(request)
      if !state.script.isEmpty { return (state.script.removeFirst(), nil) }
      state.isPastEnd = true
      defer { state.waiting = nil }
      return (nil, state.waiting)
    }
    waiting?.resume()
    onAnswer()
    guard let answer else {
      try await Task.sleep(for: .seconds(3600))
      throw CancellationError()
    }
    if answer.isMissing, case .broken(let error) = answer.end { throw error }
    return try await consume(
      HTTPResponseHead(status: answer.status, headers: answer.headers), Body(answer))
  }

  func shutdown() async {}

  /// Runs `work`, and cancels it when the script is used up.
  func runToEnd(_ work: @escaping @Sendable () async -> Void) async {
    let task = Task { await work() }
    await withCheckedContinuation { continuation in
      let isPastEnd = state.withLock { state in
        if !state.isPastEnd { state.waiting = continuation }
        return state.isPastEnd
      }
      if isPastEnd { continuation.resume() }
    }
    task.cancel()
    await task.value
  }

  private final class Body: HTTPResponseBody {
    private var chunks: ArraySlice<[UInt8]>
    private let end: Answer.End

    init(_ answer: Answer) {
      chunks = answer.chunks[...]
      end = answer.end
    }

    func next() async throws -> [UInt8]? {
      if let chunk = chunks.popFirst() { return chunk }
      if case .broken(let error) = end { throw error }
      return nil
    }
  }
}

/// Time that passes only by being asked for, and waits that are over at once.
final class ScriptedClock: Sendable {
  private let state = Mutex((now: Duration.zero, delays: [Duration]()))
  private let step: Duration

  /// - Parameter step: passes between two looks at the clock: how long each list and each watch lasts.
  init(step: Duration) {
    self.step = step
  }

  /// The waits so far.
  var delays: [Duration] { state.withLock(\.delays) }

  /// Chance always falls in the middle.
  var clock: ReflectorClock {
    ReflectorClock(
      now: { [self] in
        state.withLock { state in
          state.now += step
          return state.now
        }
      },
      sleep: { [self] delay in
        state.withLock { $0.delays.append(delay) }
        try Task.checkCancellation()
      },
      random: { 0.5 })
  }
}
