import APIServerDouble
import RealComponents
import Testing

extension EndToEnd {
  /// Two replicas, of which one writes.
  @Suite("kgateway run: two replicas")
  struct LeaderElection {
    @Test("one of two writes; when it is killed the other goes on writing, and keeps its proxies")
    func killed() async throws {
      try await Backend.with { backend in
        let port = try LoopbackPorts.free()
        let objects = Objects.application(listenerPort: port, backendPort: backend.port)
        try await Replicas.withRunning(objects) { replicas in
          let (leader, follower) = try await replicas.leaderAndFollower()
          try await KubernetesProxy.withRunning(controlPlane: follower) { _ in
            try await eventually("the follower serves a proxy", within: .seconds(60)) {
              try await HTTPConnection.get(port: port, "/").status == 200
            }
            try await replicas.changeRoute("before")
            #expect(try await follower.statusWrites == 0)

            try leader.process.send(.kill)
            try await replicas.changeRoute("after", within: .seconds(15))
            #expect(try await follower.metric("kgateway_leader") == 1)
            #expect(try await follower.metric("kgateway_connected_proxies") == 1)
            #expect(try await HTTPConnection.get(port: port, "/").status == 200)
            #expect(await replicas.writers == [leader, follower].map(replicas.address))
          }
        }
      }
    }

    @Test("a leader that is stopped, and goes on when another leads, writes nothing any more")
    func frozen() async throws {
      try await Replicas.withRunning { replicas in
        let (leader, follower) = try await replicas.leaderAndFollower()
        try await replicas.changeRoute("before")
        var writes: Double?
        // What it has to say besides may follow the route by a moment.
        try await eventually("the leader has nothing more to write", within: .seconds(30), every: .milliseconds(300)) {
          let before = writes
          writes = Double(try await leader.statusWrites)
          return try await leader.metric("kgateway_status_writes_pending") == 0 && writes == before
        }

        try leader.process.send(.suspend)
        // The one that is stopped has this before it when it goes on.
        try await replicas.changeRoute("meanwhile", within: .seconds(15))
        await replicas.cluster.apiServer.forgetRequests()
        try leader.process.send(.resume)
        try await leader.process.errorOutput.line("it has noticed", within: .seconds(30)) {
          $0.contains("leads no more")
        }
        try await replicas.changeRoute("after")
        try await eventually("it follows", within: .seconds(30)) {
          leader.logLines("this replica serves proxies").count == 1
        }
        #expect(Double(try await leader.statusWrites) == writes)
        #expect(try await leader.metric("kgateway_leader") == 0)
        #expect(try await follower.metric("kgateway_leader") == 1)
        #expect(try await leader.readiness().status == 200)
        let bodies = await replicas.cluster.statusWrites.map { String(decoding: $0.body, as: UTF8.self) }
        #expect(!bodies.contains { $0.contains("\"meanwhile\"") }, "\(bodies)")
        #expect(await replicas.writers == [replicas.address(of: follower)])
      }
    }

    @Test("two that are stopped in turn: what waits for one when it goes on is the other's to write")
    func frozenInTurn() async throws {
      try await Replicas.withRunning { replicas in
        let (leader, follower) = try await replicas.leaderAndFollower()
        try await replicas.changeRoute("before")
        try leader.process.send(.suspend)
        try await replicas.changeRoute("meanwhile", within: .seconds(15))
        try follower.process.send(.suspend)
        try await replicas.cluster.put([Objects.route("late", path: "/late")])
        try leader.process.send(.resume)
        try await leader.process.errorOutput.line("it has noticed", within: .seconds(30)) {
          $0.contains("leads no more")
        }

        // The other does not renew, so the first leads again.
        try await eventually("the first goes on writing", within: .seconds(15)) {
          await replicas.cluster.route("late")?.ownConditions["Accepted"]?.status == "True"
        }
        try follower.process.send(.resume)
        try await follower.process.errorOutput.line("it has noticed", within: .seconds(30)) {
          $0.contains("leads no more")
        }
        try await replicas.changeRoute("after")
        #expect(try await leader.metric("kgateway_leader") == 1)
        #expect(try await follower.metric("kgateway_leader") == 0)
        #expect(await replicas.writers == [leader, follower, leader].map(replicas.address))
        // As the API server saw it: when it is asked, the first may lead, and write, again already.
        #expect(await replicas.cluster.apiServer.requests.writesOutOfTurn == [])
      }
    }

    @Test("a leader whose renewals get no answer stops before the other begins")
    func cutOff() async throws {
      try await Replicas.withRunning { replicas in
        let (leader, follower) = try await replicas.leaderAndFollower()
        let identity = try #require(await replicas.lease()?[["spec", "holderIdentity"]]?.stringValue)
        let renewals = RequestFilter {
          $0.method == "PUT" && $0.path.contains("/leases/")
            && String(decoding: $0.body, as: UTF8.self).contains(identity)
        }
        await replicas.cluster.apiServer.inject(.stall, into: renewals, times: 1_000)
        try await eventually("the other leads", within: .seconds(15), every: .milliseconds(20)) {
          let (otherLeads, stillLeads) = (
            try await follower.metric("kgateway_leader"), try await leader.metric("kgateway_leader")
          )
          // The one is asked after the other: where both say yes, both led at once.
          #expect(otherLeads + stillLeads < 2)
          return otherLeads == 1
        }
        let writes = try await leader.statusWrites
        try await replicas.changeRoute("after")
        #expect(try await leader.statusWrites == writes)
        #expect(leader.logLines("leads no more, and writes nothing until it does again").count == 1)
        #expect(await replicas.writers == [leader, follower].map(replicas.address))
      }
    }

