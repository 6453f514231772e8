/// A log record as it arrived.
package struct OTLPLogRecord: Sendable, Hashable {
  /// `log_name` of the resource, which Envoy sets from its access log's `log_name`; `nil` without one.
  package var logName: String?
  package var body: OTLPValue
  package var attributes: [String: OTLPValue]
  package var resourceAttributes: [String: OTLPValue]
  /// 32 hexadecimal digits, in lower case; `nil` if the record belongs to no trace.
  package var traceID: String?
  /// 16 hexadecimal digits, in lower case; `nil` if the record belongs to no span.
  package var spanID: String?
  package var severity: String
  /// Nanoseconds since 1970.
  package var time: UInt64
}

extension OTLPLogRecord {
  init(_ record: Opentelemetry_Proto_Logs_V1_LogRecord, resource: [String: OTLPValue]) {
    self.init(
      logName: resource["log_name"]?.string, body: OTLPValue(record.body),
      attributes: [String: OTLPValue](record.attributes), resourceAttributes: resource,
      traceID: record.traceID.isEmpty ? nil : record.traceID.hexadecimal,
      spanID: record.spanID.isEmpty ? nil : record.spanID.hexadecimal, severity: record.severityText,
      time: record.timeUnixNano)
  }
}
