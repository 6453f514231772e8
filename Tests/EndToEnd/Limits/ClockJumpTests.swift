import APIServerDouble
import Foundation
import RealComponents
import Testing

extension EndToEnd {
  @Suite("when the wall clock jumps")
  struct ClockJump {
    @Test("the operator goes on leading, watching and writing", arguments: [400 * 86_400, -400 * 86_400])
    func jump(seconds: Int64) async throws {
      let library = try BuiltProduct.path("libodd-system.so")
      // In the clear: a certificate that has ended by such a clock would rightly be refused.
      try await KubernetesCluster.withRunning(isSecure: false) { cluster in
        let clock = cluster.folder.path("clock")
        try Self.set(clock, ahead: 0)
        try await cluster.put(Objects.application(listenerPort: 8080, backendPort: 9))
        try await KubernetesOperator.withReady(
          cluster, environment: ["LD_PRELOAD": library, "ODD_CLOCK_FILE": clock]
        ) { kgateway in
          try await eventually("it leads", within: EndToEnd.patience) {
            try await kgateway.metric("kgateway_leader") == 1
          }
          try await Self.change("before", cluster)
          try Self.set(clock, ahead: seconds)
          try await Self.change("after", cluster)
          // Two renewals of the Lease later it still leads; by the other clock each came a year too late, or too soon.
          let transitions = await Self.leaseRenewal(cluster)
          try await eventually("the Lease is renewed twice", within: EndToEnd.patience) {
            await Self.leaseRenewal(cluster) != transitions
          }
          #expect(try await kgateway.metric("kgateway_leader") == 1)
          #expect(kgateway.logLines("leads no more").isEmpty)
          #expect(try await kgateway.readiness().status == 200)
          try Self.set(clock, ahead: 0)
          try await Self.change("back", cluster)
          #expect(try await kgateway.metric("kgateway_leader") == 1)
          #expect(kgateway.process.errorOutput.lines.filter { $0.contains(" error ") } == [])
        }
      }
    }

    private static func set(_ path: String, ahead seconds: Int64) throws {
      let bytes = withUnsafeBytes(of: seconds) { Data($0) }
      guard FileManager.default.fileExists(atPath: path) else { return try bytes.write(to: URL(filePath: path)) }
      // In place: the process has the file mapped.
      let file = try FileHandle(forWritingTo: URL(filePath: path))
      try file.write(contentsOf: bytes)
      try file.close()
    }

    /// Puts a policy that is wrong in a way of its own, and waits for its status.
    private static func change(_ name: String, _ cluster: KubernetesCluster) async throws {
      try await cluster.put([Objects.accessLog(name, ["path": "%REQ(:PATH)%"])])
      try await eventually("the policy \(name) has a status", within: EndToEnd.patience) {
        await cluster.policy(name)?.ownConditions["Accepted"]?.status == "True"
      }
    }

    private static func leaseRenewal(_ cluster: KubernetesCluster) async -> Int {
      await cluster.apiServer.requests.filter { $0.method == "PUT" && $0.path.contains("/leases/") }.count / 2
    }
  }
}