    @Test("SIGTERM releases the Lease, and the other leads at once")
    func terminated() async throws {
      // So long that nobody waits it out here.
      let durations = Replicas.durations(lease: "600s", deadline: "400s", period: "500ms")
      try await Replicas.withRunning(arguments: durations) { replicas in
        let (leader, follower) = try await replicas.leaderAndFollower()
        let before = try #require(await replicas.lease())
        #expect(before[["spec", "leaseDurationSeconds"]] == 600)
        #expect(before[["spec", "leaseTransitions"]] == 0)
        try leader.process.send(.terminate)
        #expect(try await leader.process.waitForExit(within: .seconds(30)) == .exited(0))
        try await replicas.changeRoute("after", within: .seconds(15))
        #expect(try await follower.metric("kgateway_leader") == 1)
        let after = try #require(await replicas.lease())
        #expect(after[["spec", "holderIdentity"]] != before[["spec", "holderIdentity"]])
        #expect(after[["spec", "leaseTransitions"]] == 1)
        let released = await replicas.cluster.apiServer.requests.contains {
          $0.method == "PUT" && String(decoding: $0.body, as: UTF8.self).contains(#""holderIdentity":"""#)
        }
        #expect(released)
        #expect(await replicas.writers == [leader, follower].map(replicas.address))
      }
    }

    @Test("without an API server nobody leads, both serve on, and one leads when it is back")
    func noServer() async throws {
      try await Replicas.withRunning(isSecure: false) { replicas in
        let (leader, _) = try await replicas.leaderAndFollower()
        await replicas.cluster.apiServer.goAway()
        try await eventually("nobody leads", within: .seconds(30)) {
          try await leader.metric("kgateway_leader") == 0
        }
        for replica in [replicas.first, replicas.second] { #expect(try await replica.readiness().status == 200) }
        try await replicas.cluster.apiServer.comeBack()
        try await replicas.changeRoute("after", within: .seconds(60))
        #expect(await replicas.writers.count <= 2)
        let leaders =
          try await replicas.first.metric("kgateway_leader") + replicas.second.metric("kgateway_leader")
        #expect(leaders == 1)
      }
    }

    @Test("an account that may not use Leases is told once what it needs; the replica serves all the same")
    func forbidden() async throws {
      try await KubernetesCluster.withRunning { cluster in
        try await cluster.put(Objects.application(listenerPort: 8080, backendPort: 9))
        await cluster.apiServer.inject(.status(code: 403, reason: "Forbidden"), into: .path("/leases"), times: 5)
        try await KubernetesOperator.withReady(cluster, Replicas.durations(period: "100ms")) { kgateway in
          try await eventually("it leads when it may", within: .seconds(30)) {
            try await kgateway.metric("kgateway_leader") == 1
          }
          #expect(kgateway.logLines("and get, create and update on leases in it").count == 1)
          try await eventually("the status is written", within: .seconds(30)) {
            await cluster.gateway()?.conditions["Accepted"]?.status == "True"
          }
        }
      }
    }

    @Test("a replica that is alone needs no Lease")
    func alone() async throws {
      try await KubernetesCluster.withRunning { cluster in
        try await cluster.put(Objects.application(listenerPort: 8080, backendPort: 9))
        try await KubernetesOperator.withReady(cluster, ["--no-leader-election"]) { kgateway in
          try await eventually("the status is written", within: .seconds(30)) {
            await cluster.gateway()?.conditions["Accepted"]?.status == "True"
          }
          #expect(try await kgateway.metric("kgateway_leader") == 1)
          #expect(await !cluster.apiServer.requests.contains { $0.path.contains("/leases") })
        }
      }
    }

    @Test(
      "durations that do not go together are refused with the reason",
      arguments: [
        ("--leader-election-lease-duration", "1500ms", "expected whole seconds"),
        ("--leader-election-lease-duration", "5s", "--leader-election-renew-deadline 8s: must be shorter"),
        ("--leader-election-renew-deadline", "2s", "--leader-election-retry-period 2s: must be clearly shorter"),
        ("--leader-election-retry-period", "fast", "'fast' is invalid"),
        ("--leader-election-namespace", "", "expected the name of a namespace"),
      ])
    func refusedSettings(flag: String, value: String, problem: String) async throws {
      let result = try await runCommand(BuiltProduct.path("kgateway"), ["run", flag, value])
      #expect(result.status == .exited(64))
      #expect(result.errorOutput.contains(problem), "\(result.errorOutput)")
    }
  }
}
