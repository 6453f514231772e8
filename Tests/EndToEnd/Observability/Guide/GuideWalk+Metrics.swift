import APIServerDouble
import KubeletDouble
import NIOHTTP1
import RealComponents
import Testing

// The guide's sections on metrics.

extension GuideWalk {
  func checkScraping() async throws {
    let section = "Metrics Collector"
    var wanted = ["kgateway-dataplane http://\(proxy.address):9091/metrics"]
    for pod in await installation.operators {
      wanted.append("kgateway-controlplane http://\(pod.address):9092/metrics")
    }
    #expect(wanted.count == 3)
    try await eventually("\(section): everything is scraped", within: EndToEnd.patience, every: .milliseconds(250)) {
      let targets = try await prometheus.targets()
      return targets.count == wanted.count && targets.allSatisfy { $0.health == "up" }
    }
    let kept = try await prometheus.targets().map { "\($0.labels["job"] ?? "") \($0.scrapeUrl)" }
    #expect(kept.sorted() == wanted.sorted(), "\(section): the jobs keep the operator's pods and the proxy")
    #expect(try await prometheus.droppedTargets().count >= 2, "\(section): the jobs drop all other pods")
  }

  // MARK: Control plane

  /// The table, with the types that Prometheus calls so.
  private static let controlPlane = [
    ("kgateway_translation_count", "counter"), ("kgateway_reconciliation_count", "counter"),
    ("kgateway_sync_rate", "gauge"), ("kgateway_xds_resources", "gauge"),
    ("kgateway_translation_latency", "histogram"), ("kgateway_reconciliation_latency", "histogram"),
  ]

  /// The examples, as printed.
  private static let examples = [
    ("Translation Rate", "rate(kgateway_translation_count[5m])"),
    ("Reconciliation Latency (p99)", "histogram_quantile(0.99, rate(kgateway_reconciliation_latency_bucket[5m]))"),
    ("XDS Resource Count", "kgateway_xds_resources"),
  ]

  func checkControlPlane() async throws {
    let section = "Control Plane Metrics: Available Metrics"
    // Something to count: a log, and a route to a cluster of its own.
    try await applyPolicy(Objects.accessLog("lines", ["path": "%REQ(:PATH)%"]).jsonText, section)
    try await cluster.apply([Objects.service("more"), Objects.route("more", path: "/more", to: "more")].documents)
    let types = try await types()
    for (name, type) in Self.controlPlane {
      #expect(types[name] == type, "\(section): \(name)")
      let series = type == "histogram" ? "\(name)_count" : name
      try await expect("changes(\(series)[5m]) > 0", section, "moved") { !$0.isEmpty }
    }
    for (title, query) in Self.examples {
      try await expect(query, "Prometheus Query Examples: \(title)", "is a number") { samples in
        !samples.isEmpty && samples.allSatisfy { $0.value.isFinite } && samples.contains { $0.value > 0 }
      }
    }
    try await cluster.kubectl([
      "delete", "httplistenerpolicy/lines", "httproute/more", "service/more", "-n", Objects.namespace,
    ])
  }

