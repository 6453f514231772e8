import APIServerDouble
import RealComponents
import Testing

/// `deploy/kgateway`, for those without Helm.
@Suite("kubectl apply -k deploy/kgateway")
struct KustomizeTests {
  private static let folder = PackageRoot.path("deploy/kgateway")

  private static func withKubectl(
    _ body: (_ kubectl: ([String]) async throws -> String, APIServerDouble) async throws -> Void
  ) async throws {
    var configuration = APIServerDouble.Configuration()
    configuration.absentGroups = ["gateway.kgateway.dev"]
    try await APIServerDouble.withRunning(configuration) { double in
      try await withTemporaryFolder { folder in
        try await double.writeKubeconfig(to: folder.path("config"), credentials: .token)
        var settings = ProcessSettings()
        settings.environment = ["KUBECONFIG": folder.path("config"), "HOME": folder.path]
        let program = try RealComponent.kubectl.path()
        try await body({ try await outputOfCommand(program, $0, settings: settings, deadline: .seconds(60)) }, double)
      }
    }
  }

  @Test("brings everything with the namespace and the definitions; again, it changes nothing; and takes it away")
  func lifecycle() async throws {
    try await Self.withKubectl { kubectl, double in
      let first = try await kubectl(["apply", "-k", Self.folder]).split(separator: "\n")
      #expect(first.count > 10 && first.allSatisfy { $0.hasSuffix(" created") }, "\(first)")
      #expect(first.contains("namespace/kgateway-system created"))
      #expect(first.contains { $0.contains("httplistenerpolicies.gateway.kgateway.dev created") })
      let revision = await double.revision
      let second = try await kubectl(["apply", "-k", Self.folder]).split(separator: "\n")
      #expect(second.count == first.count)
      // For the selector of a budget kubectl sends a patch every time, since it is to be replaced as a whole.
      let changed = second.filter { !$0.hasSuffix(" unchanged") }
      #expect(changed.filter { $0 != "poddisruptionbudget.policy/kgateway configured" } == [])
      #expect(await double.revision == revision)
      try await double.delete("namespaces", group: "", namespace: "", name: "kgateway-system")
      _ = try await kubectl(["delete", "-k", Self.folder, "--ignore-not-found", "--wait=false"])
      let deployment = await double.object(
        "deployments", group: "apps", namespace: "kgateway-system", name: "kgateway")
      #expect(deployment == nil)
    }
  }

  @Test("is the chart with its default values, without what is Helm's")
  func sameAsChart() async throws {
    try await Self.withKubectl { kubectl, _ in
      let folder = try Rendering(try await kubectl(["kustomize", Self.folder]))
      let chart = try await Helm().rendering(kubernetes: Helm.kubernetes[0], apis: [])
      for object in chart.objects {
        let kind = try #require(object["kind"]?.stringValue)
        let found = folder.object(kind)
        for member in ["spec", "rules", "subjects", "roleRef"] { #expect(found[member] == object[member], "\(kind)") }
      }
      #expect(!folder.text.contains("Helm") && !folder.text.contains("helm.sh"))
      for kubernetes in Helm.kubernetes {
        #expect(try await KubernetesSchemas.complaints(about: folder.objects, kubernetes: kubernetes) == [])
      }
    }
  }
}
