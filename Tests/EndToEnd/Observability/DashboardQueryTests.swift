import APIServerDouble
import Foundation
import OTLPSink
import RealComponents
import Testing

extension EndToEnd {
  /// Nothing on a dashboard is only a picture.
  @Suite("dashboards on a real Prometheus", .timeLimit(.minutes(10)))
  struct Dashboards {
    @Test("every query of every panel and variable has an answer after a day in a minute, and no NaN")
    func queries() async throws {
      let queries = try DashboardQuery.all()
      #expect(Set(queries.map(\.dashboard)).count == 5)
      try await BusyInstallation.withRunning { busy in
        let metrics = queries.filter { $0.source == .prometheus }
        try await expectAnswers(of: busy.prometheus, to: metrics)
        let chosen = [
          "namespace": Objects.namespace, "gateway": Objects.gatewayName, "provider": "openai", "model": "gpt-4o",
        ]
        try await expectAnswers(of: busy.prometheus, to: metrics, chosen)
        try await expectRecords(busy.sink, for: queries.filter { $0.source == .loki })
        try await Self.keepData(of: busy.prometheus)
      }
    }

    /// Waits until each query is answered: what happens again and again has then happened once.
    private func expectAnswers(
      of prometheus: PrometheusServer, to queries: [DashboardQuery], _ chosen: [String: String] = [:]
    ) async throws {
      #expect(queries.count > 50)
      var faults: [String] = []
      do {
        try await eventually("each query is answered", within: .seconds(60), every: .milliseconds(500)) {
          faults = []
          for query in queries {
            let samples = try await prometheus.query(query.filled(DashboardQuery.Values(chosen: chosen)))
            if let fault = query.fault(samples) { faults.append(fault) }
          }
          return faults.isEmpty
        }
      } catch is NeverCameTrue {
        Issue.record("\(faults.count) of \(queries.count) queries, with \(chosen):\n\(faults.joined(separator: "\n"))")
      }
    }

    /// No Loki is here: what the queries ask of a record is held against the records that the proxy sends, under the
    /// names that Loki gives their attributes.
    private func expectRecords(_ sink: OTLPSink, for queries: [DashboardQuery]) async throws {
      #expect(queries.count == 3)
      for query in queries {
        let matchers = query.filled().matches(of: #/(\w+) *=~ *"([^"]+)"/#)
        #expect(matchers.count == 3)
        try await eventually("a record is what is asked for: \(query)", within: .seconds(30)) {
          await sink.logRecords.contains { record in
            matchers.allSatisfy { matcher in
              guard let pattern = try? Regex(String(matcher.2)) else { return false }
              return record.lokiLabels[String(matcher.1)]?.wholeMatch(of: pattern) != nil
            }
          }
        }
      }
    }

    /// Has more happen and leaves what Prometheus recorded in the folder that `hack/preview-dashboards` draws from.
    private static func keepData(of prometheus: PrometheusServer) async throws {
      let environment = ProcessInfo.processInfo.environment
      guard let folder = environment["KGATEWAY_DASHBOARD_DATA"] else { return }
      // The first half minute, in which not everything has happened yet, is not drawn.
      try await Task.sleep(for: .seconds(30 + (Int(environment["KGATEWAY_DASHBOARD_SECONDS"] ?? "") ?? 180)))
      try FileManager.default.copyItem(atPath: prometheus.folder.path("data"), toPath: folder)
    }
  }
}

extension OTLPLogRecord {
  /// Its attributes as Loki's OTLP endpoint names them.
  var lokiLabels: [String: String] {
    let attributes = attributes.merging(resourceAttributes) { own, _ in own }
    return Dictionary(
      uniqueKeysWithValues: attributes.map {
        ($0.key.replacing(".", with: "_").replacing("-", with: "_"), $0.value.string ?? "")
      })
  }
}
