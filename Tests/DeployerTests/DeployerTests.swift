import APIServerDouble
import Deployer
import KubernetesAPI
import KubernetesClient
import PrometheusMetrics
import RealComponents
import Testing
import Translator

@Suite("The deployer, against an API server", .timeLimit(.minutes(2)))
struct DeployerTests {
  /// A bed with one Gateway that is deployed.
  private func withDeployed(
    _ wish: Documents.Wish = .init(), _ body: (DeployerBed, RunningDeployer) async throws -> Void
  ) async throws {
    try await DeployerBed.withRunning { bed in
      try await bed.addGateway("web", wish)
      try await RunningDeployer.withRunning(in: bed) { running in
        try await eventually("the Gateway is deployed") { await bed.isThere(DeployerBed.always) }
        try await bed.settle()
        await bed.server.forgetRequests()
        try await body(bed, running)
      }
    }
  }

  // MARK: What is asked for

  @Test("a Gateway gets its objects in the order in which they need each other, as its own, and its address is told")
  func deploys() async throws {
    try await DeployerBed.withRunning { bed in
      try await bed.addGateway("web", .init(isAutoscaled: true))
      try await RunningDeployer.withRunning(in: bed) { running in
        try await eventually("all are there") { await bed.isThere(DeployerBed.always + [.horizontalPodAutoscaler]) }
        try await bed.settle()
        let writes = await bed.requests.filter { !$0.hasPrefix("GET") }
        #expect(
          writes == [
            "PATCH serviceaccounts/web", "PATCH configmaps/web", "PATCH services/web", "PATCH deployments/web",
            "PATCH horizontalpodautoscalers/web",
          ])
        let deployment = try #require(await bed.object(.deployment))
        let owner = deployment[["metadata", "ownerReferences"]]?.arrayValue?.first
        #expect(owner?["uid"]?.stringValue == bed.identity().uid)
        #expect(owner?["controller"] == true)
        let address = try #require(await bed.object(.service)?[["spec", "clusterIP"]]?.stringValue)
        #expect(running.report() == DeploymentReport(addresses: [.ip(address)]))
        #expect(running.metrics.deployerWrites[.success].value == 5)
      }
    }
  }

  @Test("a changed wish is applied to what differs, and a field that it does not have any more goes")
  func changes() async throws {
    try await withDeployed { bed, running in
      bed.want(.init(image: "envoy:2", variables: ["B"]))
      await running.look(at: "web")
      try await eventually("the image is the new one") { await bed.container?["image"] == "envoy:2" }
      try await bed.settle()
      #expect(await bed.container?["env"] == [["name": "B", "value": "B"]])
      #expect(await bed.requests == ["PATCH deployments/web"])
    }
  }

  @Test("what is not asked for any more is deleted, and nothing else")
  func removes() async throws {
    try await withDeployed(.init(replicas: nil, isAutoscaled: true)) { bed, running in
      bed.want(.init(replicas: nil))
      await running.look(at: "web")
      try await eventually("the autoscaler is gone") { await bed.object(.horizontalPodAutoscaler) == nil }
      try await bed.settle()
      #expect(await bed.requests == ["DELETE horizontalpodautoscalers/web"])
      #expect(await bed.isThere(DeployerBed.always))
    }
  }

  @Test("a Gateway that went to another controller leaves nothing behind")
  func withdraws() async throws {
    try await withDeployed { bed, running in
      bed.set(.withdraw(bed.identity()))
      await running.look(at: "web")
      try await eventually("all are gone") {
        for kind in DeployerBed.always where await bed.object(kind) != nil { return false }
        return true
      }
      #expect(await bed.requests.count == 4)
    }
  }

  @Test("what cannot be told changes nothing, and the address stays")
  func keeps() async throws {
    try await withDeployed { bed, running in
      let refusal = DeploymentReport.Refusal(
        reason: "InvalidParameters",
        problem: Problem(
          object: ObjectReference(kind: .gateway, id: NamespacedName(namespace: "shop", name: "web")), path: "spec",
          message: "no"))
      bed.set(.keep(bed.identity(), [refusal]))
      await running.look(at: "web")
      try await eventually("it is told") { running.report()?.refusals == [refusal] }
      #expect(running.report()?.addresses.count == 1)
      try await bed.settle()
      #expect(await bed.requests.isEmpty)
    }
  }

  @Test("an autoscaler takes over the number of pods as it is")
  func handsOver() async throws {
    try await withDeployed(.init(replicas: 3)) { bed, running in
      bed.want(.init(replicas: nil, isAutoscaled: true))
      await running.look(at: "web")
      try await eventually("the autoscaler is there") { await bed.object(.horizontalPodAutoscaler) != nil }
      try await bed.settle()
      #expect(await bed.object(.deployment)?[["spec", "replicas"]] == 3)
      try await bed.apply(.deployment, ["spec": ["replicas": 7]], as: "autoscaler")
      try await bed.settle()
      #expect(await bed.object(.deployment)?[["spec", "replicas"]] == 7)
    }
  }

  // MARK: Nothing to do

  @Test("nothing is asked or written while nothing changes that is the deployer's")
  func idle() async throws {
    try await withDeployed { bed, running in
      for count in 1...3 as ClosedRange<Int64> {
        try await bed.setStatus(availableReplicas: count)
        await running.look(at: "web")
      }
      await bed.server.dropWatches()
      try await bed.settle()
      #expect(await bed.requests == Array(repeating: "PATCH web/status", count: 3), "those of the test itself")
    }
  }

  @Test(
    "what others add is left alone",
    arguments: [
      #"{"metadata": {"labels": {"team": "a"}, "annotations": {"note": "b"}}}"#,
      #"{"spec": {"minReadySeconds": 5}}"#,
      #"{"spec": {"template": {"metadata": {"annotations": {"restartedAt": "now"}}}}}"#,
      #"{"spec": {"template": {"spec": {"containers": [{"name": "sidecar", "image": "s"}]}}}}"#,
      #"{"spec": {"template": {"spec": {"containers": [{"name": "envoy", "env": [{"name": "Z", "value": "z"}]}]}}}}"#,
      #"{"spec": {"replicas": 9}}"#,
    ])
  func foreignFields(document: String) async throws {
    try await withDeployed(.init(replicas: nil)) { bed, _ in
      let document = try #require(JSONValue(json: document))
      try await bed.apply(.deployment, document)
      try await bed.settle()
      let after = await bed.object(.deployment)
      #expect(await bed.requests == ["PATCH deployments/web"], "that of the test itself")
      try await bed.apply(.deployment, document)
      #expect(await bed.object(.deployment) == after, "it is as the test made it")
    }
  }

  @Test("a deployer that is started anew writes nothing, also where the API server wrote a value in another way")
  func restart() async throws {
    try await DeployerBed.withRunning { bed in
      try await bed.addGateway("web", .init(cpu: "2000m", isAutoscaled: true))
      try await RunningDeployer.withRunning(in: bed) { _ in
        try await eventually("it is deployed") { await bed.object(.horizontalPodAutoscaler) != nil }
        try await bed.settle()
      }
      #expect(await bed.container?[["resources", "limits", "cpu"]] == "2")
      await bed.server.forgetRequests()
      try await RunningDeployer.withRunning(in: bed) { running in
        try await eventually("it has looked") { running.report() != nil }
        try await bed.settle()
        #expect(await bed.requests.isEmpty)
        #expect(running.report()?.addresses.count == 1)
      }
    }
  }

  @Test("a replica that begins to lead writes nothing that is there, and one that does not lead nothing at all")
  func leaderChange() async throws {
    try await withDeployed { bed, _ in
      let leadership = Leadership.elected
      try await RunningDeployer.withRunning(in: bed, leadership: leadership) { follower in
        await follower.look(at: "web")
        try await bed.settle()
        #expect(follower.report() == nil)
        leadership.set(until: .now + .seconds(60))
        await follower.deployer.beginTerm(with: bed.gateways)
        try await eventually("it has looked") { follower.report() != nil }
        try await bed.settle()
        #expect(await bed.requests.isEmpty)
      }
    }
  }

  // MARK: Others' edits

  @Test("what somebody edits is put back")
  func putsBack() async throws {
    try await withDeployed { bed, _ in
      try await bed.apply(
        .deployment, ["spec": ["template": ["spec": ["containers": [["name": "envoy", "image": "other:9"]]]]]])
      try await eventually("the image is ours again") { await bed.container?["image"] == "envoy:1" }
      try await bed.apply(.deployment, ["metadata": ["labels": ["app.kubernetes.io/managed-by": "somebody"]]])
      try await eventually("the label is ours again") {
        await bed.object(.deployment)?[["metadata", "labels", "app.kubernetes.io/managed-by"]] == "kgateway"
      }
      try await bed.server.delete("services", group: "", namespace: "shop", name: "web")
      try await eventually("the Service is there again") { await bed.object(.service) != nil }
    }
  }

  @Test("somebody who changes an object again and again is told of, and not fought without end")
  func contended() async throws {
    try await withDeployed { bed, running in
      let edit: JSONValue = ["spec": ["template": ["spec": ["containers": [["name": "envoy", "image": "other:9"]]]]]]
      for _ in 1...5 {
        try await bed.apply(.deployment, edit)
        try await eventually("the image is ours again") { await bed.container?["image"] == "envoy:1" }
      }
      try await bed.settle()
      await bed.server.forgetRequests()
      try await bed.apply(.deployment, edit)
      try await eventually("it is told") {
        running.report()?.faults.first?.contains("is changed by somebody as often as it is put back") == true
      }
      try await bed.settle()
      #expect(await bed.requests == ["PATCH deployments/web"], "that of the test itself")
      bed.want(.init(image: "envoy:2"))
      await running.look(at: "web")
      try await eventually("a new wish is applied all the same") { await bed.container?["image"] == "envoy:2" }
    }
  }

  @Test("an object that the Gateway does not own is never touched, and is told; when it is gone its place is taken")
  func inTheWay() async throws {
    try await DeployerBed.withRunning { bed in
      let foreign: JSONValue = [
        "apiVersion": "v1", "kind": "Service", "metadata": ["name": "web", "namespace": "shop"],
        "spec": ["ports": [["port": 99]]],
      ]
      let before = try await bed.server.put(foreign)
      try await bed.addGateway()
      try await RunningDeployer.withRunning(in: bed) { running in
        try await eventually("it is told") {
          running.report()?.faults == [
            "Service shop/web is in the way: it does not belong to this Gateway; rename or delete it."
          ]
        }
        try await eventually("the others are there") { await bed.object(.deployment) != nil }
        #expect(await bed.object(.service) == before)
        #expect(running.report()?.addresses.isEmpty == true)
        try await bed.server.delete("services", group: "", namespace: "shop", name: "web")
        try await eventually("its place is taken") {
          await bed.object(.service)?[["metadata", "ownerReferences"]] != nil
        }
        try await eventually("and that is told") { running.report()?.faults.isEmpty == true }
      }
    }
  }

  @Test("what the API server refuses is told with its words, and harms no other Gateway")
  func refused() async throws {
    try await DeployerBed.withRunning { bed in
      try await bed.addGateway("web")
      try await bed.addGateway("other")
      await bed.server.inject(
        .status(code: 403, reason: "Forbidden"), into: .path("deployments/web").and(.writes), times: 5)
      try await RunningDeployer.withRunning(in: bed) { running in
        let fault = try await eventuallyValue("it is told") { running.report("web")?.faults.first }
        #expect(fault.hasPrefix("The API server refuses to apply Deployment shop/web: "))
        let advice = "the operator's role must allow get, list, watch, create, patch and delete of deployments"
        #expect(fault.contains(advice))
        try await eventually("the other is there") { await bed.isThere(DeployerBed.always, "other") }
        try await eventually("of the other nothing is told") { running.report("other")?.faults == [] }
        try await eventually("it is tried again") { await bed.isThere(DeployerBed.always, "web") }
        try await eventually("and that is told") { running.report("web")?.faults == [] }
        #expect(running.metrics.deployerWrites[.refused].value == 5)
      }
    }
  }

  @Test("the objects of a Gateway go with it, and one that takes its name gets its own")
  func deleted() async throws {
    try await withDeployed { bed, running in
      let old = bed.identity().uid
      try await bed.server.delete("gateways", group: "gateway.networking.k8s.io", namespace: "shop", name: "web")
      bed.set(.ignore)
      #expect(await bed.object(.deployment) == nil)
      try await bed.addGateway()
      await running.look(at: "web")
      try await eventually("they are there again") { await bed.isThere(DeployerBed.always) }
      let owner = await bed.object(.deployment)?[["metadata", "ownerReferences"]]?.arrayValue?.first?["uid"]?
        .stringValue
      #expect(owner == bed.identity().uid)
      #expect(owner != old)
    }
  }

  @Test("a Service of the type LoadBalancer has the addresses of its load balancer, once it has them")
  func loadBalancer() async throws {
    try await withDeployed(.init(serviceType: "LoadBalancer")) { bed, running in
      #expect(running.report()?.addresses == [])
      #expect(
        running.report()?.awaited.contains("Service shop/web of the type LoadBalancer has no address yet") == true)
      let status: JSONValue = [
        "apiVersion": "v1", "kind": "Service", "metadata": ["name": "web", "namespace": "shop"],
        "status": ["loadBalancer": ["ingress": [["ip": "192.0.2.7"], ["hostname": "lb.example.com"]]]],
      ]
      try await bed.client.applyStatus(
        ManagedKind.service.resource, DeployerBed.id("web"), object: Array(status.jsonText.utf8), manager: "cloud")
      try await eventually("they are told") {
        running.report()?.addresses == [.ip("192.0.2.7"), .hostname("lb.example.com")]
      }
    }
  }

  @Test("a hundred Gateways at once take one read and one write for each object")
  func hundred() async throws {
    try await DeployerBed.withRunning { bed in
      for number in 1...100 { try await bed.addGateway("gateway-\(number)") }
      let start = ContinuousClock.now
      try await RunningDeployer.withRunning(in: bed) { _ in
        try await eventually("all are there", within: .seconds(60)) {
          for number in 1...100 where await bed.object(.deployment, "gateway-\(number)") == nil { return false }
          return true
        }
        print("100 Gateways: \(ContinuousClock.now - start)")
        try await bed.settle()
        let requests = await bed.requests
        #expect(requests.count { $0.hasPrefix("GET") } == 400)
        #expect(requests.count { $0.hasPrefix("PATCH") } == 400)
        #expect(requests.count == 800)
      }
    }
  }
}

extension DeployerBed {
  /// The container of the Gateway's Deployment as it is stored.
  fileprivate var container: JSONValue? {
    get async {
      let containers = await object(.deployment)?[["spec", "template", "spec", "containers"]]?.arrayValue
      return containers?.first { $0["name"] == "envoy" }
    }
  }
}
