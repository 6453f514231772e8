import APIServerDouble
import RealComponents
import Testing

@Suite("The chart as it is rendered")
struct RenderingTests {
  @Test("helm finds nothing to complain of")
  func lint() async throws {
    let helm = try Helm()
    for chart in [Helm.chart, Helm.definitions] {
      for helm in [helm, try Helm(.helm3)] { try await helm(["lint", "--strict", chart]) }
    }
    for file in ValuesFile.all { try await helm(["lint", "--strict", Helm.chart, "--values", file.path]) }
  }

  @Test("Helm 3 renders what Helm 4 renders", arguments: Helm.kubernetes)
  func versions(kubernetes: String) async throws {
    let (newer, older) = (try Helm(), try Helm(.helm3))
    #expect(
      try await older.rendering(kubernetes: kubernetes).objects
        == newer.rendering(kubernetes: kubernetes).objects)
  }

  @Test("a Kubernetes that is too old is refused; newer fields are only for those that know them")
  func kubernetesVersions() async throws {
    let helm = try Helm()
    let refusal = try await helm.failing(Helm.template(kubernetes: "1.24"))
    #expect(refusal.contains("requires kubeVersion: >=1.25.0-0"))
    let fields = ["unhealthyPodEvictionPolicy": "1.27", "matchLabelKeys": "1.27", "preStop": "1.30"]
    for (field, since) in fields {
      for kubernetes in ["1.25", "1.26", "1.27", "1.29", "1.30", "1.37"] {
        let text = try await helm.rendering(kubernetes: kubernetes).text
        #expect(text.contains(field) == (kubernetes >= since), "\(field) on \(kubernetes)")
      }
    }
    // As managed clusters call theirs.
    let managed = try await helm(["template", "kgateway", Helm.chart, "--kube-version", "v1.26.4-eks-8ccc7ba"])
    #expect(!managed.contains("matchLabelKeys"))
  }

  @Test("kinds of others are rendered where the server knows them")
  func foreignKinds() async throws {
    let helm = try Helm()
    let arguments = ["--set", "podMonitor.enabled=true,serviceMonitor.enabled=true"]
    let known = try await helm.rendering(arguments)
    #expect(
      known.names.filter { $0.contains("Monitor") || $0.contains("Class") } == [
        "GatewayClass/agentgateway", "GatewayClass/kgateway", "PodMonitor/kgateway", "ServiceMonitor/kgateway",
      ])
    let unknown = try await helm.rendering(arguments, apis: [])
    #expect(!unknown.names.contains { $0.contains("Monitor") || $0.contains("Class") })
    #expect(!unknown.names.contains("Service/kgateway-metrics"))
  }

  @Test("a class has the parameters that the values give it")
  func parameters() async throws {
    let rendering = try await Helm().rendering(["--set", "gatewayClasses.kgateway.parameters.replicas=3"])
    #expect(
      rendering.object("GatewayClass")[["spec", "parametersRef"]] == [
        "group": "gateway.kgateway.dev", "kind": "GatewayParameters", "name": "kgateway",
        "namespace": .string(Helm.namespace),
      ])
    #expect(rendering.object("GatewayParameters")["spec"] == ["replicas": 3])
    #expect(rendering.object("GatewayClass", "agentgateway")[["spec", "parametersRef"]] == nil)
    // The operator would make it without them.
    let later = try await Helm().rendering(["--set", "gatewayClasses.kgateway.parameters.replicas=3"], apis: [])
    #expect(later.arguments.contains("--create-gateway-classes=agentgateway"))
  }

  @Test("every selector finds the pods, and the guide's collector finds them and nothing but their metrics")
  func labels() async throws {
    let rendering = try await Helm().rendering(["--set", "podLabels.team=edge,commonLabels.stage=test"])
    let template = rendering.object("Deployment")[["spec", "template"]] ?? .null
    let labels = template[["metadata", "labels"]]?.objectValue ?? [:]
    #expect(labels["app"] == "kgateway" && labels["team"] == "edge" && labels["stage"] == "test")
    let selectors = [
      rendering.object("Deployment")[["spec", "selector", "matchLabels"]],
      rendering.object("Service")[["spec", "selector"]],
      rendering.object("PodDisruptionBudget")[["spec", "selector", "matchLabels"]],
      rendering.object("NetworkPolicy")[["spec", "podSelector", "matchLabels"]],
    ]
    let spread = template[["spec", "topologySpreadConstraints"]]?.arrayValue ?? []
    #expect(spread.count == 2)
    for selector in selectors + spread.map({ $0[["labelSelector", "matchLabels"]] }) {
      let selector = try #require(selector?.objectValue)
      #expect(!selector.isEmpty && selector.allSatisfy { labels[$0.key] == $0.value })
    }
    #expect(rendering.container["ports"] == [["name": "metrics", "containerPort": 9092, "protocol": "TCP"]])
    // The deployer's own selector must not find what the chart brings.
    #expect(!rendering.text.contains("managed-by: kgateway"))
  }

  @Test("the pods are as restricted as Kubernetes can demand, and an update takes none away before there is another")
  func pods() async throws {
    let rendering = try await Helm().rendering()
    let deployment = rendering.object("Deployment")
    #expect(deployment[["spec", "replicas"]] == 2)
    #expect(deployment[["spec", "strategy", "rollingUpdate"]] == ["maxSurge": 1, "maxUnavailable": 0])
    let pod = deployment[["spec", "template", "spec"]] ?? .null
    #expect(pod[["securityContext", "runAsNonRoot"]] == true)
    #expect(pod[["securityContext", "runAsUser"]]?.integerValue ?? 0 > 0)
    #expect(pod[["securityContext", "seccompProfile", "type"]] == "RuntimeDefault")
    let security = rendering.container["securityContext"]
    #expect(
      security == [
        "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": ["drop": ["ALL"]],
      ])
    #expect(rendering.container[["readinessProbe", "httpGet"]] == ["path": "/readyz", "port": 9093])
    #expect(rendering.container[["livenessProbe", "httpGet"]] == ["path": "/healthz", "port": 9093])
    let environment = (rendering.container["env"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
    #expect(environment == ["POD_NAME", "POD_NAMESPACE", "POD_IP"])
    let token = pod["volumes"]?.arrayValue?.first?[["projected", "sources"]]?.arrayValue?.first
    #expect(token?[["serviceAccountToken", "audience"]] == "kgateway")
  }

  @Test("without the deployer, the election or own certificates, the permissions for them are not there")
  func permissions() async throws {
    let helm = try Helm()
    let least = try await helm.rendering([
      "--set", "deployer.enabled=false,replicas=1,leaderElection.enabled=false,xds.plaintext=true,xds.auth=none",
      "--set", "gatewayClasses.kgateway.create=false,gatewayClasses.agentgateway.create=false",
    ])
    #expect(least.object("Role") == .null && least.object("RoleBinding") == .null)
    let verbs = (least.object("ClusterRole")["rules"]?.arrayValue ?? []).flatMap { $0["verbs"]?.arrayValue ?? [] }
    #expect(Set(verbs.compactMap(\.stringValue)) == ["list", "watch", "patch", "create"])
    let standard = try await helm.rendering()
    #expect(!standard.text.contains("*"))
    let managed = try await helm.rendering(["--set", "xds.tls.existingSecret=certificate"])
    let rules = try #require(managed.object("Role")["rules"])
    #expect(!rules.jsonText.contains("secrets"))
  }
}
