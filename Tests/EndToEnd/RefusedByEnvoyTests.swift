import JSON
import RealComponents
import Testing

extension EndToEnd {
  @Suite("configuration that Envoy refuses")
  struct RefusedByEnvoy {
    /// Lets the proxies find out by themselves.
    static let unchecked = ["--no-validate-with-envoy"]

    /// What only the proxy can find out.
    struct Mistake: Sendable, CustomStringConvertible {
      var description: String
      var correct: String
      var wrong: String
      /// What Envoy says of it.
      var reason: String
      /// The field that is told.
      var field: String
    }

    static let mistakes = [
      Mistake(
        description: "a log file in a folder that does not exist", correct: "path: /dev/stdout",
        wrong: "path: /nonexistent/folder/access.log", reason: "unable to open file '/nonexistent/folder/access.log'",
        field: "spec.accessLog[0].fileSink.path"),
      Mistake(
        description: "an expression that does not compile", correct: "%PROTOCOL%",
        wrong: "%CEL(google.protobuf.Nosuch{})%",
        reason: "failed to create an expression", field: "spec.accessLog[0].fileSink.jsonFormat.protocol"),
    ]

    @Test(
      "it is logged with the resource, counted, and what was accepted serves until it is mended", arguments: mistakes)
    func refused(_ mistake: Mistake) async throws {
      try await StandaloneHarness.run(arguments: Self.unchecked) { standalone in
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
          let blamed = try await standalone.logLine("warning", "is refused: ", mistake.field)
          #expect(blamed.contains("HTTPListenerPolicy kgateway-system/access-logging "), "\(blamed)")
          #expect(blamed.contains("refused by 1 of 1 connected proxies"), "\(blamed)")
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

    @Test("a listener whose port another process has is told with the port")
    func portTaken() async throws {
      try await Backend.with(name: "other") { other in
        try await StandaloneHarness.run(.withoutWaiting) { ports in
          try Examples.all(GatewayPorts(gateway: other.port, backend: ports.backend))
        } _: { standalone in
          let line = try await standalone.logLine("error", "refuses listener listener~\(other.port) ")
          #expect(line.contains("cannot bind '0.0.0.0:\(other.port)': Address already in use"), "\(line)")
        }
      }
    }

    @Test(
      "what Envoy refuses when it is asked before never reaches the proxy, and the log names the field",
      arguments: mistakes)
    func checkedBefore(_ mistake: Mistake) async throws {
      try await StandaloneHarness.run { standalone in
        let nacks = #"kgateway_xds_nacks_total{type="listener"}"#
        let guide = try standalone.manifests.read("access-logging.yaml")
        try await RequestLoad.run(onPort: standalone.ports.gateway) { load in
          try standalone.manifests.write(
            guide.replacing(mistake.correct, with: mistake.wrong), to: "access-logging.yaml")
          try await standalone.logLine("error", "is refused before any proxy got it", mistake.reason)
          let blamed = try await standalone.logLine("warning", "is refused: ", mistake.field, "envoy --mode validate")
          #expect(blamed.contains("HTTPListenerPolicy kgateway-system/access-logging "), "\(blamed)")
          #expect(try await standalone.metric(#"kgateway_validations_total{result="refused"}"#) == 1)

          try standalone.manifests.write(
            guide.replacing("        method:", with: "        mended: \"yes\"\n        method:"),
            to: "access-logging.yaml")
          try await standalone.accessLogLine("the access log shows the mended policy") {
            $0["mended"] == .string("yes")
          }
          try await standalone.logLine("HTTPListenerPolicy kgateway-system/access-logging is no longer refused")
          #expect(load.failures.isEmpty, "\(load.failures.prefix(5))")
        }
        #expect(try await standalone.metric(nacks) == 0)
      }
    }

    @Test(
      "a check that cannot be made, or takes too long, keeps nothing back",
      arguments: ["exit 3", "exec sleep 60"])
    func brokenValidator(_ script: String) async throws {
      try await withTemporaryFolder { folder in
        try folder.write("#!/bin/sh\n\(script)\n", to: "envoy")
        try await outputOfCommand("chmod", ["+x", folder.path("envoy")])
        try await StandaloneHarness.run(arguments: ["--validate-with-envoy", folder.path("envoy")]) { standalone in
          try await standalone.logLine("warning", "goes to the proxies without a check")
          #expect(try await standalone.get("/unchecked").status == 200)
          #expect(try await standalone.metric(#"kgateway_validations_total{result="unavailable"}"#) == 1)
        }
      }
    }

    @Test(
      "an Envoy that starts while a policy is refused gets what the one before it accepted", arguments: [true, false])
    func newProxy(isChecked: Bool) async throws {
      try await StandaloneHarness.run(arguments: isChecked ? [] : Self.unchecked) { standalone in
        let guide = try standalone.manifests.read("access-logging.yaml")
        try standalone.manifests.write(
          guide.replacing("path: /dev/stdout", with: "path: /nonexistent/folder/access.log"), to: "access-logging.yaml")
        try await standalone.logLine("HTTPListenerPolicy kgateway-system/access-logging is refused")

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
