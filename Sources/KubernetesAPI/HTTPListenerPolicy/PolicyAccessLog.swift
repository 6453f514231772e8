package import JSON

extension HTTPListenerPolicy {
  /// One access log; exactly one sink is meant to be set.
  package struct AccessLog: Hashable, Sendable {
    package var fileSink: FileSink?
    @Boxed package var grpcService: GRPCService?
    @Boxed package var openTelemetry: OpenTelemetry?
    /// Which requests are logged. Nil: all.
    @Boxed package var filter: Filter?

    package init(
      fileSink: FileSink? = nil, grpcService: GRPCService? = nil, openTelemetry: OpenTelemetry? = nil,
      filter: Filter? = nil
    ) {
      self.fileSink = fileSink
      self.grpcService = grpcService
      self.openTelemetry = openTelemetry
      self.filter = filter
    }
  }

  /// Lines in a file of the proxy; exactly one of the formats is meant to be set.
  package struct FileSink: Hashable, Sendable {
    package var path: String
    /// An access-log format string; the line break is its own.
    package var stringFormat: String?
    /// A JSON object whose string values are access-log format strings. Nil when absent.
    package var jsonFormat: JSONValue?

    package init(path: String, stringFormat: String? = nil, jsonFormat: JSONValue? = nil) {
      self.path = path
      self.stringFormat = stringFormat
      self.jsonFormat = jsonFormat
    }
  }

  /// Records for Envoy's access log service; for an OTLP receiver where the static cluster says so.
  package struct GRPCService: Hashable, Sendable {
    package var logName: String
    package var service: TelemetryService
    /// Names of headers, for records of Envoy's access log service.
    package var additionalRequestHeadersToLog: [String]
    package var additionalResponseHeadersToLog: [String]
    package var additionalResponseTrailersToLog: [String]

    package init(
      logName: String, service: TelemetryService = TelemetryService(), additionalRequestHeadersToLog: [String] = [],
      additionalResponseHeadersToLog: [String] = [], additionalResponseTrailersToLog: [String] = []
    ) {
      self.logName = logName
      self.service = service
      self.additionalRequestHeadersToLog = additionalRequestHeadersToLog
      self.additionalResponseHeadersToLog = additionalResponseHeadersToLog
      self.additionalResponseTrailersToLog = additionalResponseTrailersToLog
    }
  }

  /// Log records in OpenTelemetry's protocol.
  package struct OpenTelemetry: Hashable, Sendable {
    /// `grpcService.logName`.
    package var logName: String
    /// The rest of `grpcService`.
    package var service: TelemetryService
    /// A format string. Nil: none; where `attributes` is nil too, a line of the common log formats.
    package var body: String?
    package var disableBuiltinLabels: Bool?
    /// `attributes.values`. Nil: none; where `body` is nil too, those of OpenTelemetry's semantic conventions.
    package var attributes: [KeyValue]?
    /// `resourceAttributes.values`.
    package var resourceAttributes: [KeyValue]?

    package init(
      logName: String, service: TelemetryService = TelemetryService(), body: String? = nil,
      disableBuiltinLabels: Bool? = nil, attributes: [KeyValue]? = nil, resourceAttributes: [KeyValue]? = nil
    ) {
      self.logName = logName
      self.service = service
      self.body = body
      self.disableBuiltinLabels = disableBuiltinLabels
      self.attributes = attributes
      self.resourceAttributes = resourceAttributes
    }
  }

  package struct KeyValue: Hashable, Sendable {
    package var key: String
    package var value: AnyValue

    package init(key: String, value: AnyValue) {
      self.key = key
      self.value = value
    }
  }

  /// A value of OpenTelemetry's; exactly one form is meant to be set.
  package struct AnyValue: Hashable, Sendable {
    /// A format string.
    package var stringValue: String?
    package var arrayValue: [AnyValue]?
    /// `kvListValue.values`.
    package var kvListValue: [KeyValue]?

    package init(stringValue: String? = nil, arrayValue: [AnyValue]? = nil, kvListValue: [KeyValue]? = nil) {
      self.stringValue = stringValue
      self.arrayValue = arrayValue
      self.kvListValue = kvListValue
    }
  }
}
