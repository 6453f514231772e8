import APIServerDouble
import RealComponents
import Testing

/// The CRD as people meet it: through kubectl, on a server that has learnt the kind from the file.
@Suite("The CRD and kubectl")
struct KubectlTests {
  private struct Kubectl {
    let program: String
    let settings: ProcessSettings

    @discardableResult
    func callAsFunction(_ arguments: String..., input: String = "") async throws -> String {
      var settings = settings
      settings.standardInput = Array(input.utf8)
      return try await outputOfCommand(program, arguments, settings: settings)
    }
  }

  /// Runs a double to which the CRD was applied, and a kubectl that knows it.
  private static func withCRD(_ body: (Kubectl, APIServerDouble) async throws -> Void) async throws {
    var configuration = APIServerDouble.Configuration()
    configuration.namespaces += ["shop"]
    try await APIServerDouble.withRunning(configuration) { double in
      try await withTemporaryFolder { folder in
        try await double.writeKubeconfig(to: folder.path("config"), credentials: .token)
        var settings = ProcessSettings()
        settings.environment = ["KUBECONFIG": folder.path("config"), "HOME": folder.path]
        let kubectl = Kubectl(program: try RealComponent.kubectl.path(), settings: settings)
        try await kubectl("apply", "-f", PolicyDefinition.path)
        try await body(kubectl, double)
      }
    }
  }

  @Test("kubectl get shows the first target, and all of them when it has the room; short name and category work")
  func columns() async throws {
    try await Self.withCRD { kubectl, _ in
      try await kubectl("apply", "-f", "-", input: Self.policy)
      for name in ["hlpolicy", "kgateway"] {
        let lines = try await kubectl("get", name, "-n", "shop").split(separator: "\n")
        #expect(lines.first?.split(separator: " ") == ["NAME", "TARGET", "ACCEPTED", "PROGRAMMED", "AGE"])
        #expect(lines.last?.contains(" web ") == true, "\(lines)")
      }
      let wide = try await kubectl("get", "hlpolicy", "-n", "shop", "-o", "wide")
      #expect(wide.contains(#""name":"web""#) && wide.contains(#""name":"api""#), "\(wide)")
    }
  }

  @Test("defaults are filled in")
  func defaults() async throws {
    try await Self.withCRD { kubectl, double in
      try await kubectl("apply", "-f", "-", input: Self.policy)
      let stored = try #require(
        await double.object("httplistenerpolicies", group: "gateway.kgateway.dev", namespace: "shop", name: "traces"))
      let target = stored[["spec", "targetRefs"]]?.arrayValue?.first
      #expect(target == ["group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "web"])
    }
  }

  @Test("two managers add attributes of their own by server-side apply")
  func merging() async throws {
    try await Self.withCRD { kubectl, double in
      try await kubectl("apply", "--server-side", "--field-manager=a", "-f", "-", input: Self.policy)
      try await kubectl("apply", "--server-side", "--field-manager=b", "-f", "-", input: Self.attribute)
      let stored = try #require(
        await double.object("httplistenerpolicies", group: "gateway.kgateway.dev", namespace: "shop", name: "traces"))
      let attributes = stored[["spec", "tracing", "attributes"]]?.arrayValue ?? []
      #expect(attributes.compactMap { $0["name"]?.stringValue } == ["zone", "tenant"])
    }
  }

  /// A part of the policy, which somebody else looks after.
  private static let attribute = """
    apiVersion: gateway.kgateway.dev/v1alpha1
    kind: HTTPListenerPolicy
    metadata:
      name: traces
      namespace: shop
    spec:
      tracing:
        attributes:
        - name: tenant
          literal:
            value: b

    """

  private static let policy = """
    apiVersion: gateway.kgateway.dev/v1alpha1
    kind: HTTPListenerPolicy
    metadata:
      name: traces
      namespace: shop
    spec:
      targetRefs:
      - name: web
      - name: api
      tracing:
        provider:
          otel:
            grpcAddress: collector.telemetry:4317
        attributes:
        - name: zone
          literal:
            value: a

    """
}
