import APIServerDouble
import RealComponents
import Testing

extension EndToEnd {
  /// What a proxy's users and its operators notice when the API server fails.
  @Suite("kgateway run: trouble with the API server")
  struct KubernetesTrouble {
    @Test("requests go on without an error, and what was changed meanwhile arrives", arguments: Trouble.all)
    func trouble(_ trouble: Trouble) async throws {
      try await KubernetesTraffic.withRunning(
        path: "/load", objects: [Objects.service("during")], isSecure: false
      ) { traffic in
        try await traffic.cluster.put([Objects.endpoints(of: "during", port: traffic.backend.port)])
        try await traffic.waitForAnswer("/during", status: 404)
        let apiServer = traffic.cluster.apiServer
        try await RequestLoad.run(onPort: traffic.port) { load in
          try await trouble.begin(apiServer)
          try await traffic.cluster.put([Objects.route("during", path: "/during", to: "during")])
          for reason in trouble.reasons {
            try await eventually("a watch is begun anew, because \(reason)", within: .seconds(60)) {
              for reason in reason.split(separator: "|") {
                if try await traffic.kgateway.watchRestarts(String(reason)) >= 1 { return true }
              }
              return false
            }
          }
          let answers = load.answers
          try await eventually("requests are answered all the while", within: .seconds(60)) {
            load.answers > answers + 5
          }
          try await traffic.waitForAnswer("/during", within: .seconds(90))
          #expect(load.failures.isEmpty)
        }
        try await eventually("the status is written", within: .seconds(60)) {
          await traffic.cluster.route("during")?.ownConditions["Accepted"]?.status == "True"
        }
        #expect(traffic.kgateway.process.exitStatus == nil)
        #expect(try await traffic.kgateway.readiness().status == 200)
      }
    }

    @Test("what is deleted while the history is lost is gone from the proxy")
    func deletedMeanwhile() async throws {
      try await KubernetesTraffic.withRunning(
        path: "/load", objects: [Objects.service("old"), Objects.route("old", path: "/old", to: "old")],
        isSecure: false
      ) { traffic in
        // A Service without endpoints.
        try await traffic.waitForAnswer("/old", status: 503)
        let apiServer = traffic.cluster.apiServer
        await apiServer.goAway()
        try await apiServer.delete(
          "httproutes", group: Objects.gatewayGroup, namespace: Objects.namespace, name: "old")
        await apiServer.forgetHistory()
        try await apiServer.comeBack()
        try await traffic.waitForAnswer("/old", status: 404)
        try await traffic.waitForAnswer("/load")
      }
    }

    @Test("a proxy serves on without its control plane, and takes changes from a new one without a gap")
    func restart() async throws {
      try await KubernetesTraffic.withRunning(path: "/load") { traffic in
        try await RequestLoad.run(onPort: traffic.port) { load in
          try traffic.kgateway.process.send(.kill)
          try await traffic.kgateway.process.waitForExit(within: .seconds(30))
          let answers = load.answers
          try await eventually("requests are answered", within: .seconds(60)) { load.answers > answers + 5 }

          try await traffic.cluster.put([Objects.route("late", path: "/late")])
          try await KubernetesOperator.withReady(traffic.cluster, xdsPort: traffic.kgateway.xdsPort) { second in
            try await traffic.waitForAnswer("/late")
            // What had not changed was not sent again.
            #expect(try await second.metric("kgateway_xds_pushes_total", ["type": "cluster"]) == 0)
          }
          #expect(load.failures.isEmpty)
        }
      }
    }
  }
}

extension EndToEnd.KubernetesTrouble {
  /// Something that an API server does to those who watch it, over HTTP/1.1; over HTTP/2 the fault table does all of it.
  struct Trouble: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let begin: @Sendable (APIServerDouble) async throws -> Void
    /// Why watches are begun anew then, as the metric's label says it.
    let reasons: [String]

    /// Every watch ends, and the next of each kind fails.
    private static func next(
      _ failure: Failure, _ filter: RequestFilter = .watches, times: Int = 8
    ) -> @Sendable (APIServerDouble) async throws -> Void {
      { apiServer in
        await apiServer.inject(failure, into: filter, times: times)
        await apiServer.dropConnections()
      }
    }

    private static let routeWatch = RequestFilter.watches.and(.path("/httproutes"))

    static let all = [
      Trouble(
        testDescription: "it is restarted and has lost its history",
        begin: { try await $0.restartWithHistoryLost() }, reasons: ["disconnected", "expired"]),
      Trouble(
        testDescription: "every connection breaks", begin: { await $0.dropConnections() }, reasons: ["disconnected"]),
      Trouble(
        testDescription: "410 Gone, and garbage for the list of routes",
        begin: { apiServer in
          await apiServer.inject(.garbage, into: .lists.and(.path("/httproutes")))
          try await next(.gone, routeWatch, times: 1)(apiServer)
        }, reasons: ["expired", Fault.broken]),
    ]
  }
}
