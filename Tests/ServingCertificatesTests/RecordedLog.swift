import Logging
import Synchronization

/// What was logged, for tests to look at.
final class RecordedLog: Sendable {
  struct Line: Sendable, Hashable {
    let level: Logger.Level
    let message: String
  }

  private let recorded = Mutex<[Line]>([])

  var lines: [Line] { recorded.withLock(\.self) }

  /// The messages of one level.
  func messages(_ level: Logger.Level) -> [String] { lines.filter { $0.level == level }.map(\.message) }

  var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

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
