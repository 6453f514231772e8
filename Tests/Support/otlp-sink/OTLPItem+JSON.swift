import JSON
import OTLPSink

extension OTLPItem {
  /// One JSON object without line breaks: `type` is `span` or `log`.
  var jsonLine: String {
    var writer = JSONWriter()
    writer.object { writer in
      switch self {
      case .span(let span): span.writeMembers(to: &writer)
      case .logRecord(let record): record.writeMembers(to: &writer)
      }
    }
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

extension OTLPSpan {
  fileprivate func writeMembers(to writer: inout JSONWriter) {
    writer.member("type", "span")
    writer.member("service", serviceName)
    writer.member("name", name)
    writer.member("kind", kind.rawValue)
    writer.member("traceId", traceID)
    writer.member("spanId", spanID)
    writer.member("parentSpanId", parentSpanID)
    writer.member("traceState", traceState.isEmpty ? nil : traceState)
    writer.member("startTimeUnixNano", start)
    writer.member("endTimeUnixNano", end)
    writer.member("attributes") { attributes.write(to: &$0) }
    writer.member("resource") { resourceAttributes.write(to: &$0) }
  }
}

extension OTLPLogRecord {
  fileprivate func writeMembers(to writer: inout JSONWriter) {
    writer.member("type", "log")
    writer.member("logName", logName)
    writer.member("traceId", traceID)
    writer.member("spanId", spanID)
    writer.member("severity", severity.isEmpty ? nil : severity)
    writer.member("timeUnixNano", time)
    writer.member("body") { body.write(to: &$0) }
    writer.member("attributes") { attributes.write(to: &$0) }
    writer.member("resource") { resourceAttributes.write(to: &$0) }
  }
}

extension [String: OTLPValue] {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.object { writer in
      for (key, value) in sorted(by: { $0.key < $1.key }) { writer.member(key) { value.write(to: &$0) } }
    }
  }
}

extension OTLPValue {
  fileprivate func write(to writer: inout JSONWriter) {
    switch self {
    case .none: writer.null()
    case .string(let value): writer.string(value)
    case .bool(let value): writer.bool(value)
    case .int(let value): writer.int(value)
    case .double(let value): writer.double(value)
    case .bytes: writer.string(description)
    case .array(let values): writer.array { writer in for value in values { value.write(to: &writer) } }
    case .object(let members): members.write(to: &writer)
    }
  }
}
