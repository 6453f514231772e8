import APIServerDouble
import KubeletDouble
import OTLPSink
import RealComponents
import Testing

// The guide's sections on access logs and traces.

extension GuideWalk {
  private static func printed(_ file: String) throws -> String {
    try #require(GuideText.documents.first { $0.file == file }).text
  }

  /// The first line of the proxy's standard output that is as wanted.
  private func line(_ section: Section, where isWanted: (JSONValue) -> Bool) async throws -> JSONValue {
    let output = try #require(proxy.process).output
    let line = try await output.line("\(section): a line", within: EndToEnd.patience) {
      JSONValue(json: $0).map(isWanted) ?? false
    }
    return JSONValue(json: line) ?? .null
  }

  // MARK: Access logging

  func checkAccessLogs() async throws {
    try await checkLines()
    try await checkRecords()
  }

  private func checkLines() async throws {
    let section = "Enable Access Logs"
    try await applyPolicy(Self.printed("access-logging.yaml"), section)
    try await eventually("\(section): a request is logged", within: EndToEnd.patience, every: .milliseconds(100)) {
      _ = try await HTTPConnection.get(port: port, "/walk/line")
      return proxy.process?.output.lines.contains { $0.contains("/walk/line") } ?? false
    }
    let line = try await line(section) { $0["path"] == "/walk/line" }
    #expect(line.objectValue?.keys.sorted() == GuideText.accessLogKeys, "\(section): the 13 keys")
    let values: [String: JSONValue] = [
      "method": "GET", "protocol": "HTTP/1.1", "response_code": 200, "bytes_received": 0, "user_agent": "end-to-end",
    ]
    for (key, value) in values { #expect(line[key] == value, "\(section): \(key)") }
    for key in ["timestamp", "request_id", "upstream_host", "upstream_cluster"] {
      #expect(line[key]?.stringValue?.isEmpty == false, "\(section): \(key)")
    }
    for key in ["bytes_sent", "duration"] { #expect(line[key]?.integerValue ?? -1 >= 0, "\(section): \(key)") }
  }

  private func checkRecords() async throws {
    let section = "Send Logs to OTel Collector"
    try await applyPolicy(Self.printed("otel-access-logging.yaml"), section)
    let record = try await eventuallyValue("\(section): a record", within: EndToEnd.patience) {
      _ = try await HTTPConnection.get(port: port, "/walk/record")
      return await logs.logRecords.first { $0.attributes["url.path"] == "/walk/record" }
    }
    #expect(record.logName == "otel_access_log", "\(section): logName")
    #expect(record.resourceAttributes["service.name"] == "agentgateway-proxy", "\(section): the Gateway's name")
    #expect(record.resourceAttributes["k8s.namespace.name"] == "kgateway-system", "\(section): its namespace")
    #expect(await traces.logRecords.isEmpty, "\(section): the traces collector gets none")
  }

  // MARK: Tracing

  func checkTracing() async throws {
    // Beside the guide's own keys, the one by which Grafana goes from a line to the trace.
    let joined = try Self.printed("access-logging.yaml") + #"        trace_id: "%TRACE_ID%"\#n"#
    try await applyPolicy(joined, "Enable Access Logs, with a trace id")
    try await applyPolicy(Self.printed("tracing.yaml"), "Enable Tracing")
    try await upstream(
      "Enable Tracing", gets: ["traceparent", "tracestate", "x-b3-traceid", "x-b3-spanid", "x-b3-sampled"],
      of: ["traceparent", "tracestate"])
    try await checkOneTrace()
    for row in Self.propagators {
      let section = "Trace Context Propagation: \(row.name)"
      let policy = try Self.printed("tracing.yaml")
        .replacing("    - W3C_TRACE_CONTEXT\n    - B3\n", with: "    - \(row.name)\n")
      try await applyPolicy(policy, section)
      try await upstream(section, gets: row.headers, of: row.headers)
    }
    try await checkCustomTags()
    try await applyPolicy(Self.printed("tracing.yaml"), "Enable Tracing")
  }

  /// The table.
  private static let propagators: [(name: String, headers: Set<String>)] = [
    ("W3C_TRACE_CONTEXT", ["traceparent", "tracestate"]), ("B3", ["x-b3-traceid", "x-b3-spanid", "x-b3-sampled"]),
    ("B3_SINGLE_HEADER", ["b3"]),
  ]

  private static let traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
  private static let spanID = "00f067aa0ba902b7"
  /// A caller's context in each of the formats.
  private static let contexts = [
    ("traceparent", "00-\(traceID)-\(spanID)-01"), ("tracestate", "vendor=1"), ("b3", "\(traceID)-\(spanID)-1"),
    ("x-b3-traceid", traceID), ("x-b3-spanid", spanID), ("x-b3-sampled", "1"),
  ]

  /// Asks with these headers of a caller until the policy of this moment is the proxy's: the upstream gets the headers
  /// of the listed formats and no other, with a span of the proxy's.
  private func upstream(
    _ section: Section, gets headers: Set<String>, of caller: Set<String>
  ) async throws {
    let context = Self.contexts.filter { caller.contains($0.0) }
    var sent: Set<String> = []
    do {
      try await eventually(section, within: EndToEnd.patience, every: .milliseconds(50)) {
        let answer = try await HTTPConnection.get(port: port, "/walk/context", headers: context)
        let names = Self.contexts.map(\.0)
        let values = try names.map { try answer.sentUpstream($0).joined() }
        sent = Set(zip(names, values).filter { !$1.isEmpty }.map(\.0))
        return sent == headers && !values.contains { $0.contains(Self.spanID) }
      }
    } catch is NeverCameTrue {
      Issue.record("\(section): the upstream gets \(sent.sorted()), not \(headers.sorted())")
    }
  }

  /// One request, in a line, in a record and in a span.
  private func checkOneTrace() async throws {
    let section = "Distributed Tracing"
    let path = "/walk/trace"
    try await HTTPConnection.with(port: port) { connection in
      let answer = try await connection.get(
        path, headers: Self.contexts.filter { $0.0.hasPrefix("trace") })
      #expect(try answer.sentUpstream("tracestate") == ["vendor=1"], "\(section): tracestate is handed on")
      try await connection.flushSpans()
    }
    let span = try #require(
      try await traces.waitForSpans(within: EndToEnd.patience) {
        $0.attributes["http.url"]?.string?.hasSuffix(path) == true
      }.first)
    #expect(span.traceID == Self.traceID && span.parentSpanID == Self.spanID, "\(section): the caller's trace goes on")
    #expect(span.serviceName == "agentgateway-proxy", "\(section): service.name")
    let record = try #require(
      try await logs.waitForLogRecords(within: EndToEnd.patience) { $0.attributes["url.path"] == .string(path) }.first)
    #expect(record.traceID == span.traceID && record.spanID == span.spanID, "\(section): the record names the span")
    let line = try await line(section) { $0["path"]?.stringValue == path }
    #expect(line["trace_id"]?.stringValue == span.traceID, "\(section): the line names the trace")
    #expect(await logs.spans.isEmpty, "\(section): the logs collector gets no span")
  }

  private func checkCustomTags() async throws {
    let section = "Custom Span Attributes"
    try await applyPolicy(GuideText.tracingWithCustomTags, section)
    let span = try await eventuallyValue("\(section): a span has them", within: EndToEnd.patience) {
      try await HTTPConnection.with(port: port) { connection in
        _ = try await connection.get("/walk/tags")
        try await connection.flushSpans()
      }
      return await traces.spans.first {
        $0.attributes["http.url"]?.string?.hasSuffix("/walk/tags") == true && $0.attributes["environment"] != nil
      }
    }
    #expect(span.attributes["environment"] == "production", "\(section): literal")
    #expect(span.attributes["cluster"] == "east-1", "\(section): environment")
    #expect(span.attributes["request_id"]?.string?.count == 36, "\(section): requestHeader")
  }
}
