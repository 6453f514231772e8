import APIServerDouble
import Deployer
import KubernetesAPI
import RealComponents
import Testing
import Translator

/// What the renderer makes of a Gateway, applied: changes of the Gateway and its parameters, and names that get in each
/// other's way.
@Suite("Rendered objects, against an API server", .timeLimit(.minutes(2)))
struct RenderedChangeTests {
  private func withDeployed(
    _ manifests: String, _ body: (DeployerBed, RunningDeployer) async throws -> Void
  ) async throws {
    try await DeployerBed.withRunning { bed in
      try await bed.addRendered("web", manifests)
      try await RunningDeployer.withRunning(in: bed) { running in
        try await eventually("the Gateway is deployed") { await bed.isThere(DeployerBed.always) }
        try await bed.settle()
        await bed.server.forgetRequests()
        try await body(bed, running)
      }
    }
  }

  // MARK: Changes

  @Test("ports of the Service come and go with the listeners, and nothing else of it changes")
  func ports() async throws {
    try await withDeployed(Manifests.text(ports: [80, 8080])) { bed, running in
      #expect(await bed.ports == [80, 8080])
      let address = await bed.object(.service)?[["spec", "clusterIP"]]
      for ports in [[80], [9000, 80], [9000], [81, 80, 9000]] as [[Int]] {
        try bed.render("web", Manifests.text(ports: ports))
        await running.look(at: "web")
        try await eventually("the ports are \(ports)") { await bed.ports == ports.sorted() }
      }
      try await bed.settle()
      #expect(await bed.requests == Array(repeating: "PATCH services/web", count: 4))
      #expect(await bed.object(.service)?[["spec", "clusterIP"]] == address)
      #expect(running.report()?.faults == [])
    }
  }

  @Test("a Service changes its type, and changes it back")
  func serviceType() async throws {
    try await withDeployed(Manifests.text(parameters: "service: {externalTrafficPolicy: Local}")) { bed, running in
      for (parameters, type) in [
        ("service: {type: ClusterIP}", "ClusterIP"), ("service: {type: NodePort}", "NodePort"),
        ("service: {externalTrafficPolicy: Local}", "LoadBalancer"),
      ] {
        try bed.render("web", Manifests.text(parameters: parameters))
        await running.look(at: "web")
        try await eventually("the type is \(type)") {
          await bed.object(.service)?[["spec", "type"]] == .string(type)
        }
        let hasNodePort = await bed.object(.service)?[["spec", "ports"]]?.arrayValue?.first?["nodePort"] != nil
        #expect(hasNodePort == (type != "ClusterIP"))
      }
      try await bed.settle()
      #expect(await bed.object(.service)?[["spec", "externalTrafficPolicy"]] == "Local")
      #expect(await bed.requests == Array(repeating: "PATCH services/web", count: 3))
      #expect(running.report()?.faults == [])
      #expect(running.report()?.awaited.isEmpty == false)
    }
  }

  @Test("a variable that is not asked for any more goes, and the operator's own stay")
  func variables() async throws {
    try await withDeployed(Manifests.text(parameters: "env: [{name: A, value: a}, {name: B, value: b}]")) {
      bed, running in
      try bed.render("web", Manifests.text(parameters: "env: [{name: B, value: c}]"))
      await running.look(at: "web")
      let names = ["POD_NAME", "POD_NAMESPACE", "POD_IP", "NODE_NAME", "GATEWAY_NAME", "B"]
      try await eventually("the variables are the new ones") { await bed.variables == names }
      try await bed.settle()
      #expect(await bed.requests == ["PATCH deployments/web"])
    }
  }

  @Test("parameters that are deleted change nothing, are told, and count again when they are back")
  func deletedParameters() async throws {
    let manifests = Manifests.text(parameters: "replicas: 3")
    let reference = "parametersRef: {group: gateway.kgateway.dev, kind: GatewayParameters, name: web}"
    try await withDeployed(manifests) { bed, running in
      try bed.render("web", Manifests.text(infrastructure: reference))
      await running.look(at: "web")
      try await eventually("it is told") {
        running.report()?.refusals.map(\.message) == [
          "Gateway shop/web: spec.infrastructure.parametersRef: there is no GatewayParameters shop/web; create it, or "
            + "correct the reference"
        ]
      }
      try bed.render("web", manifests)
      await running.look(at: "web")
      try await eventually("that is told, too") { running.report()?.refusals == [] }
      try await bed.settle()
      #expect(await bed.requests.isEmpty)
    }
  }

  @Test("labels of a Gateway's infrastructure are on all of its objects, and break no selector")
  func labels() async throws {
    let infrastructure = """
      labels: {team: a, gateway: other, app.kubernetes.io/managed-by: me, gateway.networking.k8s.io/gateway-name: other}
      """
    try await withDeployed(Manifests.text(infrastructure: infrastructure)) { bed, _ in
      let own: JSONValue = [
        "app.kubernetes.io/managed-by": "kgateway", "gateway.networking.k8s.io/gateway-name": "web",
      ]
      for kind in DeployerBed.always {
        let labels = await bed.object(kind)?[["metadata", "labels"]]
        #expect(labels?["team"] == "a")
        #expect(labels?["app.kubernetes.io/managed-by"] == "kgateway")
      }
      let deployment = try #require(await bed.object(.deployment))
      #expect(deployment[["spec", "selector", "matchLabels"]] == own)
      #expect(await bed.object(.service)?[["spec", "selector"]] == own)
      var pod = own
      pod["team"] = "a"
      pod["gateway"] = "web"
      #expect(deployment[["spec", "template", "metadata", "labels"]] == pod)
    }
  }

