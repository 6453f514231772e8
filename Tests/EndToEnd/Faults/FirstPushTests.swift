import APIServerDouble
import RealComponents
import ScriptedADSClient
import Testing

extension EndToEnd {
  /// What a proxy gets of an operator that does not know everything yet.
  @Suite("kgateway run: the first push", .timeLimit(.minutes(1)))
  struct FirstPush {
    private static let service = "cluster~\(Objects.namespace)~demo-backend~8080"

    @Test(
      "nothing is pushed before every kind is known, and then everything at once",
      arguments: ["httproutes", "services", "endpointslices", "httplistenerpolicies"])
    func waits(for plural: String) async throws {
      try await KubernetesCluster.withRunning { cluster in
        try await cluster.put(Objects.application(listenerPort: 8080, backendPort: 9, path: "/load"))
        try await cluster.put([Objects.accessLog("lines", ["path": "%REQ(:PATH)%"])])
        let late = RequestFilter { $0.path.hasSuffix("/\(plural)") }
        await cluster.apiServer.inject(.stall, into: late, times: 10_000)
        try await KubernetesOperator.withRunning(kubeconfig: cluster.kubeconfig, ["--no-deployer"]) { kgateway in
          try await eventually("all other kinds are known", within: .seconds(30)) {
            let awaited = try await kgateway.readiness().text.split(separator: "\n")
            return awaited.count == 1 && awaited[0].contains("first sync of ")
          }
          let standing = SnapshotWatch.Standing(
            names: [
              ADSTypeURL.listener: ["listener~8080"], ADSTypeURL.cluster: [Self.service],
              ADSTypeURL.endpoint: [Self.service],
            ], paths: ["/load"])
          try await SnapshotWatch.run(
            of: "\(Objects.namespace)/\(Objects.gatewayName)", standing: standing, port: kgateway.xdsPort
          ) { watch in
            try await eventually("the proxy is connected", within: .seconds(10)) {
              try await kgateway.metric("kgateway_connected_proxies") == 1
            }
            // It is served by a change of what is known already, if by anything.
            try await cluster.put([Objects.service("other"), Objects.gateway("other", port: 8081)])
            try await eventually("the change is known", within: .seconds(10)) {
              try await kgateway.adminPage("/objects").contains { $0.hasPrefix("Gateway \(Objects.namespace)/other ") }
            }
            #expect(watch.responses == 0)
            #expect(try await kgateway.adminPage("/snapshots") == [])

            await cluster.apiServer.endFailures()
            await cluster.apiServer.dropConnections()
            try await eventually("everything has come", within: .seconds(30)) { watch.isWhole }
            // A response for each type: nothing had to be mended.
            #expect(watch.responses == ADSTypeURL.all.count)
            #expect(watch.violations == [])
          }
        }
      }
    }
  }
}
