import APIServerDouble
import RealComponents
import Testing
import YAML

/// The CRD as the chart kgateway-crds brings it.
@Suite("The CRD and helm")
struct HelmTests {
  private static let chart = PackageRoot.path("charts/kgateway-crds")

  private struct Helm {
    let program: String
    let settings: ProcessSettings

    @discardableResult
    func callAsFunction(_ arguments: String...) async throws -> String {
      try await outputOfCommand(program, arguments, settings: settings)
    }
  }

  private static func withHelm(
    _ body: (Helm, APIServerDouble) async throws -> Void
  ) async throws {
    var configuration = APIServerDouble.Configuration()
    configuration.namespaces += ["kgateway-system"]
    try await APIServerDouble.withRunning(configuration) { double in
      try await withTemporaryFolder { folder in
        try await double.writeKubeconfig(to: folder.path("config"), credentials: .token)
        var settings = ProcessSettings()
        settings.environment = ["KUBECONFIG": folder.path("config"), "HOME": folder.path]
        try await body(Helm(program: try RealComponent.helm.path(), settings: settings), double)
      }
    }
  }

  @Test("is the one in crds, with the wish to stay when the chart goes")
  func rendered() async throws {
    try await Self.withHelm { helm, _ in
      try await helm("lint", "--strict", Self.chart)
      let text = try await helm("template", "kgateway-crds", Self.chart)
      let documents = try YAML.documents(in: Array(text.utf8))
      #expect(documents.count == OwnKind.allCases.count)
      for kind in OwnKind.allCases {
        let source = try PolicyDefinition(kind).document
        let rendered = documents.compactMap { JSONValue(json: $0.json) }
          .first { $0[["metadata", "name"]] == source[["metadata", "name"]] }
        #expect(rendered?[["spec"]] == source[["spec"]])
        #expect(rendered?[["metadata", "labels"]] == source[["metadata", "labels"]])
        #expect(rendered?[["metadata", "annotations"]] == ["helm.sh/resource-policy": "keep"])
      }
    }
  }

  @Test("is installed and upgraded, and stays when the chart is uninstalled")
  func lifecycle() async throws {
    try await Self.withHelm { helm, double in
      for _ in 0..<2 {
        try await helm("upgrade", "--install", "kgateway-crds", Self.chart, "--namespace", "kgateway-system")
      }
      func definition() async -> JSONValue? {
        await double.object(
          "customresourcedefinitions", group: "apiextensions.k8s.io", namespace: "",
          name: "httplistenerpolicies.gateway.kgateway.dev")
      }
      #expect(await definition()?[["spec"]] == (try PolicyDefinition().document[["spec"]]))
      try await helm("uninstall", "kgateway-crds", "--namespace", "kgateway-system")
      #expect(await definition() != nil)
    }
  }

  @Test("a value is refused, as the chart has none")
  func misspeltValue() async throws {
    try await Self.withHelm { helm, _ in
      await #expect(throws: (any Error).self) {
        try await helm("template", "kgateway-crds", Self.chart, "--set", "replicas=2")
      }
    }
  }
}
