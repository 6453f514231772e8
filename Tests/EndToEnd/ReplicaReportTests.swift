import APIServerDouble
import FoundationEssentials
import RealComponents
import Testing

extension EndToEnd {
  /// Two replicas, and a real Envoy that is connected to the one that does not lead.
  @Suite("kgateway run: proxies of a replica that does not lead")
  struct ReplicaReports {
    /// Well-formed, and of a function that Envoy does not have.
    private static let unknownMessage = "%CEL(google.protobuf.Nosuch{})%"

    private static func lines(_ format: String) -> JSONValue {
      Objects.accessLog("lines", ["path": "%REQ(:PATH)%", "value": .string(format)])
    }

    private func programmed(_ replicas: Replicas) async -> StoredCondition? {
      await replicas.cluster.policy("lines")?.ownConditions["Programmed"]
    }

    @Test("what they refuse is in the policy's status until it is mended, and stays there when the leader is killed")
    func refusal() async throws {
      try await Self.withProxyOfFollower { replicas, leader, follower, port in
        try await replicas.cluster.apply(Self.lines(Self.unknownMessage).jsonText)
        let condition = try await eventuallyValue("the policy is told", within: .seconds(30)) {
          await programmed(replicas)
        }
        #expect(condition.status == "False")
        #expect(condition.reason == "ProxyRejected")
        for part in ["spec.accessLog[0].fileSink.jsonFormat.value: ", "Nosuch", "refused by 1 of 1 connected proxies"] {
          #expect(condition.message.contains(part), "\(part) in \(condition.message)")
        }
        try await eventually("the Gateway's listener is told", within: .seconds(30)) {
          let listener = await replicas.cluster.gateway()?.conditions(ofListener: "http")
          return listener?["Programmed"]?.reason == "ProxyRejected"
        }
        #expect(try await follower.metric("kgateway_xds_nacks_total") == 1)
        #expect(try await leader.metric("kgateway_xds_nacks_total") == 0)

        try await replicas.cluster.apply(Self.lines("%PROTOCOL%").jsonText)
        try await eventually("the refusal is taken back", within: .seconds(30)) { await programmed(replicas) == nil }
        try await replicas.cluster.apply(Self.lines(Self.unknownMessage).jsonText)
        try await eventually("it is refused again", within: .seconds(30)) { await programmed(replicas) != nil }
        try await eventually("the Gateway's listener is told again", within: .seconds(30)) {
          let listener = await replicas.cluster.gateway()?.conditions(ofListener: "http")
          return listener?["Programmed"]?.reason == "ProxyRejected"
        }
        #expect(try await follower.statusWrites == 0)
        #expect(try await follower.metric("kgateway_replica_reports_total", ["result": "failed"]) == 0)

        await replicas.cluster.apiServer.forgetRequests()
        try leader.process.send(.kill)
        try await replicas.changeRoute("after", within: .seconds(15))
        #expect(await programmed(replicas)?.message.contains("refused by 1 of 1 connected proxies") == true)
        for write in await replicas.cluster.statusWrites where !write.path.contains("/httproutes/") {
          let body = String(decoding: write.body, as: UTF8.self)
          #expect(write.path.contains("/gatewayclasses/") || body.contains("ProxyRejected"), "\(write.path): \(body)")
        }
        #expect(try await HTTPConnection.get(port: port, "/").status == 200)
      }
    }

    @Test("a field that was never right is left out, and the policy is told")
    func neverRight() async throws {
      try await Self.withProxyOfFollower([Self.lines(Self.unknownMessage)]) { replicas, _, follower, _ in
        let condition = try await eventuallyValue("the policy is told", within: .seconds(30)) {
          await programmed(replicas).flatMap { $0.message.contains("in use without it") ? $0 : nil }
        }
        #expect(condition.message.contains("spec.accessLog[0].fileSink.jsonFormat.value: "), "\(condition.message)")
        #expect(try await follower.statusWrites == 0)
        try await replicas.cluster.apply(Self.lines("%PROTOCOL%").jsonText)
        try await eventually("the refusal is taken back", within: .seconds(30)) { await programmed(replicas) == nil }
      }
    }

