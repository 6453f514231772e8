import APIServerDouble
import Foundation
import RealComponents
import Testing

extension EndToEnd {
  /// The guide's queries of the control plane, as a real Prometheus answers them.
  @Suite("the control plane, scraped by Prometheus")
  struct ControlPlaneScrape {
    /// The three examples of the guide, as printed.
    private enum GuideQuery {
      static let translationRate = "rate(kgateway_translation_count[5m])"
      static let reconciliationLatency =
        "histogram_quantile(0.99, rate(kgateway_reconciliation_latency_bucket[5m]))"
      static let resourceCount = "kgateway_xds_resources"
      /// The expression of the third alert.
      static let failures = #"rate(kgateway_reconciliation_count{status="failed"}[5m]) > 0"#
    }

    /// The second example, of native histograms.
    private static let nativeLatency = "histogram_quantile(0.99, rate(kgateway_reconciliation_latency[5m]))"

    private static func configuration(_ port: Int) -> String {
      """
      global: {scrape_interval: 250ms, scrape_timeout: 250ms}
      scrape_configs:
      - job_name: kgateway-controlplane
        static_configs: [{targets: ["127.0.0.1:\(port)"]}]
      """
    }

    /// Two Prometheuses that scrape the same operator: as it comes, and with native histograms.
    private func withBoth(
      scraping port: Int, _ body: (_ classic: PrometheusServer, _ native: PrometheusServer) async throws -> Void
    ) async throws {
      try await withPrometheus(configuration: Self.configuration(port)) { classic in
        try await withPrometheus(configuration: Self.configuration(port), features: [.nativeHistograms]) { native in
          for prometheus in [classic, native] {
            try await eventually("the operator is scraped", within: EndToEnd.patience) {
              try await prometheus.query("up").map(\.value) == [1]
            }
          }
          try await body(classic, native)
        }
      }
    }

    /// Changes a policy again and again until the query has the value of something that happened.
    private func latency(
      _ query: String, by prometheus: PrometheusServer, of standalone: StandaloneHarness
    ) async throws -> Double {
      let policy = try Examples.text("access-logging.yaml")
      var round = 0
      return try await eventuallyValue("\(query) has a value", within: EndToEnd.patience, every: .milliseconds(300)) {
        round += 1
        try standalone.manifests.write(
          policy.replacing("        method:", with: "        round: \"\(UUID()) \(round)\"\n        method:"),
          to: "access-logging.yaml")
        return try await prometheus.query(query).map(\.value).first { $0.isFinite && $0 > 0 }
      }
    }

    @Test(
      "the guide's queries have sensible answers, whether Prometheus has native histograms on or not",
      arguments: [false, true])
    func queries(hasNativeHistograms: Bool) async throws {
      // The flag and its variable are the same.
      let variable = ["KGATEWAY_NATIVE_HISTOGRAMS": hasNativeHistograms ? "true" : nil]
      try await StandaloneHarness.run(.controlPlane, environment: variable) { standalone in
        try await withBoth(scraping: standalone.metricsPort) { classic, native in
          let p99 = try await latency(GuideQuery.reconciliationLatency, by: classic, of: standalone)
          #expect((0.000_01...5).contains(p99), "\(p99) s")
          let sensible = hasNativeHistograms ? Self.nativeLatency : GuideQuery.reconciliationLatency
          let p99OfNative = try await latency(sensible, by: native, of: standalone)
          #expect((0.000_01...5).contains(p99OfNative), "\(p99OfNative) s")
          // The native one takes what has native histograms for one, and its classic buckets away.
          let other = hasNativeHistograms ? GuideQuery.reconciliationLatency : Self.nativeLatency
          #expect(try await native.query(other).isEmpty)
          #expect(try await classic.query(Self.nativeLatency).isEmpty)
          for prometheus in [classic, native] {
            try await checkNumbers(prometheus, standalone)
          }
          let kept = try await native.query("kgateway_reconciliation_latency").first?.histogram
          #expect((kept != nil) == hasNativeHistograms)
          #expect(kept.map { $0.count > 0 && $0.sum > 0 } ?? true)
        }
      }
    }

    /// What is no histogram is the same in every set-up.
    private func checkNumbers(_ prometheus: PrometheusServer, _ standalone: StandaloneHarness) async throws {
      let rates = try await prometheus.query(GuideQuery.translationRate)
      #expect(Set(rates.compactMap { $0.labels["status"] }) == ["success", "failed"])
      #expect(rates.allSatisfy { $0.value.isFinite && ($0.value > 0) == ($0.labels["status"] == "success") })
      let resources = try await prometheus.query(GuideQuery.resourceCount)
      let counts = Dictionary(resources.map { ($0.labels["type"] ?? "", $0.value) }) { first, _ in first }
      #expect(counts["listener"] == 1 && counts["route"] == 1 && counts["endpoint"] == 1)
      #expect(counts["cluster"] ?? 0 >= 1)
      let failures = try await prometheus.query(#"rate(kgateway_reconciliation_count{status="failed"}[5m])"#)
      #expect(failures.map(\.value) == [0], "the series is there before anything failed")
      #expect(try await prometheus.query(GuideQuery.failures).isEmpty)
    }

    @Test("the guide's alert sees that proxies cannot be deployed, and what is refused is counted until it is mended")
    func failures() async throws {
      try await KubernetesCluster.withRunning { cluster in
        await cluster.apiServer.inject(
          .status(code: 403, reason: "Forbidden"), into: .path("/deployments/").and(.writes), times: 10_000)
        let application = Objects.application(listenerPort: 8080, backendPort: 9)
        try await cluster.put(application + [Objects.route("lost", path: "/lost", to: "nowhere")])
        try await KubernetesOperator.withReady(cluster) { kgateway in
          try await withPrometheus(configuration: Self.configuration(kgateway.metricsPort)) { prometheus in
            let failing = try await eventuallyValue("the alert's expression holds", within: EndToEnd.patience) {
              try await prometheus.query(GuideQuery.failures).first
            }
            #expect(failing.value.isFinite)
            #expect(try await kgateway.metric("kgateway_deployer_writes_total", ["result": "refused"]) >= 2)
            #expect(try await kgateway.metric("kgateway_refused_objects", ["kind": "HTTPRoute"]) == 1)
          }
          await cluster.apiServer.endFailures()
          try await cluster.waitUntilDeployed()
          try await cluster.put([Objects.service("nowhere")])
          try await eventually("nothing is refused any more", within: EndToEnd.patience) {
            try await kgateway.metric("kgateway_refused_objects") == 0
          }
          let failures = try await kgateway.metric("kgateway_reconciliation_count", ["status": "failed"])
          let successes = try await kgateway.metric("kgateway_reconciliation_count", ["status": "success"])
          try await cluster.put([Objects.route("more", path: "/more")])
          try await eventually("another reconciliation", within: EndToEnd.patience) {
            try await kgateway.metric("kgateway_reconciliation_count", ["status": "success"]) > successes
          }
          #expect(try await kgateway.metric("kgateway_reconciliation_count", ["status": "failed"]) == failures)
        }
      }
    }
  }
}
