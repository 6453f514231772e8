import APIServerDouble
import RealComponents
import Testing

extension EndToEnd {
  /// What the operator puts into the cluster for a Gateway to run on.
  @Suite("kgateway run: proxies in the cluster")
  struct KubernetesDeployer {
    private static let name = Objects.gatewayName

    private func withDeployed(
      _ body: (KubernetesCluster, KubernetesOperator) async throws -> Void
    ) async throws {
      try await KubernetesCluster.withRunning { cluster in
        try await cluster.put(Objects.application(listenerPort: 8080, backendPort: 9))
        try await KubernetesOperator.withReady(cluster) { kgateway in
          try await cluster.waitUntilDeployed()
          try await body(cluster, kgateway)
        }
      }
    }

    @Test("kubectl apply of a Gateway brings its objects, an address, and a status that waits for a proxy")
    func applied() async throws {
      try await KubernetesCluster.withRunning { cluster in
        try await KubernetesOperator.withReady(cluster) { _ in
          try await cluster.apply([Objects.gatewayClass(), Objects.gateway(port: 8080)].documents)
          try await cluster.waitUntilDeployed()
          try await eventually("the status waits for the address", within: .seconds(30)) {
            await cluster.gateway()?.conditions["Programmed"]?.reason == "AddressNotAssigned"
          }
          try await cluster.assignAddress()
          let gateway = try await eventuallyValue("the status has the address", within: .seconds(30)) {
            await cluster.gateway().flatMap { $0[["status", "addresses"]] == nil ? nil : $0 }
          }
          #expect(gateway[["status", "addresses"]] == [["type": "IPAddress", "value": "192.0.2.7"]])
          let service = try await cluster.get("service", Self.name)
          let programmed = try #require(gateway.conditions["Programmed"])
          #expect((programmed.status, programmed.reason) == ("False", "Pending"))
          let labels = service[["metadata", "labels"]]
          #expect(labels?["app.kubernetes.io/managed-by"] == "kgateway")
          #expect(labels?["gateway.networking.k8s.io/gateway-name"]?.stringValue == Self.name)
        }
      }
    }

    @Test("a Gateway whose proxy has taken its listeners is programmed, and stays it without the proxy")
    func programmed() async throws {
      try await Backend.with { backend in
        let port = try LoopbackPorts.free()
        try await KubernetesCluster.withRunning { cluster in
          try await cluster.put(Objects.application(listenerPort: port, backendPort: backend.port))
          try await KubernetesOperator.withReady(cluster) { kgateway in
            try await cluster.waitUntilDeployed()
            try await cluster.assignAddress()
            try await KubernetesProxy.withRunning(controlPlane: kgateway) { _ in
              try await eventually("it is programmed", within: .seconds(60)) {
                await cluster.gateway()?.conditions["Programmed"]?.status == "True"
              }
            }
            try await eventually("the proxy is gone", within: .seconds(30)) {
              try await kgateway.metric("kgateway_connected_proxies") == 0
            }
            try await cluster.put([Objects.accessLog("lines", ["path": "%REQ(:PATH)%"])])
            try await eventually("the policy is accepted", within: .seconds(60)) {
              await cluster.policy("lines")?.ownConditions["Accepted"] != nil
            }
            let gateway = try #require(await cluster.gateway())
            #expect(gateway.conditions["Programmed"]?.status == "True")
            #expect(gateway.conditions(ofListener: "http")["Programmed"]?.status == "True")
          }
        }
      }
    }

