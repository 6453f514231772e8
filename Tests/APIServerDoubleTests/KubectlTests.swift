import APIServerDouble
import RealComponents
import Testing

@Suite("kubectl against the double")
struct KubectlTests {
  @Test("get prints the columns of the kind")
  func table() async throws {
    try await Kubectl.withDouble { kubectl, _ in
      try await kubectl("apply", "-f", "-", input: Manifests.gateway())
      let lines = try await kubectl("get", "gtw", "-A").split(separator: "\n")
      try #require(lines.count == 2)
      #expect(lines[0].split(separator: " ") == ["NAMESPACE", "NAME", "CLASS", "ADDRESS", "PROGRAMMED", "AGE"])
      #expect(
        lines[1].split(separator: " ").dropLast()
          == ["kgateway-system", "agentgateway-proxy", "agentgateway", "Unknown"])
    }
  }

  @Test("get -o yaml prints the object, with the defaults of the schema")
  func yaml() async throws {
    try await Kubectl.withDouble { kubectl, _ in
      try await kubectl("apply", "-f", "-", input: Manifests.gateway())
      let text = try await kubectl("get", "gateway", "agentgateway-proxy", "-n", "kgateway-system", "-o", "yaml")
      #expect(text.contains("from: Same"))
      #expect(text.contains("message: Waiting for controller"))
    }
  }

  @Test("get -w sees a change, and a deletion")
  func watch() async throws {
    try await Kubectl.withDouble { kubectl, double in
      try await kubectl("apply", "-f", "-", input: Manifests.gateway())
      let arguments = ["get", "gateways", "-n", "kgateway-system", "-w", "-o", "json", "--output-watch-events"]
      try await withProcess(kubectl.program, arguments, settings: kubectl.settings) { watch in
        try await eventually("the first object is printed") { watch.output.text.contains("ADDED") }
        try await eventually("the watch is open") { await double.watchCount == 1 }
        try await kubectl(
          "label", "gateway", "agentgateway-proxy", "-n", "kgateway-system", "team=x")
        try await eventually("the change is printed") {
          watch.output.text.contains("MODIFIED") && watch.output.text.contains("\"team\":\"x\"")
        }
        try await kubectl("delete", "gateway", "agentgateway-proxy", "-n", "kgateway-system")
        try await eventually("the deletion is printed") { watch.output.text.contains("DELETED") }
      }
    }
  }

  @Test("get -w prints rows of the same table")
  func watchTable() async throws {
    try await Kubectl.withDouble { kubectl, double in
      try await kubectl("apply", "-f", "-", input: Manifests.gateway())
      try await withProcess(
        kubectl.program, ["get", "gateways", "-n", "kgateway-system", "-w"], settings: kubectl.settings
      ) { watch in
        try await eventually("the watch is open") { await double.watchCount == 1 }
        try await kubectl("apply", "-f", "-", input: Manifests.gateway(port: 81))
        try await eventually("a second row is printed") {
          watch.output.lines.filter { $0.hasPrefix("agentgateway-proxy") }.count == 2
        }
        #expect(watch.output.lines.filter { $0.hasPrefix("NAME") }.count == 1)
      }
    }
  }

  @Test("describe shows the object and the Events that speak of it")
  func describe() async throws {
    try await Kubectl.withDouble { kubectl, double in
      try await kubectl("apply", "-f", "-", input: Manifests.tracing)
      let policy = try #require(
        await double.object(
          "httplistenerpolicies", group: "gateway.kgateway.dev", namespace: "kgateway-system", name: "tracing"))
      try await double.put([
        "apiVersion": "events.k8s.io/v1", "kind": "Event",
        "metadata": ["name": "e1", "namespace": "kgateway-system"], "eventTime": "2026-11-23T09:00:00.000000Z",
        "reportingController": "kgateway.dev/kgateway", "reportingInstance": "pod-a", "action": "Translate",
        "reason": "Accepted", "type": "Normal", "note": "the policy is in force",
        "regarding": [
          "apiVersion": "gateway.kgateway.dev/v1alpha1", "kind": "HTTPListenerPolicy", "name": "tracing",
          "namespace": "kgateway-system", "uid": policy[["metadata", "uid"]] ?? "",
        ],
      ])
      let text = try await kubectl("describe", "httplistenerpolicy", "tracing", "-n", "kgateway-system")
      #expect(text.contains("Grpc Address:  otel-collector.telemetry:4317"))
      #expect(text.contains("the policy is in force"))
    }
  }

  @Test("patch --subresource=status changes the status alone, and not the generation")
  func patchStatus() async throws {
    try await Kubectl.withDouble { kubectl, double in
      try await kubectl("apply", "-f", "-", input: Manifests.gateway())
      try await kubectl(
        "patch", "gateway", "agentgateway-proxy", "-n", "kgateway-system", "--subresource=status", "--type=merge", "-p",
        #"{"status":{"addresses":[{"value":"127.0.0.1"}]},"spec":{"gatewayClassName":"other"}}"#)
      let gateway = try #require(
        await double.object(
          "gateways", group: "gateway.networking.k8s.io", namespace: "kgateway-system", name: "agentgateway-proxy"))
      #expect(gateway[["status", "addresses"]] == [["type": "IPAddress", "value": "127.0.0.1"]])
      #expect(gateway[["spec", "gatewayClassName"]] == "agentgateway")
      #expect(gateway[["metadata", "generation"]] == 1)
    }
  }

  @Test("a JSON patch is applied")
  func jsonPatch() async throws {
    try await Kubectl.withDouble { kubectl, double in
      try await kubectl("apply", "-f", "-", input: Manifests.gateway())
      try await kubectl(
        "patch", "gateway", "agentgateway-proxy", "-n", "kgateway-system", "--type=json", "-p",
        #"[{"op":"replace","path":"/spec/listeners/0/port","value":8080},{"op":"add","path":"/metadata/labels","value":{"a/b":"c"}}]"#
      )
      let gateway = try #require(
        await double.object(
          "gateways", group: "gateway.networking.k8s.io", namespace: "kgateway-system", name: "agentgateway-proxy"))
      #expect(gateway[["spec", "listeners"]]?.arrayValue?.first?["port"] == 8080)
      #expect(gateway[["metadata", "labels"]] == ["a/b": "c"])
    }
  }

  @Test("label and get -l select")
  func labels() async throws {
    try await Kubectl.withDouble { kubectl, _ in
      try await kubectl("apply", "-f", "-", input: Manifests.tracing)
      try await kubectl("label", "httplistenerpolicy", "tracing", "-n", "kgateway-system", "team=x")
      let list = ["get", "httplistenerpolicies", "-n", "kgateway-system", "-o", "name", "-l"]
      for selector in ["team=x", "team", "team in (x,y)", "team!=y", "!other"] {
        let output = try await outputOfCommand(kubectl.program, list + [selector], settings: kubectl.settings)
        #expect(output.contains("tracing"), "\(selector)")
      }
      let none = try await outputOfCommand(kubectl.program, list + ["team notin (x)"], settings: kubectl.settings)
      #expect(none.isEmpty)
    }
  }

  @Test("delete removes the object and waits until it is gone")
  func delete() async throws {
    try await Kubectl.withDouble { kubectl, _ in
      try await kubectl("apply", "-f", "-", input: Manifests.tracing)
      #expect(try await kubectl("delete", "-f", "-", input: Manifests.tracing).contains("deleted"))
      let error = try await kubectl.failing("get", "httplistenerpolicy", "tracing", "-n", "kgateway-system")
      #expect(error.contains("httplistenerpolicies.gateway.kgateway.dev \"tracing\" not found"))
    }
  }

  @Test("a namespace is created as kubectl does it, and deleted with all that is in it")
  func namespaces() async throws {
    try await Kubectl.withDouble { kubectl, double in
      try await kubectl("create", "namespace", "telemetry")
      try await kubectl("apply", "-f", "-", input: Manifests.tracing.replacing("kgateway-system", with: "telemetry"))
      try await kubectl("delete", "namespace", "telemetry")
      #expect(
        await double.object(
          "httplistenerpolicies", group: "gateway.kgateway.dev", namespace: "telemetry", name: "tracing") == nil)
    }
  }

  @Test("a CRD that is applied is served at once, with its schema and its columns")
  func customResource() async throws {
    var configuration = Kubectl.configuration
    configuration.absentGroups = ["gateway.kgateway.dev"]
    try await Kubectl.withDouble(configuration) { kubectl, _ in
      let absent = try await kubectl.failing("apply", "-f", "-", input: Manifests.tracing)
      #expect(absent.contains("no matches for kind \"HTTPListenerPolicy\""))
      try await kubectl("apply", "-f", "-", input: Self.customResourceDefinition)
      try await kubectl("wait", "--for=condition=Established", "crd/httplistenerpolicies.gateway.kgateway.dev")
      let wrong = Manifests.tracing.replacing("samplingRate: 100", with: "samplingRate: 140")
      let error = try await kubectl.failing("apply", "-f", "-", input: wrong)
      #expect(error.contains("spec.tracing.samplingRate in body should be less than or equal to 100"))
      try await kubectl("apply", "-f", "-", input: Manifests.tracing)
      let lines = try await kubectl("get", "hlp", "-A").split(separator: "\n")
      #expect(lines.first?.contains("SAMPLING") == true)
      #expect(lines.last?.split(separator: " ").contains("100") == true)
    }
  }

  private static let customResourceDefinition = """
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata:
      name: httplistenerpolicies.gateway.kgateway.dev
    spec:
      group: gateway.kgateway.dev
      scope: Namespaced
      names:
        kind: HTTPListenerPolicy
        listKind: HTTPListenerPolicyList
        plural: httplistenerpolicies
        singular: httplistenerpolicy
        shortNames: [hlp]
      versions:
      - name: v1alpha1
        served: true
        storage: true
        subresources: {status: {}}
        additionalPrinterColumns:
        - {name: Sampling, type: integer, jsonPath: .spec.tracing.samplingRate}
        schema:
          openAPIV3Schema:
            type: object
            required: [spec]
            properties:
              spec:
                type: object
                x-kubernetes-preserve-unknown-fields: true
                properties:
                  tracing:
                    type: object
                    x-kubernetes-preserve-unknown-fields: true
                    properties:
                      samplingRate: {type: integer, minimum: 0, maximum: 100}

    """
}
