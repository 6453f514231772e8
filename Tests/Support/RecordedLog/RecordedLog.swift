package import Logging
import Synchronization

/// What was logged, for tests to look at.
package final class RecordedLog: Sendable {
  package struct Line: Sendable, Hashable {
    package let level: Logger.Level
    package let message: String
  }

  private let recorded = Mutex<[Line]>([])

  package init() {}

  /// In their order.
  package var lines: [Line] { recorded.withLock(\.self) }

  /// The messages of one level.
  package func messages(_ level: Logger.Level) -> [String] { lines.filter { $0.level == level }.map(\.message) }

  /// Writes here, whatever the level.
  package var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

  private struct Handler: LogHandler {
    let log: RecordedLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(log: RecordedLog) { self.log = log }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let line = Line(level: event.level, message: "\(event.message)")
      log.recorded.withLock { $0.append(line) }
    }
  }
}
