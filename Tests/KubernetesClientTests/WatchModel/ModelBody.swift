import KubernetesAPI
import Synchronization

@testable import KubernetesClient

/// The body of an answer of the model. What comes next is decided when it is asked for, which is when all before has
/// reached the consumer.
final class ModelBody: HTTPResponseBody {
  private let model: WatchModel
  private var body: WatchModel.State.Body
  private var sent: [String] = []

  init(_ model: WatchModel, _ body: WatchModel.State.Body) {
    self.model = model
    self.body = body
  }

  func next() async throws -> [UInt8]? {
    try model.state.withLock { state in
      if !body.chunks.isEmpty {
        let chunk = body.chunks.removeFirst()
        if body.chunks.isEmpty, let listed = body.listed { noteListed(listed, &state) }
        return chunk
      }
      switch body.rest {
      case .end: return nil
      case .broken(let reason):
        throw TransportError(reason, server: "https://model", message: "broken")
      case .events(let revision): return try events(after: revision, &state)
      }
    }
  }

  /// The list is whole with the bytes that come now, and counts as read: the reader takes them as they are.
  private func noteListed(_ listed: [String: Int], _ state: inout WatchModel.State) {
    state.listed = listed
    state.server.wasListedWholly()
  }

  private func events(after revision: Int, _ state: inout WatchModel.State) throws -> [UInt8]? {
    if !state.isCalm, state.random.chance(2) { state.server.change(&state.random) }
    guard let changes = state.server.changes(since: revision) else {
      body.rest = .end
      return Array(ReflectorTests.gone.utf8)
    }
    body.rest = .events(after: state.server.revision)
    if !changes.isEmpty { return try send(changes, &state) }
    if body.endsList {
      noteListed(state.server.objects.consumed, &state)
      state.note("the list ends at", state.server.revision)
      return Array(ReflectorTests.end(at: state.server.revision).utf8)
    }
    // A list that never ends is no state to compare with: its reader does not know yet what is gone.
    if state.isSynced, !body.isList { compare(&state) }
    if state.isCalm { return try rest(&state) }
    return try pause(&state)
  }

  private func compare(_ state: inout WatchModel.State) {
    state.outcome.comparisons += 1
    let expected = state.server.objects.consumed
    if state.mirror != expected { state.fail("the mirror has \(state.mirror) instead of \(expected)") }
  }

  /// Nothing more will happen.
  private func rest(_ state: inout WatchModel.State) throws -> [UInt8]? {
    guard state.isSynced, !body.isList else {
      // Found out by its silence.
      throw TransportError(.idle, server: "https://model", message: "silent")
    }
    throw CancellationError()
  }

  /// What a watch does when it has nothing to tell.
  private func pause(_ state: inout WatchModel.State) throws -> [UInt8]? {
    switch Int.random(in: 0..<6, using: &state.random) {
    case 0: return nil
    case 1: throw TransportError(.connectionLost, server: "https://model", message: "broken")
    case 2: throw TransportError(.idle, server: "https://model", message: "silent")
    case 3 where !body.isList:
      body.rest = .end
      return Array("<html>".utf8)
    default:
      return Array(Note.bookmark(at: state.server.revision).utf8)
    }
  }

  /// Sends changes: in order, some twice; or the last two the other way round; or broken off at any byte; or one of them
  /// broken, and the others behind it.
  private func send(_ changes: [ModelServer.Change], _ state: inout WatchModel.State) throws -> [UInt8]? {
    var events = changes.map { WatchModel.State.event($0.kind, $0.name, $0.entry, at: $0.revision) }
    state.note("events \(changes.map { "\($0.kind) \($0.name)@\($0.revision)=\($0.entry.value)" })")
    guard !state.isCalm else { return Array(events.joined().utf8) }
    let fresh = events
    if state.random.chance(5), let again = sent.randomElement(using: &state.random) {
      events.insert(again, at: Int.random(in: 0...events.count, using: &state.random))
    } else if state.random.chance(5), events.count >= 2 {
      events.swapAt(events.count - 1, events.count - 2)
    } else if state.random.chance(5) {
      let bytes = Array(events.joined().utf8)
      body.rest = state.random.chance(4) ? .end : .broken(.connectionLost)
      return Array(bytes.prefix(Int.random(in: 1...bytes.count, using: &state.random)))
    } else if state.random.chance(5), let index = events.indices.randomElement(using: &state.random) {
      let event = events[index]
      events[index] = event.prefix(Int.random(in: 1...event.count - 2, using: &state.random)) + "\n"
    }
    sent = Array((sent + fresh).suffix(8))
    return Array(events.joined().utf8)
  }
}
