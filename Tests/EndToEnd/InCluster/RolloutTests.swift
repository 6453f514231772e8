import APIServerDouble
import KubeletDouble
import RealComponents
import Testing

extension EndToEnd {
  /// New pods in place of old ones, under load.
  @Suite("in a cluster: rollouts", .timeLimit(.minutes(5)))
  struct Rollouts {
    @Test("a rollout of the proxies loses no request: the new one is ready first, the old one drains")
    func proxies() async throws {
      try await Backend.with { backend in
        try await Installation.withRunning { installation in
          try await installation.applyApplication(
            backendPort: backend.port, parameters: "quick", [Self.parameters(logLevel: "warning")])
          let old = try await installation.waitForProxies()
          try await installation.waitUntilProgrammed()
          try await installation.withService { port in
            try await eventually("the proxy answers", within: .seconds(30)) {
              try await HTTPConnection.get(port: port, "/").status == 200
            }
            try await RequestLoad.run(onPort: port) { load in
              try await eventually("requests are answered", within: .seconds(30)) { load.answers > 100 }
              try await installation.cluster.apply(Self.parameters(logLevel: "error").jsonText)
              try await installation.waitForProxies(otherThan: old)
              try await eventually("the old proxy has gone", within: .seconds(60)) {
                await installation.kubelet.pods(of: Objects.gatewayName, in: Objects.namespace).count == 1
              }
              let answers = load.answers
              try await eventually("more requests are answered", within: .seconds(30)) { load.answers > answers + 100 }
              #expect(load.failures.isEmpty, "\(load.failures.prefix(5))")
            }
          }
          #expect(installation.hooks.results(of: Objects.gatewayName) == [.exited(0)])
        }
      }
    }

    @Test("a rollout of the operator moves all streams; nothing is sent again, Envoy reloads nothing, no request fails")
    func operators() async throws {
      try await Backend.with { backend in
        try await Installation.withRunning { installation in
          try await installation.applyApplication(backendPort: backend.port)
          let proxy = try #require(try await installation.waitForProxies().first)
          try await installation.waitUntilProgrammed()
          try await installation.withService { port in
            try await eventually("the proxy answers", within: .seconds(30)) {
              try await HTTPConnection.get(port: port, "/").status == 200
            }
            let old = await installation.operators
            let before = try await proxy.updates()
            #expect(!before.isEmpty)
            let attempts = try await proxy.attempts()
            try await MovingStreams.withRunning(20, in: installation) { streams in
              try await RequestLoad.run(onPort: port) { load in
                try await installation.upgrade(["--set", "podAnnotations.rollout=second"])
                try await installation.waitForOperator(otherThan: old)
                try await eventually("the old replicas have gone", within: .seconds(60)) {
                  await installation.kubelet.pods(of: Installation.name, in: Objects.namespace).count == 2
                }
                try await eventually("new replicas serve all", within: .seconds(60)) {
                  try await installation.metric("kgateway_connected_proxies") == 21
                }
                #expect(load.failures.isEmpty, "\(load.failures.prefix(5))")
              }
              #expect(try await proxy.updates() == before)
              // One more for each stream that ended, which is no update.
              let later = try await proxy.attempts()
              #expect(later.failures > attempts.failures)
              #expect(later.attempts - attempts.attempts == later.failures - attempts.failures)
              for stream in streams {
                #expect(stream.moves >= 1)
                #expect(stream.sentAgain == [])
              }
              // What comes next still reaches them.
              try await installation.cluster.apply(Objects.route("late", path: "/late").jsonText)
              try await eventually("the next change reaches all", within: .seconds(60)) {
                guard try await proxy.updates() != before else { return false }
                return streams.allSatisfy { !$0.sentAgain.isEmpty }
              }
              #expect(streams.allSatisfy { $0.sentAgain.allSatisfy { $0.hasPrefix("route") } })
            }
          }
          #expect(await installation.cluster.apiServer.requests.writesOutOfTurn == [])
          #expect(proxy.restarts == 0)
        }
      }
    }

    @Test("a replica that is killed takes no traffic with it, and what it did is done by the other")
    func killed() async throws {
      try await Backend.with { backend in
        try await Installation.withRunning { installation in
          try await installation.applyApplication(backendPort: backend.port)
          let proxy = try #require(try await installation.waitForProxies().first)
          try await installation.waitUntilProgrammed()
          try await installation.withService { port in
            try await eventually("the proxy answers", within: .seconds(30)) {
              try await HTTPConnection.get(port: port, "/").status == 200
            }
            let before = try await proxy.updates()
            try await RequestLoad.run(onPort: port) { load in
              for pod in await installation.operators where try await pod.sample("kgateway_leader", port: 9092) == 1 {
                try pod.process?.send(.kill)
              }
              try await installation.cluster.apply(Objects.route("late", path: "/late").jsonText)
              try await eventually("the other writes the next status", within: .seconds(30)) {
                await installation.cluster.route("late")?.ownConditions["Accepted"]?.status == "True"
              }
              try await eventually("the change reaches the proxy", within: .seconds(30)) {
                try await proxy.updates() != before
              }
              #expect(load.failures.isEmpty, "\(load.failures.prefix(5))")
            }
          }
          let requests = await installation.cluster.apiServer.requests
          #expect(requests.writesOutOfTurn == [])
          // The one that was killed is started anew at its address, and may be the next.
          #expect(Set(requests.writers).isSubset(of: await installation.operators.map(\.address)))
        }
      }
    }

    /// Proxies with a short drain.
    private static func parameters(logLevel: String) -> JSONValue {
      [
        "apiVersion": "gateway.kgateway.dev/v1alpha1", "kind": "GatewayParameters",
        "metadata": ["name": "quick", "namespace": .string(Objects.namespace)],
        "spec": ["drainDuration": "3s", "logLevel": .string(logLevel)],
      ]
    }
  }
}

extension Pod {
  /// How often Envoy took something over from the control plane, by the name of its counter.
  func updates() async throws -> [String: Double] {
    let ends = ["_update_success", "_listener_modified", "_listener_added", "_cluster_modified", "_cluster_added"]
    var counts: [String: Double] = [:]
    for line in try await page("/metrics", port: 9091).split(separator: "\n") {
      let name = String(line.prefix { $0 != "{" && $0 != " " })
      guard ends.contains(where: name.hasSuffix), !line.contains(#""kgateway""#) else { continue }
      counts[name, default: 0] += Double(line.split(separator: " ").last ?? "") ?? 0
    }
    return counts
  }

  /// How often Envoy counted a try to take over listeners, and how often its stream failed.
  func attempts() async throws -> (attempts: Double, failures: Double) {
    let name = "envoy_listener_manager_lds_update_"
    return (try await sample("\(name)attempt", port: 9091), try await sample("\(name)failure", port: 9091))
  }
}
