import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

/// `spec.accessLog` of a policy.
enum AccessLogTranslation {
  /// One access log for Envoy, with the receiver that it sends to, if any.
  struct Output {
    var accessLog: Envoy_Config_Accesslog_V3_AccessLog
    var destination: TelemetryDestination?
  }

  /// Translates one entry; nil if there was a fault in it.
  ///
  /// - Parameter path: the entry's path, `spec.accessLog[0]`.
  static func translate(
    _ entry: HTTPListenerPolicy.AccessLog, at path: String, in context: PolicyContext, _ faults: inout [FieldFault]
  ) -> Output? {
    let before = faults.count
    var output: Output?
    let isSet: KeyValuePairs = [
      "fileSink": entry.fileSink != nil, "grpcService": entry.grpcService != nil,
      "openTelemetry": entry.openTelemetry != nil,
    ]
    if FieldCheck.exactlyOne(of: isSet, at: path, &faults) {
      if let sink = entry.fileSink {
        output = fileSink(sink, at: path + ".fileSink", &faults)
      } else if let service = entry.grpcService {
        output = grpcService(service, at: path + ".grpcService", in: context, &faults)
      } else if let service = entry.openTelemetry {
        output = openTelemetry(service, at: path + ".openTelemetry", in: context, &faults)
      }
    }
    if let filter = entry.filter,
      let filter = AccessLogFilterTranslation.translate(filter, at: path + ".filter", &faults)
    {
      output?.accessLog.filter = filter
    }
    return faults.count == before ? output : nil
  }

  // MARK: Files

  private static func fileSink(
    _ sink: HTTPListenerPolicy.FileSink, at path: String, _ faults: inout [FieldFault]
  ) -> Output? {
    checkFile(sink.path, at: path + ".path", &faults)
    let isSet: KeyValuePairs = ["jsonFormat": sink.jsonFormat != nil, "stringFormat": sink.stringFormat != nil]
    guard FieldCheck.exactlyOne(of: isSet, at: path, &faults) else { return nil }
    var config = Envoy_Extensions_AccessLoggers_File_V3_FileAccessLog()
    config.path = sink.path
    if let jsonFormat = sink.jsonFormat {
      config.logFormat.jsonFormat = JSONFormat.structure(jsonFormat, at: path + ".jsonFormat", &faults)
    } else if let text = sink.stringFormat {
      if text.isEmpty { faults.add(path + ".stringFormat", "is empty; write a line, as %START_TIME% %RESPONSE_CODE%") }
      _ = FieldCheck.format(text, at: path + ".stringFormat", &faults)
      // Envoy puts nothing between two records, and a file without line breaks is never what is meant.
      config.logFormat.textFormatSource.inlineString = text.hasSuffix("\n") ? text : text + "\n"
    }
    return Output(accessLog: accessLog("envoy.access_loggers.file", config))
  }

  private static func checkFile(_ file: String, at path: String, _ faults: inout [FieldFault]) {
    if file.isEmpty {
      faults.add(path, "is empty; name a file, as /dev/stdout")
    } else if file.utf8.contains(0) {
      faults.add(path, "has a zero byte in it; name a file, as /dev/stdout")
    } else if !file.hasPrefix("/") {
      faults.add(path, "\"\(file)\" does not begin with /; write the whole path, as /dev/stdout")
    } else if let format = try? FormatString(parsing: file), format.hasOperations {
      faults.add(path, "\"\(file)\" has an operator, and Envoy takes a path as it stands; write one without")
    }
  }

  // MARK: Receivers

  private static func grpcService(
    _ service: HTTPListenerPolicy.GRPCService, at path: String, in context: PolicyContext,
    _ faults: inout [FieldFault]
  ) -> Output? {
    let headers = LoggedHeaders(service, at: path, &faults)
    checkLogName(service.logName, at: path, &faults)
    guard
      let destination = TelemetryDestination.resolve(
        service.service, at: path, in: context, backendProtocol: .als, &faults)
    else { return nil }
    destination.checkOptions(at: path, &faults)
    guard destination.wireProtocol == .als else {
      var log = OTLPAccessLog(name: service.logName, destination: destination, gateway: context.gateway)
      log.attributes += headers.attributes
      return Output(
        accessLog: accessLog("envoy.access_loggers.open_telemetry", log.config), destination: destination)
    }
    let config = Envoy_Extensions_AccessLoggers_Grpc_V3_HttpGrpcAccessLogConfig.with {
      $0.commonConfig.logName = service.logName
      $0.commonConfig.grpcService = destination.grpcService
      $0.commonConfig.transportApiVersion = .v3
      $0.commonConfig.bufferFlushInterval = .init(seconds: 1)
      $0.additionalRequestHeadersToLog = headers.request
      $0.additionalResponseHeadersToLog = headers.response
      $0.additionalResponseTrailersToLog = headers.trailers
    }
    return Output(accessLog: accessLog("envoy.access_loggers.http_grpc", config), destination: destination)
  }

  private static func openTelemetry(
    _ service: HTTPListenerPolicy.OpenTelemetry, at path: String, in context: PolicyContext,
    _ faults: inout [FieldFault]
  ) -> Output? {
    let servicePath = path + ".grpcService"
    checkLogName(service.logName, at: servicePath, &faults)
    let destination = TelemetryDestination.resolve(
      service.service, at: servicePath, in: context, backendProtocol: .otlp, &faults)
    let values = OTLPValues(service, at: path, &faults)
    guard let destination else { return nil }
    guard destination.wireProtocol != .als else {
      faults.add(
        servicePath + ".staticClusterName",
        "the static cluster \"\(service.service.staticClusterName ?? "")\" speaks Envoy's access log service (als), not "
          + "OTLP; name it in spec.accessLog[].grpcService, or name another one here")
      return nil
    }
    destination.checkOptions(at: servicePath, &faults)
    var log = OTLPAccessLog(name: service.logName, destination: destination, gateway: context.gateway)
    log.apply(values)
    return Output(
      accessLog: accessLog("envoy.access_loggers.open_telemetry", log.config), destination: destination)
  }

  private static func checkLogName(_ name: String, at path: String, _ faults: inout [FieldFault]) {
    if name.isEmpty { faults.add(path + ".logName", "is empty; give the log a name, as otel_access_log") }
  }

  private static func accessLog(_ name: String, _ config: some Message) -> Envoy_Config_Accesslog_V3_AccessLog {
    .with {
      $0.name = name
      $0.typedConfig = Google_Protobuf_Any(packing: config)
    }
  }
}
