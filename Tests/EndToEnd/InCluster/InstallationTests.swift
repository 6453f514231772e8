import APIServerDouble
import KubeletDouble
import RealComponents
import Testing

extension EndToEnd {
  /// From nothing to traffic, as a new user goes.
  @Suite("in a cluster: from helm install to traffic", .timeLimit(.minutes(5)))
  struct FromNothing {
    @Test("a Gateway that is applied gets its Envoy, which takes traffic, and the guide's policies hold")
    func traffic() async throws {
      try await Backend.with { backend in
        try await Installation.withRunning { installation in
          try await installation.applyApplication(backendPort: backend.port)
          for file in Examples.policies { try await installation.cluster.apply(Examples.text(file)) }

          let proxy = try #require(try await installation.waitForProxies().first)
          try await installation.waitUntilProgrammed()
          try await installation.withService { port in
            try await eventually("the proxy answers", within: .seconds(30)) {
              try await HTTPConnection.get(port: port, "/first").status == 200
            }
          }
          try await proxy.process?.output.line("the access log has the request", within: .seconds(30)) {
            $0.contains(#""path":"/first""#)
          }

          let gateway = try #require(await installation.cluster.gateway())
          #expect(gateway[["status", "addresses"]]?.arrayValue?.first?["value"] == "127.0.0.1")
          #expect(gateway.conditions(ofListener: "http")["Programmed"]?.status == "True")
          for policy in ["access-logging", "otel-access-logging", "tracing"] {
            try await eventually("the policy \(policy) is accepted", within: .seconds(30)) {
              await installation.cluster.policy(policy)?.ownConditions["Accepted"]?.status == "True"
            }
          }
          // With its token, over TLS, which is all that the operator takes by default.
          #expect(try await installation.metric("kgateway_xds_auth_total", #"result="accepted""#) > 0)
          #expect(try await installation.metric("kgateway_connected_proxies") == 1)
          try await eventually("the replica that does not lead reports to the one that does", within: .seconds(30)) {
            try await installation.metric("kgateway_replica_reports_total", #"result="received""#) > 0
          }
        }
      }
    }

    @Test("the chart permits what the operator does, and nothing else")
    func permissions() async throws {
      try await Backend.with { backend in
        try await Installation.withRunning { installation in
          let cluster = installation.cluster
          try await installation.applyApplication(
            backendPort: backend.port, parameters: "scaled",
            [Self.parameters, Objects.accessLog("lines", ["path": "%REK(:PATH)%"])])
          try await installation.waitForProxies()
          try await installation.waitUntilProgrammed()
          try await eventually("the refusal of the policy is told by an Event", within: .seconds(60)) {
            await cluster.apiServer.requests.contains { $0.method == "POST" && $0.path.hasSuffix("/events") }
          }
          try await Self.spoilSecret(of: installation)
          try await eventually("the Lease is renewed", within: .seconds(30)) {
            await cluster.apiServer.requests.contains { $0.method == "PUT" && $0.path.contains("/leases/") }
          }
          // Neither autoscaler nor disruption budget any more; then nothing at all.
          try await cluster.kubectl([
            "patch", "gatewayparameters", "scaled", "-n", Objects.namespace, "--type", "json", "-p",
            #"[{"op": "remove", "path": "/spec/autoscaling"}, {"op": "remove", "path": "/spec/podDisruptionBudget"}]"#,
          ])
          try await eventually("autoscaler and budget are gone", within: .seconds(60)) {
            let scalers = await cluster.apiServer.objects("horizontalpodautoscalers", group: "autoscaling")
            let budgets = await cluster.apiServer.objects("poddisruptionbudgets", group: "policy")
            return scalers.isEmpty && budgets.count == 1
          }
          try await cluster.put([Objects.gatewayClass("other", controllerName: "example.com/other")])
          try await cluster.kubectl([
            "patch", "gateway", Objects.gatewayName, "-n", Objects.namespace, "--type", "merge", "-p",
            #"{"spec": {"gatewayClassName": "other"}}"#,
          ])
          try await eventually("the Gateway's objects are gone", within: .seconds(60)) {
            await cluster.apiServer.objects("deployments", group: "apps").count == 1
          }

          let kinds = "clusterroles,clusterrolebindings,roles,rolebindings"
          let list = try await cluster.kubectl(["get", kinds, "-n", Objects.namespace, "-o", "json"])
          let use = RBACUse(
            JSONValue(json: list)?["items"]?.arrayValue ?? [], of: "\(Objects.namespace)/\(Installation.name)",
            requests: await cluster.apiServer.requests, from: "kgateway/")
          #expect(use.missing == [])
          #expect(use.unused == [])
        }
      }
    }

    /// Has the leader make the xDS certificate anew, whose first try meets somebody else's write.
    private static func spoilSecret(of installation: Installation) async throws {
      let apiServer = installation.cluster.apiServer
      func secret() async -> JSONValue? {
        await apiServer.object("secrets", group: "", namespace: Objects.namespace, name: "kgateway-xds")
      }
      var spoilt = try #require(await secret())
      spoilt[["data", "tls.crt"]] = "bm9uc2Vuc2U="
      let writes = RequestFilter { $0.method == "PUT" && $0.path.hasSuffix("/secrets/kgateway-xds") }
      await apiServer.inject(.status(code: 409, reason: "Conflict"), into: writes)
      try await apiServer.put(spoilt)
      try await eventually("the leader has mended the Secret", within: .seconds(60)) {
        await secret()?[["data", "tls.crt"]] != "bm9uc2Vuc2U="
      }
    }

    private static let parameters: JSONValue = [
      "apiVersion": "gateway.kgateway.dev/v1alpha1", "kind": "GatewayParameters",
      "metadata": ["name": "scaled", "namespace": .string(Objects.namespace)],
      "spec": [
        "autoscaling": ["minReplicas": 1, "maxReplicas": 2, "targetCPUUtilizationPercentage": 50],
        "podDisruptionBudget": ["maxUnavailable": 1],
      ],
    ]
  }
}
