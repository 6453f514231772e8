/// A span as it arrived.
package struct OTLPSpan: Sendable, Hashable {
  /// What part a span's service plays in the request that it is of.
  package enum Kind: String, Sendable, Hashable {
    case unspecified, `internal`, server, client, producer, consumer
  }

  /// `service.name` of the resource; empty if it has none.
  package var serviceName: String
  package var name: String
  /// 32 hexadecimal digits, in lower case.
  package var traceID: String
  /// 16 hexadecimal digits, in lower case.
  package var spanID: String
  /// 16 hexadecimal digits, in lower case; `nil` for the root of a trace.
  package var parentSpanID: String?
  package var kind: Kind
  package var traceState: String
  /// Nanoseconds since 1970.
  package var start: UInt64
  /// Nanoseconds since 1970.
  package var end: UInt64
  package var attributes: [String: OTLPValue]
  /// The names of what happened meanwhile, in the order in which it was sent.
  package var events: [String]
  package var resourceAttributes: [String: OTLPValue]

  /// How long it took; zero if its clock went backwards.
  package var duration: Duration {
    .nanoseconds(Int64(clamping: end > start ? end - start : 0))
  }
}

extension OTLPSpan {
  init(_ span: Opentelemetry_Proto_Trace_V1_Span, resource: [String: OTLPValue]) {
    self.init(
      serviceName: resource["service.name"]?.string ?? "", name: span.name, traceID: span.traceID.hexadecimal,
      spanID: span.spanID.hexadecimal, parentSpanID: span.parentSpanID.isEmpty ? nil : span.parentSpanID.hexadecimal,
      kind: Kind(span.kind), traceState: span.traceState, start: span.startTimeUnixNano, end: span.endTimeUnixNano,
      attributes: [String: OTLPValue](span.attributes), events: span.events.map(\.name), resourceAttributes: resource)
  }
}

extension OTLPSpan.Kind {
  init(_ kind: Opentelemetry_Proto_Trace_V1_Span.SpanKind) {
    switch kind {
    case .internal: self = .internal
    case .server: self = .server
    case .client: self = .client
    case .producer: self = .producer
    case .consumer: self = .consumer
    case .unspecified, .UNRECOGNIZED: self = .unspecified
    }
  }
}
