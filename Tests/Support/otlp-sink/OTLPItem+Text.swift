import OTLPSink

extension OTLPItem {
  /// One line for people.
  var textLine: String {
    switch self {
    case .span(let span): span.textLine
    case .logRecord(let record): record.textLine
    }
  }
}

extension OTLPSpan {
  fileprivate var textLine: String {
    let milliseconds = Double(duration.components.attoseconds / 1_000_000_000_000) / 1000
    return [
      "span  \(name)  service=\(serviceName) kind=\(kind.rawValue) trace=\(traceID) span=\(spanID)",
      "parent=\(parentSpanID ?? "-") took=\(Double(duration.components.seconds) * 1000 + milliseconds)ms",
      " \(attributes.sortedDescription)",
    ].joined(separator: " ").singleLine
  }
}

extension OTLPLogRecord {
  fileprivate var textLine: String {
    [
      "log   \(logName ?? "-")  trace=\(traceID ?? "-") span=\(spanID ?? "-")",
      " \(body)",
      " \(attributes.sortedDescription)",
    ].joined(separator: " ").singleLine
  }
}

extension String {
  /// What was sent may hold anything; a line must stay one, and a terminal undisturbed.
  fileprivate var singleLine: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }))
  }
}
