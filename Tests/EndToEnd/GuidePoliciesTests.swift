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
        let answer = try await standalone.get("/all-three", headers: [("x-request-id", "d1b4a7e0-1")])
        #expect(answer.status == 200)
        #expect(answer.backend == "backend")

        try check(try await standalone.accessLogLine(ofPath: "/all-three"), standalone)

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

    /// The guide's 13 keys, each with the value that the request has and of the type that it has.
    private func check(_ line: JSONValue, _ standalone: StandaloneHarness) throws {
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
      #expect(requestID == "d1b4a7e0-1" || requestID.count == 36)
      #expect(cluster.hasPrefix("cluster~kgateway-system~demo-backend~8080"))
    }
  }
}
