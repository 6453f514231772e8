import APIServerDouble
import RealComponents
import Testing

extension EndToEnd {
  @Suite("metrics of a listener that changes")
  struct ChangedListener {
    /// As it is called without the extension of a proxy's bootstrap that takes Envoy's prefix away.
    private static let requests = "envoy_wasmcustom_agentgateway_http_requests_total"

    /// Those that were answered with 404, as none is once the listener has changed.
    private func missed(_ traffic: KubernetesTraffic) async throws -> Double {
      try await ProxyMetrics.of(adminPort: traffic.proxy.adminPort).sum(Self.requests, ["status": "404"])
    }

    @Test("keep the counts of what came before, when the old listener is gone, drained and all")
    func goesOn() async throws {
      try await KubernetesTraffic.withRunning(proxyArguments: ["--drain-time-s", "1"]) { traffic in
        for _ in 0..<20 { _ = try await traffic.get("/status/404") }
        #expect(try await missed(traffic) == 20)

        try await traffic.cluster.apply(Objects.accessLog("lines", ["path": "%REQ(:PATH)%"]).jsonText)
        try await eventually("the proxy logs", within: .seconds(60)) {
          _ = try await traffic.get("/changed")
          return traffic.proxy.process.output.lines.contains { $0.contains("/changed") }
        }
        try await eventually("the old listener is gone", within: .seconds(30)) {
          let stats = try await HTTPConnection.get(
            port: traffic.proxy.adminPort, "/stats?filter=listener_manager.*draining"
          ).body.split(separator: "\n")
          return !stats.isEmpty && stats.allSatisfy { $0.hasSuffix(": 0") }
        }
        #expect(try await missed(traffic) == 20)
      }
    }
  }
}
