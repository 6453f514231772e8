import JSON
import OTLPSink
import RealComponents
import Testing

extension EndToEnd {
  @Suite("the guide's policies")
  struct GuidePolicies {
    @Test("the examples are the guide's documents, letter by letter", arguments: GuideText.documents)
    func examplesAreTheGuides(_ document: GuideText.Document) throws {
      #expect(try Examples.text(document.file) == document.text)
    }

    @Test("each of the three does what it says: access-log lines, OTLP log records, spans")
    func allThree() async throws {
      try await StandaloneHarness.run { standalone in
        let answer = try await standalone.getTraced("/all-three")
        #expect(answer.status == 200)
        #expect(answer.backend == "backend")

        let line = try await standalone.accessLogLine(ofPath: "/all-three")
        checkTypesAndValues(of: line, standalone)
        #expect(try answer.sentUpstream("x-request-id").map(JSONValue.string) == [line["request_id"]])

        let record = try await standalone.sink.waitForLogRecords(within: EndToEnd.patience) {
          $0.attributes["url.path"] == "/all-three"
        }[0]
        #expect(record.logName == "otel_access_log")

        let span = try await standalone.sink.waitForSpans(within: EndToEnd.patience) {
          $0.attributes["http.url"]?.string?.hasSuffix("/all-three") == true
        }[0]
        #expect(span.serviceName == "agentgateway-proxy")
        #expect(span.traceID == record.traceID)
      }
    }

    @Test("what a request has not is null in the access log, and a request that no route takes has a line too")
    func absentValues() async throws {
      try await StandaloneHarness.run { ports in
        var files = try Examples.all(ports)
        files["httproute.yaml"] = files["httproute.yaml"]?.replacing("value: /", with: "value: /served")
        return files
      } _: { standalone in
        #expect(try await standalone.get("/elsewhere").status == 404)
        let line = try await standalone.accessLogLine(ofPath: "/elsewhere")
        #expect(line["response_code"] == .integer(404))
        #expect(line["response_flags"] == .string("NR"))
        #expect(line["upstream_host"] == .null)
        #expect(line["upstream_cluster"] == .null)
      }
    }

    @Test("--static-cluster names another collector for the log records")
    func anotherStaticCluster() async throws {
      let other = try await OTLPSink.start()
      do {
        try await StandaloneHarness.run(arguments: ["--static-cluster", "mine=127.0.0.1:\(other.port),protocol=otlp"]) {
          ports in
          var files = try Examples.routing(ports)
          files["otel-access-logging.yaml"] = try Examples.text("otel-access-logging.yaml")
            .replacing("staticClusterName: otel-collector", with: "staticClusterName: mine")
          return files
        } _: { standalone in
          _ = try await standalone.get("/mine")
          let record = try await other.waitForLogRecords(within: EndToEnd.patience) {
            $0.attributes["url.path"] == "/mine"
          }[0]
          #expect(record.logName == "otel_access_log")
          #expect(await standalone.sink.logRecords.isEmpty)
        }
      } catch {
        await other.stop()
        throw error
      }
      await other.stop()
    }

    @Test("the guide's custom tags are attributes of the span: a literal, a variable of the environment, a header")
    func customTags() async throws {
      try await StandaloneHarness.run(environment: ["CLUSTER_NAME": "east-1"]) { ports in
        var files = try Examples.routing(ports)
        files["tracing.yaml"] = GuideText.tracingWithCustomTags
        return files
      } _: { standalone in
        let answer = try await standalone.getTraced("/tagged")
        let span = try await standalone.sink.waitForSpans(within: EndToEnd.patience) {
          $0.attributes["http.url"]?.string?.hasSuffix("/tagged") == true
        }[0]
        #expect(span.attributes["environment"] == "production")
        #expect(span.attributes["cluster"] == "east-1")
        #expect(try answer.sentUpstream("x-request-id") == [span.attributes["request_id"]?.string])
      }
    }

    /// The guide's 13 keys, each with the value that the request has and of the type that it has.
    private func checkTypesAndValues(of line: JSONValue, _ standalone: StandaloneHarness) {
      guard case .object(let members) = line else {
        Issue.record("not an object: \(line)")
        return
      }
      #expect(members.map(\.key).sorted() == GuideText.accessLogKeys)
      #expect(line["method"] == .string("GET"))
      #expect(line["path"] == .string("/all-three"))
      #expect(line["protocol"] == .string("HTTP/1.1"))
      #expect(line["response_code"] == .integer(200))
      #expect(line["response_flags"] == .string("-") || line["response_flags"] == .null)
      #expect(line["bytes_received"] == .integer(0))
      #expect(line["upstream_host"] == .string("127.0.0.1:\(standalone.ports.backend)"))
      #expect(line["user_agent"] == .string("end-to-end"))
      guard case .integer(let sent)? = line["bytes_sent"], case .integer(let duration)? = line["duration"],
        case .string(let timestamp)? = line["timestamp"], case .string(let requestID)? = line["request_id"],
        case .string(let cluster)? = line["upstream_cluster"]
      else {
        Issue.record("a type is wrong: \(line)")
        return
      }
      #expect(sent > 0)
      #expect(duration >= 0)
      #expect(timestamp.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
      #expect(requestID.count == 36)
      #expect(cluster.hasPrefix("cluster~kgateway-system~demo-backend~8080"))
    }
  }
}