    @Test("statuses that say that all is well go on saying so when the leader is killed")
    func nothingFlaps() async throws {
      try await Self.withProxyOfFollower([Self.lines("%PROTOCOL%")]) { replicas, leader, follower, _ in
        try await eventually("the Gateway is programmed", within: .seconds(30)) {
          await replicas.cluster.gateway()?.conditions["Programmed"]?.status == "True"
        }
        let before = await (replicas.cluster.gateway()?["status"], replicas.cluster.policy("lines")?["status"])
        await replicas.cluster.apiServer.forgetRequests()
        try leader.process.send(.kill)
        try await replicas.changeRoute("after", within: .seconds(15))
        #expect(try await follower.metric("kgateway_leader") == 1)
        for write in await replicas.cluster.statusWrites where write.path.contains("/gateways/") {
          let body = String(decoding: write.body, as: UTF8.self)
          #expect(!body.contains("Pending") && !body.contains("ProxyRejected"), "\(body)")
        }
        let after = await (replicas.cluster.gateway()?["status"], replicas.cluster.policy("lines")?["status"])
        #expect(before.1 == after.1)
        #expect(before.0?["conditions"] == after.0?["conditions"])
      }
    }

    @Test("over TLS, with the certificate that the leader makes, and tokens that the API server knows")
    func secured() async throws {
      try await Replicas.withRunning(security: ["--xds-auth", "token"]) {
        try await $0.writeOperatorToken()
      } _: {
        let (leader, follower) = try await $0.leaderAndFollower()
        try await eventually("the leader takes the follower's reports", within: .seconds(30)) {
          try await leader.metric("kgateway_replica_reports_total", ["result": "received"]) > 0
        }
        #expect(try await follower.metric("kgateway_replica_reports_total", ["result": "sent"]) > 0)
        #expect(try await leader.metric("kgateway_replica_reports_total", ["result": "refused"]) == 0)
      }
    }

    @Test("without a token nothing is reported, which is said once, and everything else goes on")
    func noToken() async throws {
      let arguments = Replicas.durations() + ["--replica-token", "/nonexistent/token"]
      try await Replicas.withRunning(arguments: arguments) { replicas in
        let (_, follower) = try await replicas.leaderAndFollower()
        try await follower.process.errorOutput.line("it is said", within: .seconds(30)) {
          $0.contains("there is no token to be read at /nonexistent/token") && $0.contains("--replica-token")
        }
        try await replicas.changeRoute("after")
        #expect(follower.logLines("does not hear what the proxies").count == 1)
        #expect(try await follower.metric("kgateway_replica_reports_total", ["result": "failed"]) >= 3)
      }
    }

    /// Both replicas have a token, and the proxy has its first configuration.
    private static func withProxyOfFollower(
      _ objects: [JSONValue] = [],
      _ body: (_ replicas: Replicas, _ leader: KubernetesOperator, _ follower: KubernetesOperator, _ port: Int)
        async throws -> Void
    ) async throws {
      try await Backend.with { backend in
        let port = try LoopbackPorts.free()
        let application = Objects.application(listenerPort: port, backendPort: backend.port)
        try await Replicas.withRunning(
          application + objects, arguments: Replicas.durations() + ["--no-deployer"],
          prepare: { try await $0.writeOperatorToken() }
        ) { replicas in
          let (leader, follower) = try await replicas.leaderAndFollower()
          try await KubernetesProxy.withRunning(controlPlane: follower) { _ in
            try await eventually("the follower serves the proxy", within: .seconds(60)) {
              try await HTTPConnection.get(port: port, "/").status == 200
            }
            try await eventually("the leader has heard of it", within: .seconds(30)) {
              let sent = try await follower.metric("kgateway_replica_reports_total", ["result": "sent"])
              try await Task.sleep(for: .milliseconds(300))
              let later = try await follower.metric("kgateway_replica_reports_total", ["result": "sent"])
              return sent > 0 && later == sent
            }
            try await body(replicas, leader, follower, port)
          }
        }
      }
    }
  }
}

extension KubernetesCluster {
  /// Writes a token of the operator's ServiceAccount into a file, as the kubelet does in its pod.
  ///
  /// - Returns: the flag that names it.
  fileprivate func writeOperatorToken() async throws -> [String] {
    try await put([
      [
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": ["name": "kgateway", "namespace": .string(Objects.namespace)],
      ]
    ])
    let answer = try await kubectl(
      [
        "create", "-f", "-", "--raw", "/api/v1/namespaces/\(Objects.namespace)/serviceaccounts/kgateway/token",
      ], input: #"{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"audiences":["kgateway"]}}"#)
    let token = try #require(JSONValue(json: answer)?[["status", "token"]]?.stringValue)
    let path = folder.path("token")
    try token.write(toFile: path, atomically: true, encoding: .utf8)
    return ["--replica-token", path]
  }
}
