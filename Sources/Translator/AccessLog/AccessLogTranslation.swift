import EnvoyAPI
import JSON
import KubernetesAPI
import SwiftProtobuf

/// `spec.accessLog` of a policy.
enum AccessLogTranslation {
  /// One access log for Envoy, with the cluster that it sends to, if any.
  struct Output {
    var accessLog: Envoy_Config_Accesslog_V3_AccessLog
    var cluster: Envoy_Config_Cluster_V3_Cluster?
  }

  /// Translates one entry; nil if there was a fault in it.
  ///
  /// - Parameter path: the entry's path, `spec.accessLog[0]`.
  static func translate(
    _ entry: HTTPListenerPolicy.AccessLog, at path: String, in context: PolicyContext, _ faults: inout [FieldFault]
  ) -> Output? {
    switch (entry.fileSink, entry.grpcService) {
    case (let sink?, nil): return fileSink(sink, at: path + ".fileSink", &faults)
    case (nil, let service?): return grpcService(service, at: path + ".grpcService", in: context, &faults)
    case (nil, nil):
      faults.append(FieldFault(path, "says no sink; set fileSink or grpcService"))
    case (.some, .some):
      faults.append(FieldFault(path, "sets both fileSink and grpcService; make two entries of them"))
    }
    return nil
  }

  private static func fileSink(
    _ sink: HTTPListenerPolicy.FileSink, at path: String, _ faults: inout [FieldFault]
  ) -> Output? {
    let before = faults.count
    if sink.path.isEmpty {
      faults.append(FieldFault(path + ".path", "is empty; name a file, as /dev/stdout"))
    }
    var format = Google_Protobuf_Struct()
    if let jsonFormat = sink.jsonFormat {
      format = JSONFormat.structure(jsonFormat, at: path + ".jsonFormat", &faults)
    } else {
      faults.append(FieldFault(path + ".jsonFormat", "is missing; give an object whose values are format strings"))
    }
    guard faults.count == before else { return nil }
    let config = Envoy_Extensions_AccessLoggers_File_V3_FileAccessLog.with {
      $0.path = sink.path
      $0.logFormat.jsonFormat = format
    }
    return Output(accessLog: accessLog("envoy.access_loggers.file", config))
  }

  private static func grpcService(
    _ service: HTTPListenerPolicy.GRPCService, at path: String, in context: PolicyContext,
    _ faults: inout [FieldFault]
  ) -> Output? {
    if service.logName.isEmpty {
      faults.append(FieldFault(path + ".logName", "is empty; give the log a name, as otel_access_log"))
    }
    let namePath = path + ".staticClusterName"
    guard let name = service.staticClusterName, !name.isEmpty else {
      faults.append(FieldFault(namePath, "is missing; name a static cluster: \(known(context.settings))"))
      return nil
    }
    guard let target = context.settings.staticClusters.first(where: { $0.name == name }) else {
      let nearest = nearestName(to: name, among: context.settings.staticClusters.map(\.name))
      let question = nearest.map { "did you mean \"\($0)\"? " } ?? ""
      faults.append(
        FieldFault(namePath, "unknown static cluster \"\(name)\"; \(question)known: \(known(context.settings))"))
      return nil
    }
    guard !service.logName.isEmpty else { return nil }
    let cluster = TelemetryCluster.make(target, settings: context.settings)
    let log =
      switch target.wireProtocol {
      case .otlp:
        accessLog(
          "envoy.access_loggers.open_telemetry",
          OTLPAccessLog.config(name: service.logName, cluster: cluster, gateway: context.gateway))
      case .als:
        accessLog(
          "envoy.access_loggers.http_grpc",
          Envoy_Extensions_AccessLoggers_Grpc_V3_HttpGrpcAccessLogConfig.with {
            $0.commonConfig.logName = service.logName
            $0.commonConfig.grpcService = TelemetryCluster.grpcService(cluster)
            $0.commonConfig.transportApiVersion = .v3
            $0.commonConfig.bufferFlushInterval = .init(seconds: 1)
          })
      }
    return Output(accessLog: log, cluster: cluster)
  }

  private static func known(_ settings: TranslatorSettings) -> String {
    let names = settings.staticClusters.map(\.name).sorted()
    return names.isEmpty
      ? "none (start the control plane with --static-cluster NAME=HOST:PORT)" : names.joined(separator: ", ")
  }

  private static func accessLog(_ name: String, _ config: some Message) -> Envoy_Config_Accesslog_V3_AccessLog {
    .with {
      $0.name = name
      $0.typedConfig = Google_Protobuf_Any(packing: config)
    }
  }
}