    @Test("nothing is written while other things happen, nor by an operator that is started anew")
    func idle() async throws {
      try await KubernetesCluster.withRunning { cluster in
        try await cluster.put(Objects.application(listenerPort: 8080, backendPort: 9))
        try await KubernetesOperator.withReady(cluster) { _ in
          try await cluster.waitUntilDeployed()
          try await cluster.settle()
          await cluster.apiServer.forgetRequests()
          try await cluster.put([
            Objects.route("other", path: "/other"), Objects.endpoints(port: 10),
            Objects.accessLog("lines", ["path": "%REQ(:PATH)%"]),
          ])
          try await cluster.apply(
            #"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine", "labels":"#
              + #" {"app.kubernetes.io/managed-by": "kgateway"}}}"#)
          try await eventually("the policy is accepted", within: .seconds(60)) {
            await cluster.policy("lines")?.ownConditions["Accepted"] != nil
          }
          try await cluster.settle()
          #expect(await cluster.deployerRequests == [])
        }
        await cluster.apiServer.forgetRequests()
        try await KubernetesOperator.withReady(cluster) { kgateway in
          try await eventually("it leads", within: .seconds(30)) { try await kgateway.metric("kgateway_leader") == 1 }
          try await cluster.settle()
          #expect(await cluster.deployerRequests == [])
          #expect(await cluster.statusWrites.map(\.path) == [])
          #expect(try await kgateway.metric("kgateway_deployer_writes_total") == 0)
        }
      }
    }

    @Test("an image that somebody sets is put back, a label and an annotation that somebody adds stay")
    func edits() async throws {
      try await withDeployed { cluster, _ in
        let image = try #require(await cluster.image)
        try await cluster.kubectl(
          ["set", "image", "deployment/\(Self.name)", "envoy=example.com/other:9", "-n", Objects.namespace])
        try await eventually("the image is ours again", within: .seconds(30)) { await cluster.image == image }
        try await cluster.kubectl(["label", "deployment", Self.name, "team=a", "-n", Objects.namespace])
        try await cluster.kubectl(["annotate", "deployment", Self.name, "note=b", "-n", Objects.namespace])
        try await cluster.kubectl(["delete", "service", Self.name, "-n", Objects.namespace])
        try await eventually("the Service is there again", within: .seconds(30)) {
          await cluster.deployed("services") != nil
        }
        try await cluster.settle()
        let metadata = await cluster.deployed("deployments")?["metadata"]
        #expect(metadata?[["labels", "team"]] == "a")
        #expect(metadata?[["annotations", "note"]] == "b")
      }
    }

    @Test("a Service of the same name is left alone, and the Gateway says that it is in the way")
    func inTheWay() async throws {
      try await KubernetesCluster.withRunning { cluster in
        let before = try await cluster.apiServer.put(Objects.service(Self.name))
        try await cluster.put([Objects.gatewayClass(), Objects.gateway(port: 8080)])
        try await KubernetesOperator.withReady(cluster) { kgateway in
          let condition = try await eventuallyValue("it is said", within: .seconds(30)) {
            await cluster.gateway()?.conditions["Programmed"].flatMap { $0.reason == "NoResources" ? $0 : nil }
          }
          #expect(
            condition.message
              == "Service \(Objects.namespace)/\(Self.name) is in the way: it does not belong to this Gateway; rename or"
              + " delete it.")
          #expect(await cluster.deployed("services") == before)
          #expect(kgateway.logLines("is in the way").count == 1)
          try await cluster.kubectl(["delete", "service", Self.name, "-n", Objects.namespace])
          try await eventually("it is mended", within: .seconds(60)) {
            await cluster.gateway()?.conditions["Programmed"]?.reason == "AddressNotAssigned"
          }
        }
      }
    }

    @Test("what an account may not do is said with the API server's words and the role that it needs")
    func forbidden() async throws {
      try await KubernetesCluster.withRunning { cluster in
        try await cluster.put([Objects.gatewayClass(), Objects.gateway(port: 8080)])
        await cluster.apiServer.inject(
          .status(code: 403, reason: "Forbidden"), into: .path("/deployments/").and(.writes), times: 3)
        try await KubernetesOperator.withReady(cluster) { _ in
          let condition = try await eventuallyValue("it is said", within: .seconds(30)) {
            await cluster.gateway()?.conditions["Programmed"].flatMap { $0.reason == "NoResources" ? $0 : nil }
          }
          #expect(condition.message.contains("the operator's role must allow"), "\(condition.message)")
          try await eventually("it is tried again", within: .seconds(60)) {
            await cluster.gateway()?.conditions["Programmed"]?.reason == "AddressNotAssigned"
          }
        }
      }
    }

