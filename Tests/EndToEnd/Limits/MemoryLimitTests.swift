import APIServerDouble
import RealComponents
import Testing

extension EndToEnd {
  @Suite("what memory 1,000 Gateways take", .disabled(if: Sanitizer.isOn, "\(Sanitizer.reason)"))
  struct MemoryLimit {
    /// Measured, not enforced: Swift reserves more addresses than it uses, so `ulimit -v` says nothing, and a cgroup needs
    /// a machine that gives one away. Of a debug build, which takes more than what is released.
    @Test("the operator's memory is bounded by what it holds")
    func thousandGateways() async throws {
      try await KubernetesCluster.withRunning { cluster in
        try await cluster.put(Objects.application(listenerPort: 8080, backendPort: 9))
        try await cluster.put((0..<1000).map { Objects.gateway("gateway-\($0)", port: 8080) })
        try await KubernetesOperator.withReady(cluster, ["--no-deployer"]) { kgateway in
          try await eventually("all have their configuration", within: .seconds(120)) {
            try await kgateway.metric("kgateway_xds_resources", ["type": "listener"]) >= 1001
          }
          let peak = try ProcessTable.peakMemory(of: try #require(kgateway.process.id))
          print("1,000 Gateways: at most \(peak >> 20) MiB of memory")
          #expect(peak < 192 << 20, "\(peak) bytes")
        }
      }
    }
  }
}
