import JSON
import RealComponents
import Testing

extension EndToEnd {
  @Suite("configuration that Envoy refuses")
  struct RefusedByEnvoy {
    /// What only the proxy can find out.
    struct Mistake: Sendable, CustomStringConvertible {
      var description: String
      var correct: String
      var wrong: String
      /// What Envoy says of it.
      var reason: String
    }

    static let mistakes = [
      Mistake(
        description: "a log file in a folder that does not exist", correct: "path: /dev/stdout",
        wrong: "path: /nonexistent/folder/access.log", reason: "unable to open file '/nonexistent/folder/access.log'"),
      Mistake(
        description: "an expression that does not compile", correct: "%PROTOCOL%", wrong: "%CEL(request.nope())%",
        reason: "failed to create an expression"),
    ]

    @Test(
      "it is logged with the resource, counted, and what was accepted serves until it is mended", arguments: mistakes)
    func refused(_ mistake: Mistake) async throws {
      try await StandaloneHarness.run { standalone in
        let nacks = #"kgateway_xds_nacks_total{type="listener"}"#
        #expect(try await standalone.metric(nacks) == 0)
        let envoys = try standalone.envoys()
        let guide = try standalone.manifests.read("access-logging.yaml")
        let listener = "listener~\(standalone.ports.gateway)"

        try await RequestLoad.run(onPort: standalone.ports.gateway) { load in
          try standalone.manifests.write(
            guide.replacing(mistake.correct, with: mistake.wrong), to: "access-logging.yaml")
          let line = try await standalone.logLine(
            "error", "Gateway kgateway-system/agentgateway-proxy", "refuses listener \(listener) ", mistake.reason)
          #expect(line.contains("keeps what it had"))
          try await standalone.eventually("the refusal is counted") { try await standalone.metric(nacks) == 1 }

          #expect(try await standalone.get("/refused").status == 200)
          let logged = try await standalone.accessLogLine(ofPath: "/refused")
          #expect(logged["protocol"] == .string("HTTP/1.1"))

          try standalone.manifests.write(
            guide.replacing("        method:", with: "        mended: \"yes\"\n        method:"),
            to: "access-logging.yaml")
          try await standalone.accessLogLine("the access log shows the mended policy") {
            $0["mended"] == .string("yes")
          }
          #expect(load.failures.isEmpty, "\(load.failures.prefix(5))")
        }
        #expect(try await standalone.metric(nacks) == 1)
        #expect(standalone.process.errorOutput.lines.filter { $0.contains(" error ") }.count == 1)
        #expect(try standalone.envoys() == envoys)
      }
    }

    @Test("an Envoy that starts while a policy is refused gets what the one before it accepted")
    func newProxy() async throws {
      try await StandaloneHarness.run { standalone in
        let guide = try standalone.manifests.read("access-logging.yaml")
        try standalone.manifests.write(
          guide.replacing("path: /dev/stdout", with: "path: /nonexistent/folder/access.log"), to: "access-logging.yaml")
        try await standalone.logLine("refuses listener")

        let first = try #require(try standalone.envoys().first)
        ProcessTable.kill(first)
        try await standalone.eventually("another Envoy answers") {
          let envoys = try standalone.envoys()
          guard !envoys.isEmpty, !envoys.contains(first) else { return false }
          return try await standalone.get("/second").status == 200
        }
        try await standalone.accessLogLine(ofPath: "/second")
      }
    }
  }
}
