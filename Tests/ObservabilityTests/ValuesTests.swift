import APIServerDouble
import RealComponents
import Testing

/// The values for the guide's charts.
@Suite("Values of the stack")
struct ValuesTests {
  private static let charts = [
    "loki", "tempo", "collector-metrics", "collector-logs", "collector-traces", "kube-prometheus-stack",
  ]

  @Test("guide/ has every value that the guide prints, and each addition says why", arguments: charts)
  func guide(chart: String) throws {
    let printed = try Manifest("Tests/ObservabilityTests/Guide/\(chart).yaml")
    let ours = try Manifest("deploy/observability/guide/\(chart).yaml")
    #expect(ours.document.differences(from: printed.document) == [])
    #expect((ours.document == printed.document) == !ours.text.contains("# Gap: "))
  }

  @Test("production/ is a whole set of its own, and keeps the names by which the parts find each other")
  func names() throws {
    for chart in Self.charts {
      let guide = try Manifest("deploy/observability/guide/\(chart).yaml").document
      let production = try Manifest("deploy/observability/production/\(chart).yaml").document
      for path in [
        ["mode"], ["image", "repository"], ["deploymentMode"], ["gateway", "enabled"],
        ["prometheus", "prometheusSpec", "enableRemoteWriteReceiver"], ["grafana", "additionalDataSources"],
        ["config", "exporters", "otlp", "endpoint"], ["config", "exporters", "otlphttp", "endpoint"],
        ["config", "exporters", "prometheusremotewrite", "endpoint"],
      ] {
        #expect(production[path] == guide[path], "\(chart): \(path.joined(separator: "."))")
      }
    }
  }

  @Test("Loki's single binary stands alone, and its caches fit on a small node")
  func loki() throws {
    for set in ["guide", "production"] {
      let values = try Manifest("deploy/observability/\(set)/loki.yaml").document
      #expect(values["deploymentMode"] == "SingleBinary" && values[["singleBinary", "replicas"]] == 1)
      for target in ["read", "write", "backend"] { #expect(values[[target, "replicas"]] == 0) }
      for cache in ["chunksCache", "resultsCache"] {
        #expect(try #require(values[[cache, "allocatedMemory"]]?.integerValue) <= 1024)
      }
    }
  }

  @Test("production keeps access logs for 14 days, error logs for 90, and traces for 14")
  func retention() async throws {
    let loki = try #require(try Manifest("deploy/observability/production/loki.yaml").document["loki"])
    #expect(loki[["compactor", "retention_enabled"]] == true)
    #expect(loki[["compactor", "delete_request_store"]] == loki[["storage", "type"]])
    let schema = try #require(loki[["schemaConfig", "configs"]]?.arrayValue?.last)
    #expect(schema["object_store"] == loki[["storage", "type"]])
    #expect(Self.days(loki[["limits_config", "retention_period"]]) == 14)
    let errors = try #require(loki[["limits_config", "retention_stream"]]?.arrayValue?.first)
    #expect(Self.days(errors["period"]) == 90)
    let tempo = try Manifest("deploy/observability/production/tempo.yaml").document
    #expect(Self.days(tempo[["tempo", "retention"]]) == 14 && tempo[["persistence", "enabled"]] == true)

    // The selector is of a label that the collector sets and that Loki indexes.
    #expect(errors["selector"] == #"{log_class="error"}"#)
    let indexed = loki[["limits_config", "otlp_config", "resource_attributes", "attributes_config"]]?.arrayValue?.first
    #expect(indexed?["action"] == "index_label" && indexed?["attributes"]?.strings == ["log_class"])
    let collector = try await Collector.production[1].rendered()
    #expect(collector[["config", "processors", "groupbyattrs/class", "keys"]]?.strings == ["log_class"])
    let order = collector[["config", "service", "pipelines", "logs", "processors"]]?.strings
    #expect(order == ["memory_limiter", "transform/class", "groupbyattrs/class", "batch"])
  }

  private static func days(_ period: JSONValue?) -> Int? {
    guard let text = period?.stringValue, text.hasSuffix("h"), let hours = Int(text.dropLast()) else { return nil }
    return hours / 24
  }

  @Test("traces are cut once: at the proxy, or in the collector, which keeps every error")
  func sampling() async throws {
    func rate(_ file: String) throws -> Int64? {
      try Manifest("deploy/observability/production/\(file).yaml")
        .document[["spec", "tracing", "samplingRate"]]?.integerValue
    }
    #expect(try (10...25).contains(#require(try rate("tracing"))))
    #expect(try rate("tracing-tail") == 100)
    let tail = try await Collector.production[2].rendered()
    let processors = ["config", "service", "pipelines", "traces", "processors"]
    #expect(tail[processors]?.strings.contains("tail_sampling") == true)
    let policies = tail[["config", "processors", "tail_sampling", "policies"]]?.arrayValue ?? []
    #expect(policies.contains { $0[["status_code", "status_codes"]]?.strings == ["ERROR"] })
    #expect(try await Collector.headSampling.rendered()[processors]?.strings == ["memory_limiter", "batch"])
  }
}
