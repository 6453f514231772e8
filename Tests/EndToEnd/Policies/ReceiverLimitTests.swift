import GRPCServer
import Logging
import NIOCore
import NIOPosix
import RealComponents
import Testing

extension EndToEnd {
  @Suite("the longest message that is taken from a receiver of telemetry")
  struct ReceiverLimits {
    /// A receiver whose answers are 100 bytes long.
    private final class Answering: GRPCCallHandler {
      private let call: GRPCCall
      private let isUnary: Bool

      init(_ call: GRPCCall, isUnary: Bool) {
        (self.call, self.isUnary) = (call, isUnary)
      }

      func received(_ message: ByteBuffer) {
        // A field that no answer has, 98 bytes long.
        call.send(ByteBuffer(bytes: [0x7A, 98] + [UInt8](repeating: 0x20, count: 98)))
        if isUnary { call.finish(.ok) }
      }

      func receivedEnd() {}
      func writabilityChanged() {}
      func closed() {}
    }

    private static func withReceiver(port: Int, _ body: () async throws -> Void) async throws {
      var router = GRPCRouter()
      router.stream("/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs") { Answering($0, isUnary: false) }
      for kind in ["logs.v1.Logs", "trace.v1.Trace"] {
        router.stream("/opentelemetry.proto.collector.\(kind)Service/Export") { Answering($0, isUnary: true) }
      }
      var configuration = GRPCServer.Configuration(host: "127.0.0.1", port: port)
      configuration.shutdownGrace = .milliseconds(100)
      let server = GRPCServer(
        configuration: configuration, router: router, group: MultiThreadedEventLoopGroup.singleton,
        logger: Logger(label: "receiver"))
      _ = try await server.start()
      do {
        try await body()
      } catch {
        server.beginGracefulShutdown()
        await server.waitUntilClosed()
        throw error
      }
      server.beginGracefulShutdown()
      await server.waitUntilClosed()
    }

    struct Use: Sendable, CustomTestStringConvertible {
      var testDescription: String
      var cluster: String
      /// A policy's spec, up to the limit.
      var spec: String
    }

    static let uses = [
      Use(
        testDescription: "Envoy's access log service", cluster: "late-als",
        spec: "accessLog: [{grpcService: {logName: log, staticClusterName: late-als, maxReceiveMessageLength: LIMIT}}]"),
      Use(
        testDescription: "OpenTelemetry logs", cluster: "late-otlp",
        spec: """
          accessLog:
          - openTelemetry:
              grpcService: {logName: log, staticClusterName: late-otlp, maxReceiveMessageLength: LIMIT}
          """),
      Use(
        testDescription: "spans", cluster: "late-otlp",
        spec: """
          tracing:
            provider:
              openTelemetry: {grpcService: {staticClusterName: late-otlp, maxReceiveMessageLength: LIMIT}}
          """),
    ]

    @Test(
      "a receiver's answer that is longer than the policy allows ends the call, and one within it does not",
      arguments: uses)
    func limits(_ use: Use) async throws {
      try await PolicyBed.run([
        "within": use.spec.replacing("LIMIT", with: "100"), "beyond": use.spec.replacing("LIMIT", with: "99"),
      ]) { bed in
        try await Self.withReceiver(port: bed.ports.late) {
          let cluster = "cluster.static~\(use.cluster)"
          try await bed.send("within", "/")
          try await eventually("an answer has come") {
            try await bed.counter("\(cluster).upstream_cx_rx_bytes_total") ?? 0 > 100
          }
          #expect(try await bed.counter("\(cluster).upstream_rq_tx_reset") == 0)
          try await bed.send("beyond", "/")
          try await eventually("the call is reset") { try await bed.counter("\(cluster).upstream_rq_tx_reset") == 1 }
        }
      }
    }
  }
}
