import APIServerDouble
import RealComponents
import Testing

extension EndToEnd {
  @Suite("when a name takes seconds to be looked up")
  struct SlowLookup {
    @Test("the operator answers all the while, syncs when the name is there, and ends at once when it is asked to")
    func slowAPIServer() async throws {
      let library = try BuiltProduct.path("libodd-system.so")
      try await KubernetesCluster.withRunning(isSecure: false) { cluster in
        try await cluster.put(Objects.application(listenerPort: 8080, backendPort: 9))
        let kubeconfig = cluster.folder.path("slow")
        let text = await cluster.apiServer.kubeconfig()
        #expect(text.contains("127.0.0.1"))
        try cluster.folder.write(text.replacing("127.0.0.1", with: "api.slow.test"), to: "slow")
        try await KubernetesOperator.withRunning(
          kubeconfig: kubeconfig,
          environment: ["LD_PRELOAD": library, "ODD_SLOW_HOST": "api.slow.test", "ODD_LOOKUP_SECONDS": "3"]
        ) { kgateway in
          try await eventually("it answers", within: EndToEnd.patience) { try await kgateway.readiness().status == 503 }
          // While the first lookups are under way.
          var slowest = Duration.zero
          for _ in 0..<20 {
            let start = ContinuousClock.now
            _ = try await kgateway.readiness()
            slowest = max(slowest, .now - start)
          }
          #expect(Sanitizer.isOn || slowest < .seconds(2), "\(slowest)")
          try await kgateway.waitUntilReady(within: .seconds(60))
          try await eventually("the Gateway has a status", within: .seconds(60)) {
            await cluster.gateway()?.conditions["Accepted"]?.status == "True"
          }
          try kgateway.process.send(.terminate)
          #expect(try await kgateway.process.waitForExit() == .exited(0))
        }
      }
    }
  }
}
