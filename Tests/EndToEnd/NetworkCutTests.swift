import APIServerDouble
import NetworkLink
import RealComponents
import Testing

extension EndToEnd {
  /// Two replicas, of which the one that leads loses the API server.
  @Suite("kgateway run: the network of the leader is cut", .timeLimit(.minutes(2)))
  struct NetworkCut {
    @Test(
      "it stops before the other begins, both serve their proxies all the while, and it catches up",
      arguments: NetworkLink.Cut.allCases)
    func cut(_ cut: NetworkLink.Cut) async throws {
      try await Bed.withRunning { bed in
        let (leader, follower) = (bed.leader, bed.follower)
        let link = bed.replicas.link(of: leader)
        await link.cut(cut)
        let start = ContinuousClock.now
        try await bed.putRoutes("after")
        try await bed.replicas.cluster.put([Objects.accessLog("bad", ["path": "%REK(:PATH)%"])])
        try await eventually("the other leads", within: .seconds(15), every: .milliseconds(20)) {
          let (otherLeads, stillLeads) = (
            try await follower.metric("kgateway_leader"), try await leader.metric("kgateway_leader")
          )
          // The one is asked after the other: where both say yes, both led at once.
          #expect(otherLeads + stillLeads < 2)
          for replica in [leader, follower] { #expect(try await replica.metric("kgateway_connected_proxies") == 1) }
          return otherLeads == 1
        }
        try await bed.replicas.expectStatus(ofRoute: "after")
        try await eventually("the refusal is told by an Event") {
          await bed.replicas.cluster.apiServer.requests.contains { $0.method == "POST" && $0.path.hasSuffix("/events") }
        }
        #expect(Sanitizer.isOn || start.duration(to: .now) < .seconds(15))

        #expect(leader.logLines("leads no more, and writes nothing until it does again").count == 1)
        // One that cannot reach the API server serves what it knows; it would be no better if nobody came to it.
        #expect(try await leader.readiness().status == 200)
        try await bed.waitForAnswer("/after", ofProxyOf: follower)
        let hearsOfChanges = cut == .requestsLost
        #expect(try await bed.get("/after", ofProxyOf: leader) == (hearsOfChanges ? 200 : 404))

        try await link.restore()
        try await bed.waitForAnswer("/after", ofProxyOf: leader)
        try await eventually("it follows", within: .seconds(30)) {
          leader.logLines("this replica serves proxies").count == 1
        }
        try await bed.putRoutes("late")
        for replica in [leader, follower] {
          try await bed.waitForAnswer("/late", ofProxyOf: replica)
          #expect(try await replica.metric("kgateway_connected_proxies") == 1)
        }
        try await bed.replicas.expectStatus(ofRoute: "late")
        #expect(await bed.replicas.writers == [leader, follower].map(bed.replicas.address))
      }
    }

    @Test("a leader that is cut off while it deploys 100 Gateways leaves the rest to the next, which makes none twice")
    func deploying() async throws {
      try await Replicas.withRunning([Objects.gatewayClass()]) { replicas in
        let (leader, follower) = try await replicas.leaderAndFollower()
        let apiServer = replicas.cluster.apiServer
        try await replicas.cluster.put((0..<100).map { Objects.gateway("gateway-\($0)", port: 8080) })
        func created() async -> [RecordedRequest] {
          await apiServer.requests.filter { $0.method == "PATCH" && $0.status == 201 }
        }
        try await eventually("it is in the middle of it", within: .seconds(30), every: .milliseconds(1)) {
          await created().count > 100
        }
        // What it has asked for is done, and it does not hear of that.
        await replicas.link(of: leader).cut(.answersLost)
        try await eventually("all are deployed", within: .seconds(30)) {
          for plural in KubernetesCluster.deployedKinds {
            let group = plural == "deployments" ? "apps" : ""
            let objects = await apiServer.objects(plural, group: group)
            guard objects.count(where: { $0[["metadata", "name"]]?.stringValue?.hasPrefix("gateway-") == true }) == 100
            else { return false }
          }
          return true
        }
        let first = await created().count { $0.client == replicas.address(of: leader) }
        #expect((100..<400).contains(first))
        try await replicas.link(of: leader).restore()
        try await eventually("it follows", within: .seconds(30)) {
          leader.logLines("this replica serves proxies").count == 1
        }
        try await replicas.cluster.settle()
        let paths = await created().map(\.path)
        #expect(paths.count == 400)
        #expect(Set(paths).count == 400)
        let writes = await apiServer.requests.leadersWrites.filter {
          $0.client == replicas.address(of: follower) && !$0.path.hasSuffix("/status")
            && !$0.path.hasSuffix("/gatewayclasses")
        }
        // What the one had made is not written again.
        let made = Set(await created().filter { $0.client == replicas.address(of: leader) }.map(\.path))
        #expect(writes.map(\.path).filter(made.contains) == [])
        // Its own writes the other repeats only where a connection ended under them. The double's HTTP/2 ends one for 200
        // resets within 30 s (NIOHTTP2's guard against rapid resets), and says that nothing under way was carried out;
        // libcurl resets a stream whose answer is whole before the server has said its end, as the double's often are. So
        // it is at most what the deployer has under way, four writes, for each 200 requests.
        let requests = await apiServer.requests.count {
          $0.client == replicas.address(of: follower) && $0.method != "GET"
        }
        #expect(writes.count - Set(writes.map(\.path)).count <= 4 * (requests / 200))
        #expect(await replicas.writers == [leader, follower].map(replicas.address))
      }
    }

    @Test("a replica that leads again looks at everything, also where its GatewayClasses cannot be created")
    func secondTerm() async throws {
      try await KubernetesCluster.withRunning { cluster in
        try await cluster.put(Objects.application(listenerPort: 8080, backendPort: 9))
        let broken = Failure.status(code: 500, reason: "InternalError")
        let creation = RequestFilter { $0.method == "POST" && $0.path.hasSuffix("/gatewayclasses") }
        await cluster.apiServer.inject(broken, into: creation, times: 10_000)
        func requests(_ filter: (RecordedRequest) -> Bool) async -> Int {
          await cluster.apiServer.requests.count(where: filter)
        }
        try await KubernetesOperator.withReady(cluster, Replicas.durations()) { kgateway in
          // The next try is so far off that a whole change of leaders happens before it.
          try await eventually("it has tried three times", within: .seconds(30)) {
            await requests { $0.method == "POST" && $0.path.hasSuffix("/gatewayclasses") } == 3
          }
          await cluster.apiServer.inject(broken, into: .path("/leases"), times: 1_000)
          try await kgateway.process.errorOutput.line("it has noticed", within: .seconds(30)) {
            $0.contains("leads no more")
          }
          try await cluster.put([Objects.route("meanwhile", path: "/meanwhile")])
          let tries = await requests { $0.path.contains("/leases") }
          try await eventually("it has seen the route, and does not lead") {
            await requests { $0.path.contains("/leases") } == tries + 3
          }
          await cluster.apiServer.endFailures()
          await cluster.apiServer.inject(broken, into: creation, times: 10_000)
          try await eventually("it writes again", within: .seconds(15)) {
            await cluster.route("meanwhile")?.ownConditions["Accepted"]?.status == "True"
          }
        }
      }
    }

    @Test("the record of requests shows a write of one that does not hold the Lease")
    func outOfTurn() async throws {
      try await KubernetesCluster.withRunning(isSecure: false) { cluster in
        let url = await cluster.apiServer.url
        func post(_ object: JSONValue, to path: String, from address: String) async throws {
          try await outputOfCommand(
            "curl",
            [
              "-sS", "--fail", "--interface", address, "-A", "kgateway/test", "-H",
              "Authorization: Bearer administrator",
              "-H", "Content-Type: application/json", "--data", object.jsonText, url + path,
            ])
        }
        let lease: JSONValue = [
          "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": ["name": "kgateway"],
          "spec": ["holderIdentity": "one", "leaseDurationSeconds": 12],
        ]
        let leases = "/apis/coordination.k8s.io/v1/namespaces/\(Objects.namespace)/leases"
        try await post(lease, to: leases, from: "127.0.0.11")
        let classes = "/apis/gateway.networking.k8s.io/v1/gatewayclasses"
        try await post(Objects.gatewayClass("a"), to: classes, from: "127.0.0.11")
        #expect(await cluster.apiServer.requests.writesOutOfTurn == [])
        try await post(Objects.gatewayClass("b"), to: classes, from: "127.0.0.12")
        #expect(
          await cluster.apiServer.requests.writesOutOfTurn == ["127.0.0.12 instead of 127.0.0.11: POST \(classes)"])
        #expect(await cluster.apiServer.requests.writers == ["127.0.0.11", "127.0.0.12"])
      }
    }