  /// By the name of a metric, the type that its targets told Prometheus.
  private func types() async throws -> [String: String] {
    let answer = JSONValue(json: try await prometheus.text("/api/v1/metadata"))?["data"]?.objectValue
    return Dictionary(
      uniqueKeysWithValues: try #require(answer).compactMap { name, entries in
        entries.arrayValue?.first?["type"]?.stringValue.map { (name, $0) }
      })
  }

  // MARK: Data plane

  private static let llmTable = [
    ("agentgateway_llm_requests_total", "counter"), ("agentgateway_llm_tokens_total", "counter"),
    ("agentgateway_llm_latency_seconds", "histogram"), ("agentgateway_llm_errors_total", "counter"),
  ]
  private static let generalTable = [
    ("agentgateway_http_requests_total", "counter"), ("agentgateway_http_request_duration_seconds", "histogram"),
    ("agentgateway_active_connections", "gauge"), ("agentgateway_bytes_received_total", "counter"),
    ("agentgateway_bytes_sent_total", "counter"),
  ]

  func checkDataPlane() async throws {
    for call in ClientCall.models { try await send(call) }
    try await checkGeneralMetrics()
    try await checkModelMetrics()
    let types = try await types()
    for (section, table) in [
      ("AI/LLM Specific Metrics", Self.llmTable), ("General Proxy Metrics", Self.generalTable),
      ("time to first token", [("agentgateway_llm_time_to_first_token_seconds", "histogram")]),
    ] {
      for (name, type) in table { #expect(types[name] == type, "\(section): \(name)") }
    }
  }

  private func checkGeneralMetrics() async throws {
    let section = "General Proxy Metrics"
    let (count, body) = (25, "twelve bytes")
    let sent = try await HTTPConnection.with(port: port) { connection in
      var sent = 0
      for _ in 0..<count { sent += try await connection.send(.POST, "/walk", body: body).body.utf8.count }
      return sent
    }
    let proxy = #"namespace="kgateway-system", gateway="agentgateway-proxy", listener="listener~80""#
    let place = #"route="kgateway-system/walk/0", backend="cluster~kgateway-system~demo-backend~8080", \#(proxy)"#
    try await expect(
      #"agentgateway_http_requests_total{method="POST", status="200", \#(place)}"#, is: Double(count), section)
    try await expect("agentgateway_http_request_duration_seconds_count{\(place)}", is: Double(count), section)
    try await expect("agentgateway_http_request_duration_seconds_sum{\(place)}", section, "is some seconds") {
      $0.count == 1 && (0.000_001...20).contains($0[0].value)
    }
    try await expect("agentgateway_bytes_received_total{\(place)}", is: Double(count * body.utf8.count), section)
    try await expect("agentgateway_bytes_sent_total{\(place)}", is: Double(sent), section)
    // One more is that of the slow calls, and between two of them there is none.
    let connections = "agentgateway_active_connections{\(proxy)}"
    try await RawConnection.with(port: port) { first in
      try await first.send("GET /walk/open HTTP/1.1\r\nhost: shop.example\r\n\r\n")
      try await RawConnection.with(port: port) { second in
        try await second.send("GET /walk/open HTTP/1.1\r\nhost: shop.example\r\n\r\n")
        try await expect(connections, is: 3, section)
      }
    }
    try await expect(connections, is: 1, section)
  }

  /// What the calls amount to, those left out that are slow.
  private func checkModelMetrics() async throws {
    let section = "AI/LLM Specific Metrics"
    let others = #"model!="\#(Self.slowModel)", route="kgateway-system/demo/0""#
    for (provider, calls) in [("openai", 3.0), ("anthropic", 2), ("gemini", 1)] {
      let labels = #"provider="\#(provider)", \#(others)"#
      try await expect("agentgateway_llm_requests_total{\(labels)}", is: calls, section)
      try await expect("agentgateway_llm_latency_seconds_count{\(labels)}", is: calls, section)
    }
    for (provider, type, tokens) in [
      ("openai", "input", 420.0), ("openai", "output", 130), ("anthropic", "input", 200), ("anthropic", "output", 60),
      ("anthropic", "cache_read", 500), ("anthropic", "cache_write", 100), ("gemini", "input", 80),
      ("gemini", "output", 30),
    ] {
      let labels = #"provider="\#(provider)", type="\#(type)", \#(others)"#
      try await expect("agentgateway_llm_tokens_total{\(labels)}", is: tokens, section)
    }
    for (provider, status, error) in [("openai", 429, "requests"), ("anthropic", 529, "overloaded_error")] {
      let labels = #"provider="\#(provider)", status="\#(status)", error="\#(error)", \#(others)"#
      try await expect("agentgateway_llm_errors_total{\(labels)}", is: 1, section)
    }
    try await expect(
      #"agentgateway_llm_time_to_first_token_seconds_count{model="gpt-4o"}"#, section, "counts the streamed call"
    ) { $0.contains { $0.value > 0 } }
  }
}
