import APIServerDouble
import Foundation
import RealComponents
import Testing

@Suite("The guide's dashboard by kubectl")
struct KubectlDashboardTests {
  /// As the observability guide prints it, and to be run where dashboard.json is.
  private static let guide = #"""
    kubectl create configmap kgateway-dashboard \
      --namespace telemetry \
      --from-file=dashboard.json \
      --dry-run=client -o yaml | \
      kubectl label -f - grafana_dashboard=1 --local -o yaml | \
      kubectl apply -f -
    """#
  private static let cleanup = "kubectl delete configmap kgateway-dashboard -n telemetry"

  @Test("the guide's commands put the dashboard where Grafana's sidecar finds it, can be run again, and take it away")
  func guide() async throws {
    var configuration = Kubectl.configuration
    configuration.namespaces.append("telemetry")
    try await Kubectl.withDouble(configuration) { kubectl, double in
      let folder = PackageRoot.path("deploy/dashboards")
      #expect(try await kubectl.script(Self.guide, in: folder) == "configmap/kgateway-dashboard created\n")
      let stored = try #require(
        await double.object("configmaps", group: "", namespace: "telemetry", name: "kgateway-dashboard"))
      #expect(stored[["metadata", "labels"]] == ["grafana_dashboard": "1"])
      let file = try String(contentsOfFile: folder + "/dashboard.json", encoding: .utf8)
      #expect(stored["data"] == ["dashboard.json": .string(file)])

      #expect(try await kubectl.script(Self.guide, in: folder) == "configmap/kgateway-dashboard unchanged\n")
      try await kubectl.script(Self.cleanup, in: folder)
      #expect(await double.object("configmaps", group: "", namespace: "telemetry", name: "kgateway-dashboard") == nil)
    }
  }

  @Test("each dashboard fits into what kubectl apply can remember of an object")
  func size() throws {
    // The annotation in which `kubectl apply` keeps the document counts towards the limit of all annotations.
    let limit = 256 * 1024
    let folder = PackageRoot.path("deploy/dashboards")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }
    #expect(files.count == 5)
    for file in files {
      let content = try Data(contentsOf: URL(filePath: "\(folder)/\(file)"))
      #expect(content.count < limit / 2, "\(file)")
    }
  }
}
