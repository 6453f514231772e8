import JSON
import RealComponents
import Testing

extension EndToEnd {
  @Suite("life and end of the process")
  struct Lifecycle {
    @Test(
      "SIGTERM and SIGINT end it within a second with exit code 0; no Envoy is left",
      arguments: [
        ProcessSignal.terminate, .interrupt,
      ])
    func ends(_ signal: ProcessSignal) async throws {
      try await StandaloneHarness.run { standalone in
        let envoys = try standalone.envoys()
        #expect(envoys.count == 1)
        let clock = ContinuousClock()
        let start = clock.now
        try standalone.process.send(signal)
        let status = try await standalone.process.waitForExit(within: EndToEnd.patience)
        // A second is promised; a machine that is busy with other things is given two more.
        #expect(Sanitizer.isOn || clock.now - start < .seconds(3))
        #expect(status == .exited(0))
        #expect(!envoys.contains(where: ProcessTable.isRunning))
        await #expect(throws: (any Error).self) { try await standalone.get() }

        let log = standalone.process.errorOutput.lines.filter { !$0.hasPrefix("[") }
        #expect(log.contains { $0.hasSuffix("of Gateway kgateway-system/agentgateway-proxy disconnected") })
        #expect(log.last?.hasSuffix("notice  ended") == true)
        #expect(!log.contains { $0.contains(" error ") || $0.contains(" warning ") }, "\(log)")
      }
    }

    @Test("an Envoy that was killed is started again, and the log says so")
    func envoyKilled() async throws {
      try await StandaloneHarness.run { standalone in
        let first = try #require(try standalone.envoys().first)
        ProcessTable.kill(first)
        try await standalone.logLine("Envoy of Gateway kgateway-system/agentgateway-proxy ended by itself")
        try await standalone.eventually("another Envoy answers") {
          let envoys = try standalone.envoys()
          guard envoys.count == 1, envoys != [first] else { return false }
          return try await standalone.get().status == 200
        }
      }
    }

    @Test("it is not ready before the first snapshot, and says what it waits for; then it is")
    func readiness() async throws {
      try await StandaloneHarness.run(.withoutWaiting) { ports in
        var files = try Examples.all(ports)
        // So much to read that the time before readiness can be seen.
        files["services.yaml"] = (0..<6_000).map {
          "apiVersion: v1\nkind: Service\nmetadata: {name: s\($0)}\nspec: {ports: [{port: 80}]}\n"
        }.joined(separator: "---\n")
        return files
      } _: { standalone in
        var answers: [HTTPAnswer] = []
        try await standalone.eventually("/readyz answers 200") {
          let answer = try await HTTPConnection.get(port: standalone.healthPort, "/readyz")
          answers.append(answer)
          return answer.status == 200
        }
        let first = try #require(answers.first)
        #expect(first.status == 503)
        #expect(first.body.contains("waiting for: first sync of HTTPListenerPolicy"))
        #expect(Set(answers.map(\.status)) == [503, 200])
        #expect(try await HTTPConnection.get(port: standalone.healthPort, "/healthz").status == 200)
      }
    }

    @Test("with --log-format json every line is an object, and a refusal names the object and the field")
    func jsonLog() async throws {
      try await StandaloneHarness.run(.controlPlane, arguments: ["--log-format", "json"]) { ports in
        var files = try Examples.all(ports)
        files["tracing.yaml"] = files["tracing.yaml"]?.replacing("samplingRate: 100 ", with: "samplingRate: 140 ")
        return files
      } _: { standalone in
        try await standalone.logLine("is refused")
        let lines = try standalone.process.errorOutput.lines.map { line in
          var reader = JSONReader(Array(line.utf8))
          return try reader.readValue()
        }
        for line in lines {
          guard case .string? = line["time"], case .string? = line["level"], case .string? = line["message"] else {
            Issue.record("\(line)")
            continue
          }
        }
        let refusal = try #require(lines.first { $0["level"] == .string("warning") })
        #expect(refusal["object"] == .string("HTTPListenerPolicy kgateway-system/tracing"))
        #expect(refusal["field"] == .string("spec.tracing.samplingRate"))
      }
    }

    /// The names of the guide, which lack the suffixes that the linter of Prometheus asks for.
    private static let guideNames: Set = [
      "kgateway_translation_count", "kgateway_reconciliation_count", "kgateway_sync_rate", "kgateway_xds_resources",
      "kgateway_translation_latency", "kgateway_reconciliation_latency",
    ]

    @Test("the guide's six metrics are there with values, and promtool complains of nothing but the guide's names")
    func metrics() async throws {
      try await StandaloneHarness.run { standalone in
        try await standalone.eventually("the proxy has acknowledged a route") {
          try await standalone.metric(#"kgateway_xds_acks_total{type="route"}"#) ?? 0 >= 1
        }
        for series in [
          #"kgateway_translation_count{status="success"}"#, #"kgateway_reconciliation_count{status="success"}"#,
          "kgateway_translation_latency_count", "kgateway_reconciliation_latency_count",
          #"kgateway_reconciliation_latency_bucket{le="+Inf"}"#, #"kgateway_xds_resources{type="listener"}"#,
          #"kgateway_xds_resources{type="endpoint"}"#, "kgateway_connected_proxies",
        ] {
          #expect(try await standalone.metric(series) ?? 0 >= 1, "\(series)")
        }
        #expect(try await standalone.metric("kgateway_sync_rate") ?? 0 > 0)
        #expect(try await standalone.metric(#"kgateway_reconciliation_count{status="failed"}"#) == 0)

        let check = try await runCommand(
          try RealComponent.promtool.path(), ["check", "metrics"],
          settings: ProcessSettings(standardInput: try await standalone.exposition()))
        let complaints = (check.output + check.errorOutput).split(separator: "\n")
        let names = complaints.compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(Set(names).isSubset(of: Self.guideNames), "\(complaints)")
      }
    }
  }
}
