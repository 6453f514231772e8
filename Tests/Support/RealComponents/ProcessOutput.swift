import Synchronization

/// What a child process has written to one of its streams, collected while it runs.
///
/// Memory is bounded: beyond the limit the oldest lines go, and `droppedBytes` says how much went.
package final class ProcessOutput: Sendable {
  fileprivate struct State {
    var lines: [String] = []
    var lineBytes = 0
    var unfinishedLine: [UInt8] = []
    var droppedLines = 0
    var droppedBytes = 0
  }

  private let limit: Int
  private let state = Mutex(State())

  init(limit: Int) {
    self.limit = limit
  }

  /// The complete lines so far, without their line ends, oldest first.
  package var lines: [String] {
    state.withLock { $0.lines }
  }

  /// Everything that is kept, exactly as it was written (what is not UTF-8 is replaced).
  package var text: String {
    let (lines, unfinishedLine) = state.withLock { ($0.lines, $0.unfinishedLine) }
    var text = ""
    for line in lines {
      text += line
      text += "\n"
    }
    return text + String(decoding: unfinishedLine, as: UTF8.self)
  }

  /// The number of bytes that were given up to stay within the limit.
  package var droppedBytes: Int {
    state.withLock { $0.droppedBytes }
  }

  /// The first line that satisfies the condition; waits until there is one.
  ///
  /// Each line is looked at once, whether it was written before or during the call.
  ///
  /// - Parameter what: what is waited for, for the error.
  /// - Throws: `NeverCameTrue` with the last lines of the output.
  @discardableResult
  package func line(
    _ what: String, within limit: Duration = .seconds(10), where condition: (String) throws -> Bool
  ) async throws -> String {
    var next = 0
    do {
      return try await eventuallyValue(what, within: limit) {
        let (lines, dropped) = state.withLock { ($0.lines, $0.droppedLines) }
        let unseen = lines.dropFirst(max(0, next - dropped))
        next = dropped + lines.count
        return try unseen.first(where: condition)
      }
    } catch let error as NeverCameTrue {
      throw error.adding("the last lines of the output:\n" + tail(20))
    }
  }

  /// The last lines (an unfinished one too), for error messages.
  package func tail(_ count: Int) -> String {
    text.split(separator: "\n").suffix(count).map { "  | " + $0 }.joined(separator: "\n")
  }

  func append(_ bytes: borrowing RawSpan) {
    bytes.withUnsafeBytes { bytes in
      state.withLock { $0.append(bytes, limit: limit) }
    }
  }
}

extension ProcessOutput.State {
  mutating func append(_ bytes: UnsafeRawBufferPointer, limit: Int) {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      unfinishedLine.append(contentsOf: rest[..<end])
      rest = rest[(end + 1)...]
      lineBytes += unfinishedLine.count
      lines.append(String(decoding: unfinishedLine, as: UTF8.self))
      unfinishedLine.removeAll(keepingCapacity: true)
    }
    unfinishedLine.append(contentsOf: rest)
    if unfinishedLine.count > limit {
      droppedBytes += unfinishedLine.count - limit
      unfinishedLine.removeFirst(unfinishedLine.count - limit)
    }
    if lineBytes > limit { dropOldestLines(downTo: limit / 2) }
  }

  /// Drops many lines at a time, so that the cost of moving the rest is spread.
  private mutating func dropOldestLines(downTo bytes: Int) {
    var count = 0
    while lineBytes > bytes, count < lines.count {
      lineBytes -= lines[count].utf8.count
      droppedBytes += lines[count].utf8.count + 1
      count += 1
    }
    lines.removeFirst(count)
    droppedLines += count
  }
}
