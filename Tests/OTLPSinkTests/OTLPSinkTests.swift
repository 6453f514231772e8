import OTLPSink
import RealComponents
import Testing

/// Against the published descriptors and grpcio. `Python/export.py` says what is sent.
@Suite("The OTLP sink")
struct OTLPSinkTests {
  private func export(to port: Int, spans: Int = 1) async throws -> String {
    try await outputOfCommand(
      RealComponent.protos.path(),
      [PackageRoot.path("Tests/OTLPSinkTests/Python/export.py"), "127.0.0.1:\(port)", "\(spans)"],
      deadline: .seconds(60))
  }

  private func withSink(capacity: Int = 10_000, _ body: (OTLPSink) async throws -> Void) async throws {
    let sink = try await OTLPSink.start(capacity: capacity)
    do {
      try await body(sink)
      await sink.stop()
    } catch {
      await sink.stop()
      throw error
    }
  }

  @Test("spans and log records arrive as they were sent, metrics are accepted, garbage is refused")
  func export() async throws {
    try await withSink { sink in
      let output = try await export(to: sink.port)
      #expect(
        output
          == "INVALID_ARGUMENT the message is not a opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest\n")

      let span = try #require(try await sink.waitForSpans(1) { $0.name == "GET /0" }.first)
      #expect(span.serviceName == "shop")
      #expect(span.traceID == "000102030405060708090a0b0c0d0e0f")
      #expect(span.spanID == "0001020304050607")
      #expect(span.parentSpanID == "f0f1f2f3f4f5f6f7")
      #expect(span.kind == .server)
      #expect(span.duration == .microseconds(2500))
      #expect(
        span.attributes == [
          "http.status_code": 200, "text": "Größe\n\u{1B}[31m", "ratio": 0.5, "cached": true, "raw": .bytes([0, 255]),
          "list": .array([1, "two"]),
        ])
      let root = try #require(await sink.spans.last)
      #expect(root.name == "root")
      #expect(root.parentSpanID == nil)
      #expect(root.kind == .unspecified)

      let record = try #require(try await sink.waitForLogRecords().first)
      #expect(record.logName == "otel_access_log")
      #expect(record.body == .object(["path": "/get", "code": 404]))
      #expect(record.attributes == ["env": "test"])
      #expect(record.resourceAttributes == ["log_name": "otel_access_log"])
      #expect(record.traceID == span.traceID)
      #expect(record.spanID == span.spanID)
      #expect(record.severity == "INFO")
      #expect(record.time == 7)

      await sink.removeAll()
      #expect(await sink.spans.isEmpty)
      #expect(await sink.logRecords.isEmpty)
    }
  }

  @Test("over HTTP, what is not an export is refused as HTTP does, and recorded all the same")
  func httpRefusals() async throws {
    try await withSink { sink in
      let program = """
        import http.client, sys
        connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
        protobuf = {"content-type": "application/x-protobuf"}
        for method, path, body, headers in [
            ("POST", "/v1/logs", b"", protobuf), ("POST", "/v1/metrics", b"", protobuf),
            ("POST", "/v1/traces", b"\\xff", protobuf), ("POST", "/v1/traces", b"{}", {"content-type": "application/json"}),
            ("GET", "/v1/traces", b"", protobuf), ("POST", "/", b"", protobuf),
        ]:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            print(answer.status, answer.read().decode().strip())
        """
      let output = try await outputOfCommand(RealComponent.python.path(), ["-c", program, "\(sink.httpPort)"])
      #expect(
        output == """
          200\u{20}
          200\u{20}
          400 the message is not a opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest
          415 the content-type must be application/x-protobuf
          405 exports use the method POST
          404 nothing is at this path; OTLP's are /v1/traces, /v1/logs, /v1/metrics

          """)
      #expect(await sink.requests.map(\.path).suffix(2) == ["/v1/traces", "/"])
      #expect(await sink.requests.allSatisfy { $0.transport == .http })
    }
  }

  @Test("only the newest are kept")
  func bounded() async throws {
    try await withSink(capacity: 50) { sink in
      _ = try await export(to: sink.port, spans: 500)
      let spans = await sink.spans
      #expect((40...50).contains(spans.count))
      #expect(spans.suffix(2).map(\.name) == ["GET /499", "root"])
    }
  }

  @Test("a wait in vain tells what came instead")
  func waitInVain() async throws {
    try await withSink { sink in
      _ = try await export(to: sink.port)
      let error = await #expect(throws: OTLPSink.NothingCame.self) {
        try await sink.waitForSpans(1, within: .milliseconds(50)) { $0.name == "POST /" }
      }
      #expect(error?.description.contains("2 spans, 1 log records") == true)
    }
  }

  @Test("the executable prints a line for each item, and ends on SIGTERM")
  func textLines() async throws {
    let program = try BuiltProduct.path("otlp-sink")
    try await withProcess(program, ["--address", "127.0.0.1:0"]) { process in
      _ = try await export(to: try await port(of: process))
      let span = try await process.output.line("the span is printed") { $0.hasPrefix("span  GET /0") }
      #expect(
        span.hasPrefix(
          "span  GET /0  service=shop kind=server trace=000102030405060708090a0b0c0d0e0f span=0001020304050607 "
            + "parent=f0f1f2f3f4f5f6f7 took=2.5ms  cached=true http.status_code=200"))
      #expect(!span.contains("\u{1B}"))
      let record = try await process.output.line("the log record is printed") { $0.hasPrefix("log") }
      #expect(
        record == "log   otel_access_log  trace=000102030405060708090a0b0c0d0e0f span=0001020304050607  "
          + "{code=404 path=/get}  env=test")
      try process.send(.terminate)
      #expect(try await process.waitForExit(within: .seconds(2)) == .exited(0))
    }
  }

  @Test("the executable prints JSON when asked to, and ends on SIGINT")
  func jsonLines() async throws {
    let program = try BuiltProduct.path("otlp-sink")
    try await withProcess(program, ["--address", "127.0.0.1:0", "--json"]) { process in
      _ = try await export(to: try await port(of: process))
      let record = try await process.output.line("the log record is printed") { $0.contains(#""type":"log""#) }
      #expect(
        record == #"{"type":"log","logName":"otel_access_log","traceId":"000102030405060708090a0b0c0d0e0f","#
          + #""spanId":"0001020304050607","severity":"INFO","timeUnixNano":7,"body":{"code":404,"path":"/get"},"#
          + #""attributes":{"env":"test"},"resource":{"log_name":"otel_access_log"}}"#)
      try process.send(.interrupt)
      #expect(try await process.waitForExit(within: .seconds(2)) == .exited(0))
    }
  }

  @Test("the executable says in one line when its address is in use")
  func addressInUse() async throws {
    try await withSink { sink in
      let result = try await runCommand(BuiltProduct.path("otlp-sink"), ["--address", "127.0.0.1:\(sink.port)"])
      #expect(result.status == .exited(1))
      #expect(result.errorOutput == "Error: cannot listen on 127.0.0.1:\(sink.port): address already in use\n")
    }
  }

  private func port(of process: ChildProcess) async throws -> Int {
    let line = try await process.errorOutput.line("the sink listens") { $0.contains("listening on 127.0.0.1:") }
    return try #require(line.split(separator: ":").last.flatMap { Int($0) })
  }
}
