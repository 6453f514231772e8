import APIServerDouble
import FoundationEssentials
import NetworkLink
import RealComponents
import ScriptedADSClient
import Testing

private let outageSeconds = ProcessInfo.processInfo.environment["KGATEWAY_OUTAGE_SECONDS"].flatMap(Int.init) ?? 3

extension EndToEnd {
  /// An API server that is away for long, and what happens to proxies then.
  ///
  /// The clocks are the operator's own, so the outage is short; `KGATEWAY_OUTAGE_SECONDS=60` makes it longer. What an hour
  /// does beyond that is a matter of the backoff, which the client's tests make go through on a clock of their own, and of
  /// what is remembered of tokens, as the authenticator's do.
  @Suite("kgateway run: the API server is away", .timeLimit(.minutes(5 + outageSeconds / 60)))
  struct Outage {
    @Test("proxies serve on, new ones get their configuration, and what was changed arrives when it is back")
    func newProxies() async throws {
      try await Bed.withRunning { bed in
        try await bed.withProxy { _ in
          try await bed.waitForAnswer("/load")
          try await RequestLoad.run(onPort: bed.port, pause: .milliseconds(outageSeconds < 60 ? 5 : 50)) { load in
            await bed.link.cut(.refused)
            try await bed.cluster.put([Objects.route("meanwhile", path: "/meanwhile")])
            try await eventually("the outage is noticed") {
              !bed.kgateway.logLines("connection refused").isEmpty
            }
            let start = ContinuousClock.now
            try await eventually("the outage lasts", within: .seconds(outageSeconds + 10)) {
              let readiness = try await bed.kgateway.readiness()
              #expect(readiness.status == 200)
              return start.duration(to: .now) >= .seconds(outageSeconds)
            }
            try await bed.withProxy { second in
              try await bed.waitForListener(of: second)
              try await bed.link.restore()
              let back = ContinuousClock.now
              try await bed.waitForAnswer("/meanwhile")
              print("after \(outageSeconds) s of outage a change arrived within \(back.duration(to: .now))")
              // Both proxies have the port, and one that ends cuts off what it was asked.
              try await load.end()
              #expect(load.failures == [])
            }
          }
        }
      }
    }

    @Test("an operator that starts then sends nothing, proxies keep what they have, and go on when it is back")
    func restartedOperator() async throws {
      try await Bed.withRunning { bed in
        try await bed.withProxy { proxy in
          try await bed.waitForAnswer("/load")
          try await RequestLoad.run(onPort: bed.port, pause: .milliseconds(5)) { load in
            let before = try await proxy.listeners()
            await bed.link.cut(.refused)
            try bed.kgateway.process.send(.kill)
            try await bed.kgateway.process.waitForExit(within: .seconds(30))
            try await KubernetesOperator.withRunning(
              kubeconfig: bed.kubeconfig, ["--no-deployer"], xdsPort: bed.kgateway.xdsPort
            ) { second in
              try await eventually("the proxy is connected to it", within: .seconds(30)) {
                try await second.metric("kgateway_connected_proxies") == 1
              }
              let answers = load.answers
              try await eventually("requests are answered", within: .seconds(30)) { load.answers > answers + 100 }
              #expect(try await second.metric("kgateway_xds_pushes_total") == 0)
              #expect(try await second.readiness().status == 503)
              #expect(try await proxy.listeners() == before)

              try await bed.cluster.put([Objects.route("meanwhile", path: "/meanwhile")])
              try await bed.link.restore()
              try await bed.waitForAnswer("/meanwhile")
              #expect(load.failures == [])
            }
          }
        }
      }
    }

    @Test(
      "a proxy whose token is known gets its configuration; one that is not known waits until it can be asked about")
    func tokens() async throws {
      try await TokenBed.withRunning(cutting: true) { bed in
        let (known, new) = (try await bed.token(of: "first"), try await bed.token(of: "second"))
        func listeners(_ token: String, _ name: String) async throws -> [String] {
          var names: [String] = []
          try await bed.withStream(token: token, claiming: name) { stream in
            stream.followEverything()
            for typeURL in ADSTypeURL.all {
              let response = try await stream.next(typeURL)
              if typeURL == ADSTypeURL.listener { names = response.names }
            }
          }
          return names
        }
        #expect(try await listeners(known, "first") == ["listener~8081"])
        await bed.link?.cut(.refused)
        #expect(try await listeners(known, "first") == ["listener~8081"])
        _ = try await bed.refusal(of: "Bearer \(new)", status: 14, "while nobody can be asked")
        try await bed.link?.restore()
        try await eventually("it is served when it comes again", within: .seconds(30)) {
          try await listeners(new, "second") == ["listener~8082"]
        }
      }
    }
  }
}

extension EndToEnd.Outage {
  /// An operator behind a network that can be cut.
  struct Bed {
    let cluster: KubernetesCluster
    let link: NetworkLink
    let kgateway: KubernetesOperator
    /// The operator's.
    let kubeconfig: String
    /// Where proxies listen.
    let port: Int

    static func withRunning(_ body: (Bed) async throws -> Void) async throws {
      try await Backend.with { backend in
        try await KubernetesCluster.withRunning { cluster in
          let port = try LoopbackPorts.free()
          try await cluster.put(
            Objects.application(listenerPort: port, backendPort: backend.port, path: "/load"))
          try await NetworkLink.withRunning(to: cluster.apiServer.port, from: "127.0.0.11") { link in
            let kubeconfig = cluster.folder.path("operator-kubeconfig")
            try await cluster.apiServer.writeKubeconfig(to: kubeconfig, port: link.port)
            try await KubernetesOperator.withReady(cluster, ["--no-deployer"], kubeconfig: kubeconfig) { kgateway in
              try await body(
                Bed(cluster: cluster, link: link, kgateway: kgateway, kubeconfig: kubeconfig, port: port))
            }
          }
        }
      }
    }

    func withProxy(_ body: (KubernetesProxy) async throws -> Void) async throws {
      try await KubernetesProxy.withRunning(controlPlane: kgateway, body)
    }

    /// A second proxy of the same Gateway listens beside the first; whether it has its listener its admin page says.
    func waitForListener(of second: KubernetesProxy) async throws {
      try await eventually("the new proxy has its listener", within: .seconds(30)) {
        try await second.listeners().contains { $0.contains("listener~\(port)") }
      }
    }

    func waitForAnswer(_ path: String) async throws {
      try await eventually("GET \(path) is answered", within: .seconds(90), every: .milliseconds(20)) {
        try await HTTPConnection.get(port: port, path).status == 200
      }
    }
  }
}

extension KubernetesProxy {
  /// The listeners that it has, with their addresses, a line each.
  func listeners() async throws -> [String] {
    try await HTTPConnection.get(port: adminPort, "/listeners").body.split(separator: "\n").map(String.init).sorted()
  }
}
