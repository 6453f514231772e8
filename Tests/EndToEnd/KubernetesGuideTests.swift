import APIServerDouble
import OTLPSink
import RealComponents
import Testing

extension EndToEnd {
  /// From `kubectl apply` to what a proxy writes and sends.
  @Suite("kgateway run: kubectl apply to the proxy")
  struct KubernetesGuide {
    /// An installation whose static cluster is a collector in this process.
    private func withCollector(_ body: (KubernetesTraffic, OTLPSink) async throws -> Void) async throws {
      let sink = try await OTLPSink.start()
      do {
        try await KubernetesTraffic.withRunning(
          ["--static-cluster", "otel-collector=127.0.0.1:\(sink.port),protocol=otlp"]
        ) { try await body($0, sink) }
      } catch {
        await sink.stop()
        throw error
      }
      await sink.stop()
    }

    @Test("the guide's three policies, as printed, are accepted and make the proxy log, send logs and spans")
    func guide() async throws {
      try await withCollector { traffic, sink in
        for file in Examples.policies { try await traffic.cluster.apply(Examples.text(file)) }
        for name in ["access-logging", "otel-access-logging", "tracing"] {
          try await eventually("\(name) is accepted", within: .seconds(60)) {
            await traffic.cluster.policy(name)?.ownConditions["Accepted"]?.status == "True"
          }
        }
        // The address in the guide has a name of its cluster; here it is the collector's.
        try await traffic.cluster.apply(
          Examples.text("tracing.yaml").replacing("otel-collector.telemetry:4317", with: "127.0.0.1:\(sink.port)"))

        let span = try await spanOfRequest(traffic, sink)
        #expect(span.traceID == Self.traceID)
        #expect(span.parentSpanID == Self.parentID)
        try await sink.waitForLogRecords(within: .seconds(60)) { $0.logName == "otel_access_log" }

        let line = try await traffic.accessLogLine { $0["path"] == "/guide" }
        let keys = [
          "timestamp", "request_id", "method", "path", "protocol", "response_code", "response_flags",
          "bytes_received", "bytes_sent", "duration", "upstream_host", "upstream_cluster", "user_agent",
        ]
        #expect(Set(line.objectValue?.keys ?? []) == Set(keys))
        #expect(line["method"] == "GET")
        #expect(line["response_code"] == 200)
        #expect(line["upstream_host"]?.stringValue == "127.0.0.1:\(traffic.backend.port)")
      }
    }

    private static let traceID = "0af7651916cd43dd8448eb211c80319c"
    private static let parentID = "b7ad6b7169203331"

    /// Asks until the proxy, which takes the policies one after the other, has traced a request.
    private func spanOfRequest(_ traffic: KubernetesTraffic, _ sink: OTLPSink) async throws -> OTLPSpan {
      try await eventuallyValue("a span arrives", within: .seconds(90), every: .milliseconds(200)) {
        let answer = try await traffic.get(
          "/guide", headers: [("traceparent", "00-\(Self.traceID)-\(Self.parentID)-01")])
        #expect(answer.status == 200)
        return await sink.spans.first { $0.traceID == Self.traceID }
      }
    }

    @Test("a policy changed with kubectl reaches the running proxy, and no request meets an error")
    func change() async throws {
      try await withCollector { traffic, _ in
        let proxy = traffic.proxy.process.id
        try await RequestLoad.run(onPort: traffic.port) { load in
          for round in 1...3 {
            let format: JSONValue = ["path": "%REQ(:PATH)%", "round": .string("round \(round)")]
            try await traffic.cluster.apply(Objects.accessLog("lines", format).jsonText)
            try await traffic.accessLogLine { $0["round"]?.stringValue == "round \(round)" }
          }
          try await traffic.cluster.kubectl(["delete", "httplistenerpolicy", "lines", "-n", Objects.namespace])
          try await eventually("the proxy writes no more", within: .seconds(60)) {
            let written = traffic.proxy.process.output.lines.count
            let answers = load.answers
            try await eventually("more requests are answered", within: .seconds(30)) { load.answers > answers + 20 }
            return traffic.proxy.process.output.lines.count == written
          }
          #expect(load.answers > 0)
          #expect(load.failures.isEmpty)
        }
        #expect(traffic.proxy.process.id == proxy && traffic.proxy.process.exitStatus == nil)
        #expect(try await traffic.kgateway.metric("kgateway_xds_nacks_total") == 0)
      }
    }

    @Test("endpoints that move take requests to the new place without a translation")
    func endpoints() async throws {
      try await KubernetesTraffic.withRunning { traffic in
        let translations = try await traffic.kgateway.metric("kgateway_translation_count")
        try await Backend.with(name: "moved") { other in
          try await traffic.cluster.apply(Objects.endpoints(port: other.port).jsonText)
          try await eventually("requests go to the new backend", within: .seconds(60)) {
            try await traffic.get("/").backend == "moved"
          }
        }
        #expect(try await traffic.kgateway.metric("kgateway_translation_count") == translations)
      }
    }
  }
}

extension KubernetesTraffic {
  /// The first line of the proxy's access log that satisfies the condition; waits until there is one.
  @discardableResult
  func accessLogLine(where condition: (JSONValue) -> Bool) async throws -> JSONValue {
    let line = try await proxy.process.output.line("an access-log line", within: .seconds(60)) {
      JSONValue(json: $0).map(condition) ?? false
    }
    return JSONValue(json: line) ?? .null
  }
}