    @Test("the Lease and Events name the pod")
    func identity() async throws {
      try await Replicas.withRunning { replicas in
        let (leader, _) = try await replicas.leaderAndFollower()
        let pod = leader.process === replicas.first.process ? "kgateway-0" : "kgateway-1"
        let holder = await replicas.lease()?[["spec", "holderIdentity"]]?.stringValue ?? ""
        #expect(holder.wholeMatch(of: /(kgateway-[01])_[a-z0-9]{5}/)?.output.1 == Substring(pod))
        try await replicas.cluster.put([Objects.accessLog("bad", ["path": "%REK(:PATH)%"])])
        let event = try await eventuallyValue("the refusal is told by an Event", within: .seconds(30)) {
          await replicas.cluster.apiServer.requests.first { $0.method == "POST" && $0.path.hasSuffix("/events") }
        }
        #expect(JSONValue(json: event.body)?["reportingInstance"]?.stringValue == pod)
      }
    }
  }
}

extension EndToEnd.NetworkCut {
  /// Two replicas with a proxy each, of a Gateway of its own, under load.
  struct Bed {
    let replicas: Replicas
    let leader: KubernetesOperator
    let follower: KubernetesOperator
    /// Where the proxies listen that the leader and the follower serve.
    private let ports: [Int]