  // MARK: Names

  @Test("a Gateway with the longest name that there is gets its objects")
  func longestName() async throws {
    let name = String(repeating: "a-name-with-dots.", count: 14) + String(repeating: "b", count: 15)
    #expect(name.utf8.count == 253)
    let names = ObjectNames(of: DeployerBed.id(name))
    try await DeployerBed.withRunning { bed in
      try await bed.addRendered(name, Manifests.text(name))
      try await RunningDeployer.withRunning(in: bed) { running in
        try await eventually("its objects are there") {
          await bed.isThere([.configMap, .service, .deployment], names.objects)
        }
        #expect(await bed.object(.serviceAccount, name) != nil)
        let pod = await bed.object(.deployment, names.objects)?[["spec", "template", "spec", "serviceAccountName"]]
        #expect(pod == .string(name))
        try await eventually("it waits for an address") {
          running.report(name)?.awaited.hasPrefix("Service shop/\(names.objects) of the type LoadBalancer") == true
        }
        #expect(running.report(name)?.faults == [])
      }
    }
  }

  @Test("of two Gateways whose objects would have one name the first keeps them, and the second is told")
  func collision() async throws {
    let second = ObjectNames(of: DeployerBed.id("a.b")).objects
    try await DeployerBed.withRunning { bed in
      try await bed.addRendered("a.b", Manifests.text("a.b"))
      try await RunningDeployer.withRunning(in: bed) { running in
        try await eventually("the first is deployed") {
          await bed.isThere([.configMap, .service, .deployment], second)
        }
        try await bed.settle()
        let before = await bed.object(.deployment, second)
        try await bed.addRendered(second, Manifests.text(second))
        await running.look(at: second)
        try await eventually("the second is told") {
          running.report(second)?.faults
            == ["ConfigMap", "Service", "Deployment"].map {
              "\($0) shop/\(second) is in the way: it belongs to Gateway shop/a.b; rename one of the two Gateways."
            }
        }
        #expect(await bed.object(.deployment, second) == before)
        #expect(running.report(second)?.addresses == [])

        try await bed.server.delete("gateways", group: "gateway.networking.k8s.io", namespace: "shop", name: "a.b")
        bed.set(.ignore, of: "a.b")
        try await eventually("the second takes their place") { running.report(second)?.faults == [] }
        #expect(await bed.isThere(DeployerBed.always, second))
      }
    }
  }

  @Test("a Gateway that is made again waits for what is left of the one before, and takes its place")
  func remade() async throws {
    try await withDeployed(Manifests.text()) { bed, running in
      try await bed.apply(.deployment, ["metadata": ["finalizers": ["example.com/hold"]]])
      try await bed.server.delete("gateways", group: "gateway.networking.k8s.io", namespace: "shop", name: "web")
      let old = try #require(await bed.object(.deployment))
      try await bed.addRendered("web", Manifests.text())
      await running.look(at: "web")
      try await eventually("it is told") {
        running.report()?.faults == [
          "Deployment shop/web belongs to an earlier Gateway of this name, and is awaited to go with it; if it stays, "
            + "delete it."
        ]
      }
      #expect(await bed.isThere([.serviceAccount, .configMap, .service]))
      #expect(await bed.object(.deployment)?[["metadata", "uid"]] == old[["metadata", "uid"]])

      try await bed.apply(.deployment, ["metadata": [:]])
      try await eventually("the Deployment is the new Gateway's") {
        await bed.object(.deployment)?[["metadata", "ownerReferences"]]?.arrayValue?.first?["uid"]?.stringValue
          == bed.identity().uid
      }
      try await eventually("and that is told") { running.report()?.faults == [] }
    }
  }
}

extension DeployerBed {
  /// Makes a Gateway that is to run on what the renderer makes of it.
  fileprivate func addRendered(_ name: String, _ manifests: String) async throws {
    try await addGateway(name)
    try render(name, manifests)
  }

  /// Has a Gateway run on what the renderer makes of it now.
  fileprivate func render(_ name: String, _ manifests: String) throws {
    var inputs = try Manifests(manifests).inputs
    inputs.gateway.metadata.uid = identity(name).uid
    set(DeploymentIntent(inputs, settings: Manifests.standardSettings), of: name)
  }

  /// Those of the Service, in their order.
  fileprivate var ports: [Int] {
    get async {
      let ports = await object(.service)?[["spec", "ports"]]?.arrayValue ?? []
      return ports.compactMap { if case .integer(let port)? = $0["port"] { Int(port) } else { nil } }.sorted()
    }
  }

  /// The names of the container's, as it is stored.
  fileprivate var variables: [String] {
    get async {
      let container = await object(.deployment)?[["spec", "template", "spec", "containers"]]?.arrayValue?.first
      return (container?["env"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
    }
  }
}
