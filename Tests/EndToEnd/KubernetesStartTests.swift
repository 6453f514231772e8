import APIServerDouble
import RealComponents
import Testing

extension EndToEnd {
  /// How the operator begins and ends.
  @Suite("kgateway run: beginning and end")
  struct KubernetesStart {
    // MARK: An API server that is not as it should be

    @Test("an API server that is not there is waited for")
    func lateServer() async throws {
      try await KubernetesCluster.withRunning(isSecure: false) { cluster in
        try await cluster.put(Objects.application(listenerPort: 8080, backendPort: 9))
        await cluster.apiServer.goAway()
        try await KubernetesOperator.withRunning(kubeconfig: cluster.kubeconfig) { kgateway in
          let line = try await kgateway.process.errorOutput.line("the log says so", within: .seconds(60)) {
            $0.contains("connection refused")
          }
          #expect(await line.contains(cluster.apiServer.url), "it says where: \(line)")
          try await eventually("/readyz says what is awaited", within: .seconds(60)) {
            let answer = try await kgateway.readiness()
            return answer.status == 503 && answer.text.contains("first sync of Gateway")
          }
          #expect(try await kgateway.watchRestarts("disconnected") > 0)
          #expect(kgateway.process.exitStatus == nil)

          try await cluster.apiServer.comeBack()
          try await kgateway.waitUntilReady(within: .seconds(90))
          try await eventually("the Gateway has a status", within: .seconds(60)) {
            await cluster.gateway()?.conditions["Accepted"]?.status == "True"
          }
        }
      }
    }

    @Test("trouble with the API server is one line, not one for each kind and try")
    func oneLine() async throws {
      try await KubernetesCluster.withRunning { cluster in
        let wrong = cluster.folder.path("wrong-token")
        try cluster.folder.write(
          await cluster.apiServer.kubeconfig().replacing("\"token\":\"administrator\"", with: "\"token\":\"wrong\""),
          to: "wrong-token")
        try await KubernetesOperator.withRunning(kubeconfig: wrong) { kgateway in
          try await kgateway.process.errorOutput.line("the log says so", within: .seconds(60)) {
            $0.contains("401 Unauthorized")
          }
          try await eventually("every kind has been tried twice", within: .seconds(60)) {
            try await kgateway.watchRestarts("unauthorized") >= 18
          }
          #expect(kgateway.logLines("401 Unauthorized").count == 1, "\(kgateway.process.errorOutput.text)")
          #expect(kgateway.process.exitStatus == nil)
        }
      }
    }

    @Test("without the policies' CustomResourceDefinition it gets ready, says so once, and finds it when it appears")
    func absentKind() async throws {
      try await KubernetesCluster.withRunning {
        $0.absentGroups = [Objects.policyGroup]
      } _: { cluster in
        try await cluster.put(Objects.application(listenerPort: 8080, backendPort: 9))
        try await KubernetesOperator.withReady(cluster) { kgateway in
          try await eventually("the Gateway has a status", within: .seconds(60)) {
            await cluster.gateway()?.conditions["Accepted"]?.status == "True"
          }
          await cluster.apiServer.install(group: Objects.policyGroup)
          try await cluster.put([Objects.accessLog("lines", ["path": "%REQ(:PATH)%"])])
          try await eventually("the policy is accepted", within: .seconds(90)) {
            await cluster.policy("lines")?.ownConditions["Accepted"]?.status == "True"
          }
          for kind in ["HTTPListenerPolicy", "GatewayParameters"] {
            let lines = kgateway.logLines("does not know \(kind) ")
            #expect(lines.count == 1)
            #expect(lines.first?.contains("install its CustomResourceDefinition") == true)
          }
        }
      }
    }

    // MARK: A kubeconfig that is not as it should be

    @Test("a kubeconfig that is of no use is one clear line, and the end", arguments: Unusable.all)
    func unusableKubeconfig(_ unusable: Unusable) async throws {
      try await withTemporaryFolder { folder in
        if let text = unusable.text { try folder.write(text, to: "config") }
        let result = try await runCommand(
          BuiltProduct.path("kgateway"),
          ["run", "--kubeconfig", folder.path("config"), "--xds-address", "127.0.0.1:0"] + unusable.arguments,
          deadline: .seconds(60))
        #expect(result.status == .exited(1))
        #expect(result.output.isEmpty)
        let lines = result.errorOutput.split(separator: "\n")
        #expect(lines.count == 1, "\(result.errorOutput)")
        for part in [folder.path("config")] + unusable.said {
          #expect(result.errorOutput.contains(part), "\(result.errorOutput)")
        }
        #expect(!result.errorOutput.contains("s3cret"))
      }
    }

    // MARK: The end

    @Test("SIGTERM ends it cleanly within a second, with a proxy connected that serves on")
    func terminate() async throws {
      try await KubernetesTraffic.withRunning { traffic in
        try await eventually("the proxy is counted", within: .seconds(60)) {
          try await traffic.kgateway.metric("kgateway_connected_proxies") == 1
        }
        let process = traffic.kgateway.process
        let start = ContinuousClock.now
        try process.send(.terminate)
        #expect(try await process.waitForExit(within: .seconds(30)) == .exited(0))
        #expect(
          Sanitizer.isOn || ContinuousClock.now - start < .seconds(2), "a second, and the pauses of a loaded machine")
        #expect(process.errorOutput.lines.last?.contains("ended") == true)
        #expect(try await traffic.get("/").status == 200)
      }
    }
  }
}

extension EndToEnd.KubernetesStart {
  /// A kubeconfig that cannot be used, and what is said of it.
  struct Unusable: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// nil: there is no such file.
    let text: String?
    var arguments: [String] = []
    let said: [String]

    private static let valid = """
      apiVersion: v1
      kind: Config
      current-context: here
      contexts: [{name: here, context: {cluster: here, user: me}}]
      clusters: [{name: here, cluster: {server: "https://127.0.0.1:1"}}]
      users: [{name: me, user: {token: s3cret}}]
      """

    static let all = [
      Unusable(testDescription: "no file", text: nil, said: ["No such file"]),
      Unusable(testDescription: "no YAML", text: "clusters: [", said: ["config"]),
      Unusable(
        testDescription: "a missing context", text: valid, arguments: ["--context", "there"],
        said: ["\"there\"", "here"]),
      Unusable(
        testDescription: "a server that is no address",
        text: valid.replacing("https://127.0.0.1:1", with: "ftp://here"),
        said: ["server", "https://HOST:PORT"]),
      Unusable(
        testDescription: "a certificate authority that is no base64",
        text: valid.replacing("cluster: {server", with: "cluster: {certificate-authority-data: '%', server"),
        said: ["certificate-authority-data"]),
    ]
  }
}
