import RealComponents
import Testing

@Suite("The real Prometheus", .timeLimit(.minutes(1)))
struct PrometheusServerTests {
  /// Prometheus, told to scrape itself as often as tests want it, with a rule that always fires.
  private func withSelfScrape(_ body: (PrometheusServer) async throws -> Void) async throws {
    let rules = """
      groups:
      - name: self
        interval: 250ms
        rules:
        - alert: ItRuns
          expr: up == 1
          annotations: {summary: "{{ $labels.instance }} runs"}
        - record: twice
          expr: 2 * up
      """
    try await withPrometheus(
      configuration: "rule_files: [rules.yml]", files: ["rules.yml": rules]
    ) { prometheus in
      try prometheus.folder.write(
        """
        global: {scrape_interval: 250ms, scrape_timeout: 250ms}
        rule_files: [rules.yml]
        scrape_configs:
        - job_name: self
          static_configs:
          - targets: ["127.0.0.1:\(prometheus.port)", "127.0.0.1:1"]
          relabel_configs:
          - {source_labels: [__address__], regex: ".*:1", action: drop}
        """, to: "prometheus.yml")
      try prometheus.reload()
      try await body(prometheus)
    }
  }

  @Test("it scrapes, answers queries, evaluates rules and tells its targets")
  func scrapes() async throws {
    try await withSelfScrape { prometheus in
      let up = try await eventuallyValue("it has scraped itself") { try await prometheus.query("up").first }
      #expect(up.value == 1)
      #expect(up.labels["job"] == "self")
      #expect(up.labels["__name__"] == "up")
      #expect(try await prometheus.query("6 * 7").map(\.value) == [42])
      #expect(try await prometheus.query(#"absent_metric{a="b c&d"}"#).isEmpty)
      let alert = try await eventuallyValue("the alert fires") {
        try await prometheus.rules().first { $0.name == "ItRuns" }?.alerts.first { $0.state == "firing" }
      }
      #expect(alert.annotations["summary"] == "127.0.0.1:\(prometheus.port) runs")
      #expect(try await prometheus.rules().map(\.name) == ["ItRuns", "twice"])
      #expect(try await prometheus.targets().map(\.health) == ["up"])
      #expect(try await prometheus.droppedTargets().map { $0["__address__"] } == ["127.0.0.1:1"])
    }
  }

  @Test("a query that it refuses, and a configuration, are errors in its words")
  func refuses() async throws {
    let refused = try await #require(throws: CommandFailure.self) {
      try await withPrometheus(configuration: "{}") { _ = try await $0.query("rate(up)") }
    }
    #expect(refused.description.contains("expected type range vector"))
    let ended = try await #require(throws: CommandFailure.self) {
      try await withPrometheus(configuration: "no_such_field: 1") { _ in }
    }
    #expect(ended.description.contains("no_such_field"))
  }

  @Test("what is asked for is switched on")
  func features() async throws {
    try await withPrometheus(configuration: "{}", features: [.nativeHistograms, .exemplarStorage]) { prometheus in
      let flags = try await prometheus.text("/api/v1/status/flags")
      #expect(flags.contains(#""enable-feature":"exemplar-storage,native-histograms""#))
    }
  }
}
