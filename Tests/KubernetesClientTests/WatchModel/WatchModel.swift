import JSON
import KubernetesAPI
import RealComponents
import Synchronization

@testable import KubernetesClient

/// A reflector between a model of a server, which changes, forgets, is restored and fails at random, and a mirror of it.
///
/// Everything happens in one task, one thing after the other, so that a seed says it all.
final class WatchModel: KubernetesTransport {
  /// What became of one run.
  struct Outcome: Sendable {
    var problems: [String] = []
    /// What happened, if it was to be written down.
    var trace: [String] = []
    /// How often the mirror was compared with the server.
    var comparisons = 0
    var requests = 0
  }

  /// What the server makes of the wish for a streamed list.
  enum Streaming: CaseIterable {
    case given, refused, ignored
  }

  struct State: Sendable {
    var random: SplitMix64
    var server = ModelServer()
    let streamedLists: Streaming
    /// How many requests may meet with anything; after those the server is calm.
    let stormyRequests: Int
    /// The values that the consumer has; -1 for one that cannot be decoded.
    var mirror: [String: Int] = [:]
    /// What the last list showed that has come wholly.
    var listed: [String: Int] = [:]
    var isSynced = false
    var time = Duration.zero
    /// For how long the server may have taken no request, and whether that was ever so long that all is told again.
    var outage = Duration.zero
    var hadOutage = false
    var outcome = Outcome()
    let isTraced: Bool

    var isCalm: Bool { outcome.requests > stormyRequests }

    mutating func note(_ text: @autoclosure () -> String, _ number: Int? = nil) {
      if isTraced { outcome.trace.append(text() + (number.map { " \($0)" } ?? "")) }
    }

    mutating func fail(_ problem: String) {
      note("PROBLEM \(problem)")
      outcome.problems.append(problem)
    }
  }

  let state: Mutex<State>

  init(seed: UInt64, isTraced: Bool = false) {
    var random = SplitMix64(seed: seed)
    state = Mutex(
      State(
        random: random, streamedLists: Streaming.allCases.randomElement(using: &random) ?? .given,
        stormyRequests: Int.random(in: 5...30, using: &random), isTraced: isTraced))
  }

  /// Runs until the server is calm and the reflector has nothing more to read.
  static func run(seed: UInt64, isTraced: Bool = false) async -> Outcome {
    let model = WatchModel(seed: seed, isTraced: isTraced)
    let reflector = Reflector<Note>(
      Note.resource,
      client: KubernetesClient(
        requests: model, streams: model, streamedLists: StreamedLists()),
      clock: model.clock, decode: { reader throws(JSONError) in try Note(from: &reader) },
      onRestart: { model.noteRestart($0) }, onRecovery: { model.state.withLock { $0.outage = .zero } })
    await reflector.run { model.consume($0) }
    return model.state.withLock(\.outcome)
  }

  private func noteRestart(_ restart: WatchRestart) {
    state.withLock { state in
      state.note("restart \(restart.reason) \(restart.message)")
      state.outage += restart.delay + .seconds(15)
      if state.outage >= .seconds(60) { state.hadOutage = true }
    }
  }

  // MARK: The consumer

  private func consume(_ event: ReflectorEvent<Note>) {
    state.withLock { state in
      switch event {
      case .upsert(let note):
        state.note("upsert \(note.metadata.name) = \(note.text)")
        let value = Int(note.text) ?? 0
        let before = state.mirror.updateValue(value, forKey: note.metadata.name)
        if before == value, state.server.restores == 0, !state.hadOutage {
          state.fail("\(note.metadata.name) was told twice")
        }
      case .undecodable(let id, _):
        state.note("undecodable \(id?.name ?? "?")")
        if let id { state.mirror[id.name] = -1 } else { state.fail("an object without a name") }
      case .delete(let id):
        state.note("delete \(id.name)")
        if state.mirror.removeValue(forKey: id.name) == nil { state.fail("\(id.name) is gone that was not there") }
      case .synced:
        state.note("synced")
        if state.isSynced { state.fail("synced twice") }
        state.isSynced = true
        if state.mirror != state.listed { state.fail("synced with \(state.mirror) instead of \(state.listed)") }
      case .absent:
        state.note("absent")
        state.isSynced = false
        if !state.mirror.isEmpty { state.fail("absent with \(state.mirror)") }
      }
    }
  }

  /// Time passes between looks at it, and waits are over at once.
  private var clock: ReflectorClock {
    ReflectorClock(
      now: { [self] in
        state.withLock { state in
          state.time += .milliseconds(Int.random(in: 0..<20_000, using: &state.random))
          return state.time
        }
      },
      sleep: { [self] delay in
        state.withLock { state in
          if delay <= .zero || delay > .seconds(400) { state.fail("a wait of \(delay)") }
        }
      },
      random: { [self] in state.withLock { Double.random(in: 0..<1, using: &$0.random) } })
  }

  func shutdown() async {}
}

extension ModelServer.Objects {
  /// As a consumer has them.
  var consumed: [String: Int] { mapValues { $0.isBroken ? -1 : $0.value } }
}
