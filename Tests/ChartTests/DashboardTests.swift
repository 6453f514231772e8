import APIServerDouble
import FoundationEssentials
import RealComponents
import Testing

@Suite("The dashboards in the chart")
struct DashboardTests {
  /// The committed dashboards by the names of their files.
  private static func committed() throws -> [String: String] {
    let folder = PackageRoot.path("deploy/dashboards")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }
    return Dictionary(uniqueKeysWithValues: try files.map { ($0, try fileText("\(folder)/\($0)")) })
  }

  @Test("switched on, each one is a ConfigMap that Grafana's sidecar finds; by default there is none")
  func configMaps() async throws {
    let helm = try Helm()
    let standard = try await helm.rendering()
    #expect(!standard.names.contains { $0.hasPrefix("ConfigMap/") })

    let rendering = try await helm.rendering(["--set", "dashboards.enabled=true,dashboards.namespace=telemetry"])
    let maps = rendering.objects.filter { $0["kind"] == "ConfigMap" }
    var shipped: [String: String] = [:]
    for map in maps {
      #expect(map[["metadata", "labels", "grafana_dashboard"]] == "1")
      #expect(map[["metadata", "namespace"]] == "telemetry")
      for (file, text) in map["data"]?.objectValue ?? [:] { shipped[file] = text.stringValue }
    }
    let expected = try Self.committed()
    #expect(expected.count == 5 && maps.count == 5)
    #expect(shipped == Dictionary(uniqueKeysWithValues: expected.map { ("kgateway-\($0)", $1) }))
  }
}
