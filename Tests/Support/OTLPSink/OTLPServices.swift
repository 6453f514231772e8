import GRPCServer
import NIOCore
import SwiftProtobuf

/// The gRPC methods of an OTLP collector.
enum OTLPServices {
  static func router(_ store: OTLPStore) -> GRPCRouter {
    var router = GRPCRouter()
    router.unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export") { message, _ in
      let request: Opentelemetry_Proto_Collector_Trace_V1_ExportTraceServiceRequest = try decode(message)
      await store.take(items(of: request))
      return try encode(Opentelemetry_Proto_Collector_Trace_V1_ExportTraceServiceResponse())
    }
    router.unary("/opentelemetry.proto.collector.logs.v1.LogsService/Export") { message, _ in
      let request: Opentelemetry_Proto_Collector_Logs_V1_ExportLogsServiceRequest = try decode(message)
      await store.take(items(of: request))
      return try encode(Opentelemetry_Proto_Collector_Logs_V1_ExportLogsServiceResponse())
    }
    router.unary("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export") { _, _ in
      // An empty ExportMetricsServiceResponse: all was accepted.
      ByteBuffer()
    }
    return router
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