    static func withRunning(_ body: (Bed) async throws -> Void) async throws {
      try await Backend.with { backend in
        let ports = try LoopbackPorts.free(2)
        var objects = Objects.application(listenerPort: ports[0], backendPort: backend.port, path: "/load")
        objects += [
          Objects.gateway("second", port: ports[1]), Objects.route("load-second", path: "/load", gateway: "second"),
        ]
        try await Replicas.withRunning(objects) { replicas in
          let (leader, follower) = try await replicas.leaderAndFollower()
          let bed = Bed(replicas: replicas, leader: leader, follower: follower, ports: ports)
          try await KubernetesProxy.withRunning(controlPlane: leader) { _ in
            try await KubernetesProxy.withRunning(
              of: "\(Objects.namespace)/second", controlPlane: follower
            ) { _ in
              for replica in [leader, follower] { try await bed.waitForAnswer("/load", ofProxyOf: replica) }
              try await bed.underLoad(body)
            }
          }
        }
      }
    }

    private func underLoad(_ body: (Bed) async throws -> Void) async throws {
      try await RequestLoad.run(onPort: ports[0]) { first in
        try await RequestLoad.run(onPort: ports[1]) { second in
          try await body(self)
          for load in [first, second] {
            #expect(load.answers > 0)
            #expect(load.failures.isEmpty, "\(load.failures.prefix(5))")
          }
        }
      }
    }

    /// Adds a route to each Gateway.
    func putRoutes(_ name: String) async throws {
      try await replicas.cluster.put([
        Objects.route(name, path: "/\(name)"), Objects.route("\(name)-second", path: "/\(name)", gateway: "second"),
      ])
    }

    func get(_ path: String, ofProxyOf replica: KubernetesOperator) async throws -> Int {
      try await HTTPConnection.get(port: ports[replica.process === leader.process ? 0 : 1], path).status
    }

    func waitForAnswer(_ path: String, ofProxyOf replica: KubernetesOperator) async throws {
      try await eventually("GET \(path) is answered", within: .seconds(60)) {
        try await get(path, ofProxyOf: replica) == 200
      }
    }
  }
}
