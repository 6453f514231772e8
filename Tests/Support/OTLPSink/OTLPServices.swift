import GRPCServer
import NIOCore
import NIOHPACK
import SwiftProtobuf

/// The methods of an OTLP collector, whatever they are called over.
enum OTLPServices {
  /// Takes a message and gives the answer; throws a `GRPCStatus` for one that is no good.
  typealias Method = @Sendable (ByteBuffer, OTLPStore) async throws -> ByteBuffer

  static func router(_ store: OTLPStore) -> GRPCRouter {
    var router = GRPCRouter()
    for (path, method) in methods {
      router.unary("/opentelemetry.proto.collector.\(path.grpc)/Export") { message, request in
        await store.take(
          OTLPRequest(
            .grpc, path: request.path, headers: request.metadata.map { (name: $0.name, value: $0.value) }))
        return try await method(message, store)
      }
    }
    return router
  }

  /// The method at a path of OTLP's HTTP variant; nil if there is none.
  static func method(atHTTPPath path: String) -> Method? {
    methods.first { $0.path.http == path }?.method
  }

  private static let methods: [(path: (grpc: String, http: String), method: Method)] = [
    (("trace.v1.TraceService", "/v1/traces"), exportTraces),
    (("logs.v1.LogsService", "/v1/logs"), exportLogs),
    // An empty ExportMetricsServiceResponse: all was accepted.
    (("metrics.v1.MetricsService", "/v1/metrics"), { _, _ in ByteBuffer() }),
  ]

  private static let exportTraces: Method = { message, store in
    let request: Opentelemetry_Proto_Collector_Trace_V1_ExportTraceServiceRequest = try decode(message)
    await store.take(items(of: request))
    return try encode(Opentelemetry_Proto_Collector_Trace_V1_ExportTraceServiceResponse())
  }

  private static let exportLogs: Method = { message, store in
    let request: Opentelemetry_Proto_Collector_Logs_V1_ExportLogsServiceRequest = try decode(message)
    await store.take(items(of: request))
    return try encode(Opentelemetry_Proto_Collector_Logs_V1_ExportLogsServiceResponse())
  }

  private static func items(
    of request: Opentelemetry_Proto_Collector_Trace_V1_ExportTraceServiceRequest
  ) -> [OTLPItem] {
    request.resourceSpans.flatMap { group in
      let resource = [String: OTLPValue](group.resource.attributes)
      return group.scopeSpans.flatMap(\.spans).map { OTLPItem.span(OTLPSpan($0, resource: resource)) }
    }
  }

  private static func items(
    of request: Opentelemetry_Proto_Collector_Logs_V1_ExportLogsServiceRequest
  ) -> [OTLPItem] {
    request.resourceLogs.flatMap { group in
      let resource = [String: OTLPValue](group.resource.attributes)
      return group.scopeLogs.flatMap(\.logRecords).map { OTLPItem.logRecord(OTLPLogRecord($0, resource: resource)) }
    }
  }

  private static func decode<Request: Message>(_ message: ByteBuffer) throws(GRPCStatus) -> Request {
    do {
      return try Request(serializedBytes: Array(message.readableBytesView))
    } catch {
      throw GRPCStatus(.invalidArgument, "the message is not a \(Request.protoMessageName)")
    }
  }

  private static func encode(_ response: some Message) throws -> ByteBuffer {
    ByteBuffer(bytes: try response.serializedBytes() as [UInt8])
  }
}