    @Test("what a Gateway runs on goes with it, and when its class goes to another controller")
    func gone() async throws {
      try await withDeployed { cluster, _ in
        try await cluster.kubectl(["delete", "gateway", Self.name, "-n", Objects.namespace])
        for plural in KubernetesCluster.deployedKinds { #expect(await cluster.deployed(plural) == nil) }
        try await cluster.put([Objects.gateway(port: 8080)])
        try await cluster.waitUntilDeployed()
        try await cluster.put([Objects.gatewayClass("theirs", controllerName: "example.com/other")])
        try await cluster.put([Objects.gateway(port: 8080, className: "theirs")])
        try await eventually("all is gone", within: .seconds(30)) {
          for plural in KubernetesCluster.deployedKinds where await cluster.deployed(plural) != nil { return false }
          return true
        }
        #expect(await cluster.gateway() != nil)
      }
    }

    @Test("a new leader writes nothing that is there, and goes on where the old one was")
    func leaderChange() async throws {
      try await Replicas.withRunning { replicas in
        let (leader, follower) = try await replicas.leaderAndFollower()
        try await replicas.cluster.waitUntilDeployed()
        try await replicas.cluster.settle()
        await replicas.cluster.apiServer.forgetRequests()
        try leader.process.send(.kill)
        try await eventually("the other leads", within: .seconds(30)) {
          try await follower.metric("kgateway_leader") == 1
        }
        try await replicas.cluster.settle()
        #expect(await replicas.cluster.deployerRequests == [])
        try await replicas.cluster.kubectl(["delete", "service", Self.name, "-n", Objects.namespace])
        try await eventually("the Service is there again", within: .seconds(30)) {
          await replicas.cluster.deployed("services") != nil
        }
      }
    }

    @Test("without the deployer nothing is made, watched or asked for, and the Gateway has no address")
    func off() async throws {
      try await KubernetesCluster.withRunning { cluster in
        try await cluster.put([Objects.gatewayClass(), Objects.gateway(port: 8080)])
        try await KubernetesOperator.withReady(cluster, ["--no-deployer"]) { _ in
          try await eventually("it waits for a proxy", within: .seconds(30)) {
            await cluster.gateway()?.conditions["Programmed"]?.reason == "Pending"
          }
          let paths = await cluster.apiServer.requests.map(\.path)
          #expect(!paths.contains { $0.contains("/deployments") || $0.contains("/configmaps") })
          #expect(await cluster.gateway()?[["status", "addresses"]] == nil)
        }
      }
    }
  }
}

extension KubernetesCluster {
  static let deployedKinds = ["serviceaccounts", "configmaps", "services", "deployments"]

  /// An object of the Gateway's deployment as it is stored.
  func deployed(_ plural: String) async -> JSONValue? {
    await apiServer.object(
      plural, group: plural == "deployments" ? "apps" : "", namespace: Objects.namespace, name: Objects.gatewayName)
  }

  /// The image of the proxies.
  var image: JSONValue? {
    get async {
      let containers = await deployed("deployments")?[["spec", "template", "spec", "containers"]]?.arrayValue
      return containers?.first { $0["name"] == "envoy" }?["image"]
    }
  }

  func waitUntilDeployed() async throws {
    try await eventually("the Gateway is deployed", within: .seconds(60)) {
      for plural in Self.deployedKinds where await deployed(plural) == nil { return false }
      return true
    }
  }

  /// As a cloud's load balancer does for a Service.
  func assignAddress() async throws {
    try await kubectl([
      "patch", "service", Objects.gatewayName, "-n", Objects.namespace, "--subresource=status", "--type=merge", "-p",
      #"{"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}}}"#,
    ])
  }

  /// Waits until no request came for a while, but for those of the Lease.
  func settle() async throws {
    var count = -1
    while true {
      let now = await apiServer.requests.count { !$0.path.contains("/leases") }
      if now == count { return }
      count = now
      try await Task.sleep(for: .milliseconds(700))
    }
  }

  /// What was asked of the API server about single objects of deployments.
  var deployerRequests: [String] {
    get async {
      await apiServer.requests.filter { request in
        request.userAgent.hasPrefix("kgateway") && !request.path.hasSuffix("/status")
          && Self.deployedKinds.contains { request.path.contains("/\($0)/") }
      }.map { "\($0.method) \($0.path)" }
    }
  }
}
