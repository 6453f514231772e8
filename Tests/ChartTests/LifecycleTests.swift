import APIServerDouble
import RealComponents
import Testing

/// Both charts on the API server double.
@Suite("Installing, upgrading and uninstalling")
struct LifecycleTests {
  private static func withHelm(
    _ version: RealComponent = .helm, absentGroups: Set<String> = [],
    _ body: (Helm, APIServerDouble) async throws -> Void
  ) async throws {
    var configuration = APIServerDouble.Configuration()
    configuration.namespaces += [Helm.namespace]
    configuration.absentGroups = absentGroups
    try await APIServerDouble.withRunning(configuration) { double in
      try await withTemporaryFolder { folder in
        try await double.writeKubeconfig(to: folder.path("config"), credentials: .token)
        var helm = try Helm(version)
        helm.settings.environment = ["KUBECONFIG": folder.path("config"), "HOME": folder.path]
        try await body(helm, double)
      }
    }
  }

  private static func upgrade(_ chart: String, _ name: String, _ arguments: [String] = []) -> [String] {
    ["upgrade", "--install", name, chart, "--namespace", Helm.namespace] + arguments
  }

  /// Plural, group, and whether it is in the namespace.
  private static let kinds = [
    ("deployments", "apps", true), ("services", "", true), ("serviceaccounts", "", true),
    ("poddisruptionbudgets", "policy", true), ("networkpolicies", "networking.k8s.io", true),
    ("roles", "rbac.authorization.k8s.io", true), ("rolebindings", "rbac.authorization.k8s.io", true),
    ("clusterroles", "rbac.authorization.k8s.io", false), ("clusterrolebindings", "rbac.authorization.k8s.io", false),
    ("gatewayclasses", "gateway.networking.k8s.io", false),
  ]

  private static func objects(_ double: APIServerDouble) async -> [String: JSONValue] {
    var found: [String: JSONValue] = [:]
    for (plural, group, isNamespaced) in kinds {
      let namespace = isNamespaced ? Helm.namespace : ""
      found[plural] = await double.object(plural, group: group, namespace: namespace, name: "kgateway")
    }
    return found
  }

  @Test("everything is there after the installation, stays as it is, changes with a value, and is gone in the end")
  func lifecycle() async throws {
    // Helm 4 writes by server-side apply, Helm 3 by patches.
    for version in [RealComponent.helm, .helm3] {
      try await Self.withHelm(version) { helm, double in
        try await helm(Self.upgrade(Helm.definitions, "kgateway-crds"))
        let notes = try await helm(Self.upgrade(Helm.chart, "kgateway"))
        #expect(notes.contains("kubectl apply -f - <<EOF") && !notes.contains("not defined yet"), "\(notes)")
        let installed = await Self.objects(double)
        #expect(Set(installed.keys) == Set(Self.kinds.map(\.0)))

        try await helm(Self.upgrade(Helm.chart, "kgateway"))
        let again = await Self.objects(double)
        for (plural, object) in installed {
          #expect(again[plural]?["spec"] == object["spec"] && again[plural]?["rules"] == object["rules"])
          #expect(
            again[plural]?[["metadata", "generation"]] == object[["metadata", "generation"]], "\(plural) \(version)")
        }

        try await helm(Self.upgrade(Helm.chart, "kgateway", ["--set", "replicas=3"]))
        #expect(await Self.objects(double)["deployments"]?[["spec", "replicas"]] == 3)

        try await helm(["uninstall", "kgateway", "--namespace", Helm.namespace])
        #expect(await Self.objects(double).isEmpty)
        try await helm(["uninstall", "kgateway-crds", "--namespace", Helm.namespace])
        let definition = await double.object(
          "customresourcedefinitions", group: "apiextensions.k8s.io", namespace: "",
          name: "httplistenerpolicies.gateway.kgateway.dev")
        #expect(definition != nil)
      }
    }
  }

  @Test("before the definitions of the Gateway API the notes say so; a class that the operator made then stays its own")
  func classOfTheOperator() async throws {
    try await Self.withHelm(absentGroups: ["gateway.networking.k8s.io", "gateway.kgateway.dev"]) { helm, double in
      let notes = try await helm(Self.upgrade(Helm.chart, "kgateway"))
      #expect(notes.contains("The Gateway API is not defined yet"), "\(notes)")
      #expect(notes.contains("helm upgrade --install kgateway-crds"), "\(notes)")
      await double.install(group: "gateway.networking.k8s.io")
      try await double.put([
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": ["name": "kgateway"],
        "spec": ["controllerName": "kgateway.dev/kgateway"],
      ])
      func gatewayClass(_ name: String) async -> JSONValue? {
        await double.object("gatewayclasses", group: "gateway.networking.k8s.io", namespace: "", name: name)
      }
      let made = await gatewayClass("kgateway")
      let first = await Self.objects(double)["deployments"]
      #expect(first?.jsonText.contains("--create-gateway-classes=agentgateway,kgateway") == true)
      for _ in 0..<2 { try await helm(Self.upgrade(Helm.chart, "kgateway")) }
      #expect(await gatewayClass("kgateway") == made)
      #expect(await gatewayClass("agentgateway") != nil)
      let second = await Self.objects(double)["deployments"]
      #expect(second?.jsonText.contains("--create-gateway-classes=kgateway") == true)
      let refusal = try await helm.failing(
        Self.upgrade(Helm.chart, "kgateway", ["--set", "gatewayClasses.kgateway.parameters.replicas=3"]))
      #expect(refusal.contains("kubectl annotate gatewayclass kgateway meta.helm.sh/release-name=kgateway"))
      try await helm(["uninstall", "kgateway", "--namespace", Helm.namespace])
      #expect(await gatewayClass("kgateway") == made)
      #expect(await gatewayClass("agentgateway") == nil)
    }
  }

  @Test("a second installation in another namespace is refused, and harms nothing")
  func second() async throws {
    try await Self.withHelm { helm, double in
      try await helm(Self.upgrade(Helm.chart, "kgateway"))
      let before = await Self.objects(double)
      let complaint = try await helm.failing(["install", "other", Helm.chart, "--namespace", "default"])
      #expect(complaint.contains("kgateway") && complaint.contains("ownership"), "\(complaint)")
      #expect(await Self.objects(double) == before)
    }
  }
}
