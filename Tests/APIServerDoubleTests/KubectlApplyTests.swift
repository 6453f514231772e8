import APIServerDouble
import RealComponents
import Testing

@Suite("kubectl apply against the double")
struct KubectlApplyTests {
  private static let policies = "httplistenerpolicies.gateway.kgateway.dev"

  @Test("a client-side apply creates, then finds nothing to do, then changes the object")
  func clientSide() async throws {
    try await Kubectl.withDouble { kubectl, double in
      #expect(try await kubectl("apply", "-f", "-", input: Manifests.tracing).contains("tracing created"))
      #expect(try await kubectl("apply", "-f", "-", input: Manifests.tracing).contains("tracing unchanged"))
      let changed = Manifests.tracing.replacing("samplingRate: 100", with: "samplingRate: 10")
      #expect(try await kubectl("apply", "-f", "-", input: changed).contains("tracing configured"))
      let policy = try #require(
        await double.object(
          "httplistenerpolicies", group: "gateway.kgateway.dev", namespace: "kgateway-system", name: "tracing"))
      #expect(policy[["spec", "tracing", "samplingRate"]] == 10)
      #expect(policy[["metadata", "generation"]] == 2)
    }
  }

  @Test("an apply without validation works too")
  func withoutValidation() async throws {
    try await Kubectl.withDouble { kubectl, _ in
      let output = try await kubectl("apply", "--validate=false", "-f", "-", input: Manifests.tracing)
      #expect(output.contains("tracing created"))
    }
  }

  @Test("a server-side apply creates, changes nothing the second time, and meets a conflict of managers")
  func serverSide() async throws {
    try await Kubectl.withDouble { kubectl, double in
      try await kubectl("apply", "--server-side", "-f", "-", input: Manifests.tracing)
      let revision = await double.revision
      #expect(
        try await kubectl("apply", "--server-side", "-f", "-", input: Manifests.tracing).contains("serverside-applied"))
      #expect(await double.revision == revision)
      let changed = Manifests.tracing.replacing("samplingRate: 100", with: "samplingRate: 10")
      let error = try await kubectl.failing(
        "apply", "--server-side", "--field-manager=other", "-f", "-", input: changed)
      #expect(error.contains("conflict with \"kubectl\": .spec.tracing.samplingRate"))
      try await kubectl(
        "apply", "--server-side", "--field-manager=other", "--force-conflicts", "-f", "-", input: changed)
    }
  }

  @Test("an object that was applied by the client goes over to server-side apply whole")
  func migration() async throws {
    try await Kubectl.withDouble { kubectl, double in
      try await kubectl("apply", "-f", "-", input: Manifests.tracing)
      try await kubectl("apply", "--server-side", "-f", "-", input: Manifests.tracing)
      try await kubectl("apply", "--server-side", "-f", "-", input: Manifests.tracing)
      let policy = try #require(
        await double.object(
          "httplistenerpolicies", group: "gateway.kgateway.dev", namespace: "kgateway-system", name: "tracing"))
      #expect(policy[["spec", "tracing", "provider", "otel", "grpcAddress"]] == "otel-collector.telemetry:4317")
      let managers = policy[["metadata", "managedFields"]]?.arrayValue?.map { $0["operation"] }
      #expect(managers?.allSatisfy { $0 == "Apply" } == true)
    }
  }

  @Test("a field that a later server-side apply leaves out is gone")
  func givenUpField() async throws {
    try await Kubectl.withDouble { kubectl, double in
      try await kubectl("apply", "--server-side", "-f", "-", input: Manifests.tracing)
      let without = Manifests.tracing.replacing(
        "    samplingRate: 100  # 100% sampling for testing, reduce in production\n", with: "")
      try await kubectl("apply", "--server-side", "-f", "-", input: without)
      let policy = try #require(
        await double.object(
          "httplistenerpolicies", group: "gateway.kgateway.dev", namespace: "kgateway-system", name: "tracing"))
      #expect(policy[["spec", "tracing", "samplingRate"]] == nil)
      #expect(policy[["spec", "tracing", "propagators"]] != nil)
    }
  }

  @Test("a file of several documents is applied, and a Service is patched by its merge keys")
  func severalDocuments() async throws {
    try await Kubectl.withDouble { kubectl, double in
      let documents = [Manifests.gateway(), Manifests.service, Manifests.tracing].joined(separator: "---\n")
      let output = try await kubectl("apply", "-f", "-", input: documents)
      #expect(output.split(separator: "\n").count == 3)
      let renamed = Manifests.service.replacing("name: admin", with: "name: management")
      #expect(try await kubectl("apply", "-f", "-", input: renamed).contains("backend configured"))
      let service = try #require(
        await double.object("services", group: "", namespace: "kgateway-system", name: "backend"))
      let names = service[["spec", "ports"]]?.arrayValue?.map { $0["name"] }
      #expect(names == ["http", "management"])
      let patches = await double.requests.filter { $0.method == "PATCH" }.map(\.contentType)
      #expect(patches == ["application/strategic-merge-patch+json"])
    }
  }

  @Test("a value that the schema forbids is told with its field")
  func invalid() async throws {
    try await Kubectl.withDouble { kubectl, _ in
      let error = try await kubectl.failing("apply", "-f", "-", input: Manifests.gateway(port: 99999))
      #expect(error.contains("The Gateway \"agentgateway-proxy\" is invalid: spec.listeners[0].port"))
      #expect(error.contains("should be less than or equal to 65535"))
    }
  }

  @Test("a field that the schema does not know is told, before anything is stored")
  func unknownField() async throws {
    try await Kubectl.withDouble { kubectl, double in
      let misspelt = Manifests.gateway().replacing("protocol:", with: "protocl:")
      let error = try await kubectl.failing("apply", "-f", "-", input: misspelt)
      #expect(error.contains("unknown field \"spec.listeners[0].protocl\""))
      #expect(
        await double.object(
          "gateways", group: "gateway.networking.k8s.io", namespace: "kgateway-system", name: "agentgateway-proxy")
          == nil)
    }
  }

  @Test("a namespace that does not exist is told")
  func missingNamespace() async throws {
    try await Kubectl.withDouble { kubectl, _ in
      let elsewhere = Manifests.tracing.replacing("kgateway-system", with: "nowhere")
      let error = try await kubectl.failing("apply", "-f", "-", input: elsewhere)
      #expect(error.contains("namespaces \"nowhere\" not found"))
    }
  }

  @Test("a dry run on the server stores nothing")
  func dryRun() async throws {
    try await Kubectl.withDouble { kubectl, double in
      let revision = await double.revision
      let output = try await kubectl("apply", "--dry-run=server", "-f", "-", input: Manifests.tracing)
      #expect(output.contains("created (server dry run)"))
      #expect(await double.revision == revision)
    }
  }
}
