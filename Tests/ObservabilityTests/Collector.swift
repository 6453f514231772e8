import APIServerDouble
import RealComponents
import Testing

/// A collector as our values have it, over what its chart has by default, by the real Helm.
struct Collector: Sendable, CustomTestStringConvertible {
  /// `guide` or `production`.
  let set: String
  /// Without `.yaml`; later ones go over earlier ones.
  let files: [String]

  static let guide = ["metrics", "logs", "traces"].map { Collector(set: "guide", files: ["collector-\($0)"]) }
  static let production = ["metrics", "logs", "traces"].map { Collector(set: "production", files: ["collector-\($0)"]) }
  static let headSampling = Collector(set: "production", files: ["collector-traces", "collector-traces-head"])
  static let all = guide + production + [headSampling]

  var testDescription: String { "\(set)/\(files.joined(separator: "+"))" }

  var paths: [String] { files.map { "deploy/observability/\(set)/\($0).yaml" } }

  /// `config`, `ports` and `rules`, as `Charts/opentelemetry-collector` prints them.
  func rendered(by version: RealComponent = .helm) async throws -> JSONValue {
    let chart = PackageRoot.path("Tests/ObservabilityTests/Charts/opentelemetry-collector")
    let values = paths.flatMap { ["--values", PackageRoot.path($0)] }
    let text = try await outputOfCommand(try version.path(), ["template", "collector", chart] + values)
    return try Manifest(testDescription, text: text).document
  }
}

extension JSONValue {
  /// Of a collector's configuration: each pipeline by its name.
  var pipelines: [(key: String, value: JSONValue)] { self[["config", "service", "pipelines"]]?.members ?? [] }

  /// The names under `config.SECTION`.
  func components(_ section: String) -> [String] { (self[["config", section]]?.members ?? []).map(\.key) }
}

/// What a collector would be started with.
@Suite("The collectors' configuration")
struct CollectorTests {
  private static let sections = ["receivers", "processors", "exporters"]

  @Test("every pipeline names only components that are defined, whichever Helm lays the values over the chart's")
  func defined() async throws {
    for collector in Collector.all {
      let values = try await collector.rendered()
      #expect(try await collector.rendered(by: .helm3) == values, "\(collector.testDescription)")
      #expect(!values.pipelines.isEmpty)
      for (name, pipeline) in values.pipelines {
        for section in Self.sections {
          let undefined = Set(pipeline[section]?.strings ?? []).subtracting(values.components(section))
          #expect(undefined == [], "\(collector.testDescription): \(name): \(section)")
        }
      }
      let extensions = values[["config", "service", "extensions"]]?.strings ?? []
      #expect(Set(extensions).subtracting(values.components("extensions")) == [])
      for section in Self.sections {
        let empty = (values[["config", section]]?.members ?? []).filter { $0.value == .null }.map(\.key)
        #expect(empty == [], "\(collector.testDescription): a null left a component without configuration")
      }
    }
  }

  @Test("in production nothing is printed, nothing idles, memory is bounded first and batches are made last")
  func production() async throws {
    for collector in Collector.production + [Collector.headSampling] {
      let values = try await collector.rendered()
      let name = collector.testDescription
      #expect(!values.components("exporters").contains("debug"), "\(name)")
      for section in Self.sections {
        let used = Set(values.pipelines.flatMap { $0.value[section]?.strings ?? [] })
        let idle = Set(values.components(section)).subtracting(used)
        #expect(idle == (collector.files.count > 1 && section == "processors" ? ["tail_sampling"] : []), "\(name)")
      }
      for (_, pipeline) in values.pipelines {
        #expect(pipeline["processors"]?.strings.first == "memory_limiter", "\(name)")
        #expect(pipeline["processors"]?.strings.last == "batch", "\(name)")
      }
      for (exporter, settings) in values[["config", "exporters"]]?.members ?? [] where exporter != "otlp/logs" {
        #expect(settings[["retry_on_failure", "enabled"]] == true, "\(name): \(exporter)")
        let queue = settings["sending_queue"] ?? settings["remote_write_queue"]
        #expect(queue?["enabled"] == true && queue?["queue_size"] != nil, "\(name): \(exporter)")
      }
      let limit = try Manifest(collector.paths[0]).document[["resources", "limits", "memory"]]
      #expect(limit != nil, "\(name): without a limit the memory limiter knows only the node's memory")
    }
  }

  @Test("the Service otel-collector leads to ports that the traces collector has")
  func service() async throws {
    let service = try Manifest("deploy/observability/otel-collector.yaml").document
    #expect(service[["metadata", "name"]] == "otel-collector" && service[["metadata", "namespace"]] == "telemetry")
    #expect(
      service[["spec", "selector", "app.kubernetes.io/instance"]] == "opentelemetry-collector-traces",
      "the chart's pods carry the name of their release")
    for collector in Collector.all where collector.files[0] == "collector-traces" {
      let declared = try await collector.rendered()["ports"]
      for port in service[["spec", "ports"]]?.arrayValue ?? [] {
        let target = try #require(port["targetPort"]?.stringValue)
        #expect(declared?[target] == port["port"], "\(collector.testDescription): \(target)")
      }
      let logs = try await collector.rendered()[["config", "service", "pipelines", "logs", "exporters"]]?.strings
      #expect(logs?.contains("otlp/logs") == true, "logs that come to otel-collector go on to the logs collector")
    }
  }

  @Test("names of metrics stay as they are, and the metrics collector may list pods")
  func metrics() async throws {
    for collector in [Collector.guide[0], Collector.production[0]] {
      let values = try await collector.rendered()
      #expect(values[["config", "exporters", "prometheusremotewrite", "add_metric_suffixes"]] == false)
      let rule = try #require(values["rules"]?.arrayValue?.first)
      #expect(rule["resources"]?.strings == ["pods"] && rule["verbs"]?.strings == ["get", "list", "watch"])
    }
  }
}
