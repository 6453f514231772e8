import APIServerDouble
import RealComponents
import Testing

/// Each value of the chart: that it is documented, does something, makes valid objects, and is not misspelt unnoticed.
@Suite("Values of the chart")
struct ValuesTests {
  /// The keys of the table in the chart's README.
  private static func documented() throws -> [String] {
    try fileText(Helm.chart + "/README.md").split(separator: "\n").compactMap { line in
      line.hasPrefix("| `") ? line.split(separator: "`").dropFirst().first.map(String.init) : nil
    }
  }

  @Test("each documented one has a file that sets it, and each file is for one of them")
  func complete() throws {
    #expect(try Self.documented().sorted() == ValuesFile.all.map(\.name).sorted())
  }

  @Test("set to something else, each one shows in what is rendered, which fits the schemas of Kubernetes")
  func rendered() async throws {
    let helm = try Helm()
    let standard = try await helm.rendering()
    var objects: [String: [JSONValue]] = [:]
    for file in ValuesFile.all {
      for kubernetes in Helm.kubernetes {
        let rendering = try await helm.rendering(["--values", file.path], kubernetes: kubernetes)
        objects[kubernetes, default: []] += rendering.objects
        guard kubernetes == Helm.kubernetes.last else { continue }
        #expect(rendering.text != standard.text, "\(file.name) has no effect")
        for text in try file.rendered {
          #expect(rendering.text.contains(text), "\(file.name): \(text)")
          #expect(!standard.text.contains(text), "\(file.name): \(text) is rendered by default")
        }
      }
    }
    for kubernetes in Helm.kubernetes {
      var distinct: [String: JSONValue] = [:]
      for object in objects[kubernetes] ?? [] { distinct[object.jsonText] = object }
      #expect(distinct.count > 30)
      let complaints = try await KubernetesSchemas.complaints(about: Array(distinct.values), kubernetes: kubernetes)
      #expect(complaints == [], "Kubernetes \(kubernetes)")
    }
  }

  @Test("what is switched off is not there")
  func off() async throws {
    let helm = try Helm()
    func kinds(_ value: String) async throws -> Set<String> {
      Set(try await helm.rendering(["--set", value]).objects.compactMap { $0["kind"]?.stringValue })
    }
    let withoutBudget = try await kinds("podDisruptionBudget.enabled=false")
    #expect(!withoutBudget.contains("PodDisruptionBudget"))
    let withoutPolicy = try await kinds("networkPolicy.enabled=false")
    #expect(!withoutPolicy.contains("NetworkPolicy"))
    let classes = try await helm.rendering(["--set", "gatewayClasses.kgateway.create=false"])
    #expect(classes.names.filter { $0.hasPrefix("GatewayClass/") } == ["GatewayClass/agentgateway"])
    #expect(classes.arguments.contains("--create-gateway-classes=none"))
    #expect(!classes.text.contains("resources: [gatewayclasses], verbs: [create]"))
    let later = try await helm.rendering(["--set", "gatewayClasses.kgateway.create=false"], apis: [])
    #expect(!later.names.contains { $0.hasPrefix("GatewayClass/") })
    #expect(later.arguments.contains("--create-gateway-classes=agentgateway"))
    #expect(later.text.contains("resources: [gatewayclasses], verbs: [create]"))
  }

  /// Every place in the values where a key can be misspelt.
  private static let places = [
    "", "image.", "imagePullSecrets[0].", "proxy.", "proxy.image.", "deployer.", "gatewayClasses.",
    "gatewayClasses.kgateway.", "gatewayClasses.agentgateway.", "xds.", "xds.tls.", "xds.service.",
    "staticClusters[0].", "log.", "metrics.", "leaderElection.", "serviceAccount.", "podDisruptionBudget.",
    "networkPolicy.", "networkPolicy.xdsFrom[0].", "networkPolicy.metricsFrom[0].", "networkPolicy.egress[0].",
    "podMonitor.", "serviceMonitor.", "dashboards.", "resources.", "tolerations[0].", "affinity.",
    "topologySpreadConstraints[0].",
    "podSecurityContext.", "securityContext.", "securityContext.capabilities.", "extraEnv[0].",
    "extraVolumeMounts[0].",
  ]

  @Test("a misspelt key is refused by its name, at any depth")
  func misspelt() async throws {
    let helm = try Helm()
    for place in Self.places {
      let complaint = try await helm.failing(Helm.template(["--set", "\(place)replicsa=3"]))
      #expect(complaint.contains("'replicsa' not allowed"), "\(place): \(complaint)")
    }
  }

  @Test("every group of values is among the places where keys are misspelt")
  func places() throws {
    let groups = try Self.documented().map { $0.split(separator: ".").dropLast().joined(separator: ".") }
    #expect(Set(groups.map { $0.isEmpty ? "" : $0 + "." }).subtracting(Self.places) == [])
  }

  @Test(
    "a value that cannot be is refused, by its key",
    arguments: [
      ("log.format=xml", "/log/format"), ("replicas=0", "/replicas"),
      ("defaultSamplingRate=140", "/defaultSamplingRate"),
      ("staticClusters[0].name=a", "/staticClusters/0"), ("xds.auth=maybe", "/xds/auth"),
      ("podLabels.app=other", "app"), ("leaderElection.leaseDuration=soon", "/leaderElection/leaseDuration"),
      ("extraArgs={run}", "/extraArgs/0"), ("image.digest=abc", "/image/digest"),
      (
        "leaderElection.enabled=false",
        "leaderElection.enabled is false with 2 replicas, which would all write; set replicas to 1"
      ),
      (
        "xds.plaintext=true,xds.tls.existingSecret=a",
        "xds.plaintext and xds.tls.existingSecret are both set; keep one of them"
      ),
    ])
  func refused(_ value: String, _ complaint: String) async throws {
    let told = try await Helm().failing(Helm.template(["--set", value]))
    #expect(told.contains(complaint), "\(told)")
  }
}
