import APIServerDouble
import RealComponents
import Synchronization
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
          let id = try #require(kgateway.process.id)
          let anonymous = Mutex(0)
          try await eventually("all have their configuration", within: .seconds(120)) {
            let now = try ProcessTable.anonymousMemory(of: id)
            anonymous.withLock { $0 = max($0, now) }
            return try await kgateway.metric("kgateway_xds_resources", ["type": "listener"]) >= 1001
          }
          let peak = try ProcessTable.peakMemory(of: id)
          let own = max(anonymous.withLock(\.self), try ProcessTable.anonymousMemory(of: id))
          print("1,000 Gateways: at most \(peak >> 20) MiB of memory, \(own >> 20) MiB of them its own")
          #expect(peak < 192 << 20, "\(peak) bytes")
        }
      }
    }
  }
}
