import FoundationEssentials
import Glibc
import JSON
import Logging

/// Writes each log message as one line to standard error.
///
///     2026-11-24T10:15:00.123Z info  listening for proxies on 0.0.0.0:9977
///     {"time":"2026-11-24T10:15:00.123Z","level":"info","message":"listening ...","object":"..."}
struct LineLogHandler: LogHandler {
  enum Format { case text, json }

  let format: Format
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .info

  init(format: Format) { self.format = format }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let time = Date.now.formatted(Self.timeStyle)
    var line: [UInt8]
    switch format {
    case .text: line = Array("\(time) \(Self.padded(event.level)) \(Self.onOneLine("\(event.message)"))".utf8)
    case .json: line = json(event, time: time)
    }
    line.append(UInt8(ascii: "\n"))
    // One write a line, so that the lines of several threads do not mix. A log that cannot be written is lost.
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  private static let timeStyle = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

  private static func padded(_ level: Logger.Level) -> String {
    level.rawValue + String(repeating: " ", count: max(0, 7 - level.rawValue.count))
  }

  /// A message of several lines (Envoy's can be) must not look like several messages.
  private static func onOneLine(_ message: String) -> String {
    message.contains(where: \.isNewline) ? message.split(whereSeparator: \.isNewline).joined(separator: " | ") : message
  }

  private func json(_ event: LogEvent, time: String) -> [UInt8] {
    var fields = metadata
    for (key, value) in event.metadata ?? [:] { fields[key] = value }
    var writer = JSONWriter()
    writer.object { writer in
      writer.key("time")
      writer.string(time)
      writer.key("level")
      writer.string(event.level.rawValue)
      writer.key("message")
      writer.string("\(event.message)")
      for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
        writer.key(key)
        writer.string("\(value)")
      }
    }
    return writer.bytes
  }
}
