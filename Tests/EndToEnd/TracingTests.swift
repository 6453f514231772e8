import OTLPSink
import RealComponents
import Testing

extension EndToEnd {
  @Suite("trace contexts and sampling")
  struct TracingTests {
    /// A caller's context in one format, and what a policy with that format listed does with it.
    struct Caller: Sendable, CustomStringConvertible {
      var description: String
      /// `propagators` of the policy.
      var listed: [String]
      var headers: [(String, String)]
      /// The headers with a context that the upstream gets, and no other.
      var upstream: Set<String>
    }

    private static let traceID = "463ac35c9f6413ad48485a3953bb6124"
    private static let spanID = "a2fb4a1d1a96d312"
    private static let contextHeaders = ["traceparent", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-sampled"]
    private static let b3: [(String, String)] = [
      ("X-B3-TraceId", traceID), ("X-B3-SpanId", spanID), ("X-B3-Sampled", "1"),
    ]
    private static let b3Names: Set = ["x-b3-traceid", "x-b3-spanid", "x-b3-sampled"]

    static let callers = [
      Caller(
        description: "W3C to W3C and B3", listed: ["W3C_TRACE_CONTEXT", "B3"],
        headers: [("traceparent", "00-\(traceID)-\(spanID)-01")], upstream: b3Names.union(["traceparent"])),
      Caller(description: "B3 to B3", listed: ["B3"], headers: b3, upstream: b3Names),
      Caller(
        description: "B3 single to B3 single", listed: ["B3_SINGLE_HEADER"],
        headers: [("b3", "\(traceID)-\(spanID)-1")], upstream: ["b3"]),
      Caller(
        description: "B3 to W3C and B3 single", listed: ["W3C_TRACE_CONTEXT", "B3", "B3_SINGLE_HEADER"], headers: b3,
        upstream: b3Names.union(["traceparent", "b3"])),
    ]

    @Test("a caller's trace is continued, and goes on to the upstream in the listed formats only", arguments: callers)
    func continues(_ caller: Caller) async throws {
      try await StandaloneHarness.run { ports in
        var files = try Examples.routing(ports)
        files["tracing.yaml"] = try Self.policy(propagators: caller.listed)
        return files
      } _: { standalone in
        let answer = try await standalone.getTraced("/context", headers: caller.headers)
        let span = try await standalone.sink.waitForSpans(within: EndToEnd.patience) { $0.traceID == Self.traceID }[0]
        #expect(span.parentSpanID == Self.spanID)

        let sent = try Self.contextHeaders.filter { try !answer.sentUpstream($0).isEmpty }
        #expect(Set(sent) == caller.upstream)
        for name in sent where name != "x-b3-sampled" {
          let value = try answer.sentUpstream(name).joined()
          #expect(name == "x-b3-spanid" || value.contains(Self.traceID), "\(name): \(value)")
          #expect(name == "x-b3-traceid" || value.contains(span.spanID), "\(name): \(value)")
        }
      }
    }

    @Test(
      "at a samplingRate the share of new traces is kept, every trace that the caller sampled, and none that it did not",
      arguments: [(0, 0...0), (10, 50...160), (100, 1_000...1_000)])
    func sampling(_ rate: Int, _ expected: ClosedRange<Int>) async throws {
      try await StandaloneHarness.run { ports in
        var files = try Examples.routing(ports)
        files["tracing.yaml"] = try Examples.text("tracing.yaml")
          .replacing("samplingRate: 100 ", with: "samplingRate: \(rate) ")
        return files
      } _: { standalone in
        try await Self.sendSamplingRequests(to: standalone)
        #expect(standalone.backend.requestCount >= 1_000 + 2 * 80)

        // What the caller sampled is sent last on every connection, so by then the rest has come, except stragglers of
        // other connections, of which none must be missed where all are expected.
        let kept = try await standalone.sink.waitForSpans(80, within: EndToEnd.patience) { $0.isOf("/sampled") }
        #expect(kept.count == 80)
        #expect(kept.allSatisfy { $0.traceID.hasPrefix(Self.sampledPrefix) && $0.parentSpanID == Self.spanID })
        let new = try await standalone.sink.waitForSpans(expected.lowerBound, within: EndToEnd.patience) {
          $0.isOf("/new")
        }
        #expect(expected.contains(new.count), "\(new.count) of 1,000 at \(rate) %")
        #expect(Set(new.map(\.traceID)).count == new.count)
        #expect(await standalone.sink.spans.filter { $0.isOf("/unsampled") }.isEmpty)
      }
    }

    /// The first half of the trace ids that the test samples.
    private static let sampledPrefix = "00000000000000aa"

    /// On each of 8 connections 125 requests without a context, 10 of traces that the caller does not keep, and last 10
    /// of traces that it keeps.
    private static func sendSamplingRequests(to standalone: StandaloneHarness) async throws {
      let port = standalone.ports.gateway
      try await withThrowingTaskGroup { group in
        for _ in 0..<8 {
          group.addTask {
            try await HTTPConnection.with(port: port) { connection in
              for _ in 0..<125 { _ = try await connection.get("/new") }
              for _ in 0..<10 { try await connection.send("/unsampled", traceOf: "00000000000000bb", flags: "00") }
              for _ in 0..<10 { try await connection.send("/sampled", traceOf: Self.sampledPrefix, flags: "01") }
            }
          }
        }
        try await group.waitForAll()
      }
    }

    private static func policy(propagators: [String]) throws -> String {
      let guide = try Examples.text("tracing.yaml")
      let end = guide.firstRange(of: "    propagators:\n")?.lowerBound ?? guide.endIndex
      return guide[..<end] + "    propagators: [\(propagators.joined(separator: ", "))]\n"
    }
  }
}

extension HTTPConnection {
  /// A request with a W3C context whose trace id begins with `half` and goes on by chance.
  fileprivate mutating func send(_ path: String, traceOf half: String, flags: String) async throws {
    let digits = String(UInt64.random(in: 1...UInt64.max), radix: 16)
    let traceID = half + String(repeating: "0", count: 16 - digits.count) + digits
    _ = try await get(path, headers: [("traceparent", "00-\(traceID)-a2fb4a1d1a96d312-\(flags)")])
  }
}

extension OTLPSpan {
  fileprivate func isOf(_ path: String) -> Bool { attributes["http.url"]?.string?.hasSuffix(path) == true }
}
