import Synchronization

/// Keeps the newest of what arrives.
final class ALSStore: Sendable {
  /// Names a stream from its beginning on.
  typealias StreamNumber = Int

  private struct State {
    /// In the order of their numbers.
    var streams: [(number: StreamNumber, stream: ALSStream)] = []
    var entries: [ALSEntry] = []
    var nextNumber = 0
    var refusalsDue = 0
    var refusedCalls = 0
  }

  private let capacity: Int
  private let state = Mutex(State())

  init(capacity: Int) {
    self.capacity = capacity
  }

  var streams: [ALSStream] { state.withLock { $0.streams.map(\.stream) } }
  var entries: [ALSEntry] { state.withLock { $0.entries } }
  var refusedCalls: Int { state.withLock { $0.refusedCalls } }

  /// For the message of a wait that was in vain.
  var summary: String {
    state.withLock { state in
      var parts = [
        "\(state.streams.count) streams", "\(state.refusedCalls) refused calls", "\(state.entries.count) entries",
      ]
      if let stream = state.streams.last?.stream { parts.append("the last stream is \(stream)") }
      if let entry = state.entries.last { parts.append("the last entry is \(entry)") }
      return parts.joined(separator: ", ")
    }
  }

  func refuse(next count: Int) {
    state.withLock { $0.refusalsDue = count }
  }

  func removeAll() {
    state.withLock { state in
      state.streams = []
      state.entries = []
    }
  }

  /// The number of a new stream; nil if it is to be refused.
  func begin(metadata: [String: String]) -> StreamNumber? {
    state.withLock { state in
      guard state.refusalsDue == 0 else {
        state.refusalsDue -= 1
        state.refusedCalls += 1
        return nil
      }
      defer { state.nextNumber += 1 }
      Self.append((state.nextNumber, ALSStream(metadata: metadata)), to: &state.streams, capacity: capacity)
      return state.nextNumber
    }
  }

  func identify(_ number: StreamNumber, logName: String, nodeID: String, nodeCluster: String) {
    change(number) { stream in
      stream.logName = logName
      stream.nodeID = nodeID
      stream.nodeCluster = nodeCluster
    }
  }

  func take(_ entries: [ALSEntry], of number: StreamNumber) {
    change(number) { $0.entryCount += entries.count }
    state.withLock { state in
      for entry in entries { Self.append(entry, to: &state.entries, capacity: capacity) }
    }
  }

  /// Streams that are no longer kept are passed over.
  private func change(_ number: StreamNumber, _ body: (inout ALSStream) -> Void) {
    state.withLock { state in
      guard let index = state.streams.lastIndex(where: { $0.number == number }) else { return }
      body(&state.streams[index].stream)
    }
  }

  /// Drops a tenth at a time, so that the cost of moving the rest is spread.
  private static func append<Item>(_ item: Item, to items: inout [Item], capacity: Int) {
    if items.count >= capacity { items.removeFirst(min(items.count, capacity / 10 + 1)) }
    items.append(item)
  }
}
