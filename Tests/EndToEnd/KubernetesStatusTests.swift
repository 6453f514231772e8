import APIServerDouble
import FoundationEssentials
import RealComponents
import Testing

extension EndToEnd {
  /// What the operator writes into the status of objects. No proxy is needed for it.
  @Suite("kgateway run: status")
  struct KubernetesStatus {
    /// An operator beside a cluster that holds an application, when its first statuses are written.
    private func withOperator(
      _ objects: [JSONValue] = [], _ body: (KubernetesCluster, KubernetesOperator) async throws -> Void
    ) async throws {
      try await KubernetesCluster.withRunning { cluster in
        try await cluster.put(Objects.application(listenerPort: 8080, backendPort: 9) + objects)
        try await KubernetesOperator.withReady(cluster) { kgateway in
          try await eventually("the route has a status", within: .seconds(60)) {
            await cluster.route("demo")?.ownConditions["Accepted"] != nil
          }
          try await body(cluster, kgateway)
        }
      }
    }

    // MARK: Accepted

    @Test("kubectl shows every object accepted, for the generation that was judged")
    func accepted() async throws {
      try await withOperator([Objects.accessLog("lines", ["path": "%REQ(:PATH)%"])]) { cluster, _ in
        try await eventually("the policy has a status", within: .seconds(60)) {
          await cluster.policy("lines")?.ownConditions["Accepted"] != nil
        }
        let gatewayClass = try await cluster.get("gatewayclass", "agentgateway")
        let gateway = try await cluster.get("gateway", Objects.gatewayName)
        let route = try await cluster.get("httproute", "demo")
        let policy = try await cluster.get("httplistenerpolicy", "lines")
        let listener = gateway.conditions(ofListener: "http")
        for (object, condition) in [
          (gatewayClass, gatewayClass.conditions["Accepted"]), (gateway, gateway.conditions["Accepted"]),
          (gateway, listener["Accepted"]), (gateway, listener["ResolvedRefs"]),
          (route, route.ownConditions["Accepted"]), (route, route.ownConditions["ResolvedRefs"]),
          (policy, policy.ownConditions["Accepted"]),
        ] {
          let condition = try #require(condition)
          #expect(condition.status == "True", "\(object)")
          #expect(condition.observedGeneration == object.generation, "\(object)")
          #expect(condition.lastTransitionTime.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil)
        }
        #expect(listener["Conflicted"]?.status == "False")
        // No proxy is there to take it.
        #expect(gateway.conditions["Programmed"]?.status == "False")
        #expect(listener["Programmed"]?.reason == "Pending")
        #expect(gateway[["status", "listeners"]]?.arrayValue?.first?["attachedRoutes"] == 1)
        #expect(route.statusEntries.first?[["parentRef", "name"]]?.stringValue == Objects.gatewayName)
        #expect(policy.statusEntries.first?[["ancestorRef", "name"]]?.stringValue == Objects.gatewayName)
      }
    }

    @Test("the time of a condition's last transition stays while its status does, and moves when it changes")
    func transitionTimes() async throws {
      try await withOperator([Objects.accessLog("lines", ["path": "%REQ(:PATH)%"])]) { cluster, _ in
        let accepted = { await cluster.policy("lines")?.ownConditions["Accepted"] }
        let first = try await eventuallyValue("the policy is accepted", within: .seconds(60)) { await accepted() }
        // Timestamps count seconds: only in another one can a new one be told from an old one.
        try await eventually("another second has begun", within: .seconds(5)) {
          Date.now.formatted(.iso8601) > first.lastTransitionTime
        }

        try await cluster.put([Objects.accessLog("lines", ["path": "%REQ(:PATH)%", "code": "%RESPONSE_CODE%"])])
        let second = try await eventuallyValue("the changed policy is judged", within: .seconds(60)) {
          await accepted().flatMap { $0.observedGeneration > first.observedGeneration ? $0 : nil }
        }
        #expect(second.lastTransitionTime == first.lastTransitionTime)

        try await cluster.put([Objects.accessLog("lines", ["code": "%RESPONS_CODE%"])])
        let third = try await eventuallyValue("the policy is refused", within: .seconds(60)) {
          await accepted().flatMap { $0.status == "False" ? $0 : nil }
        }
        #expect(third.lastTransitionTime > first.lastTransitionTime)
      }
    }

    // MARK: Refused

    @Test(
      "a refused policy says what is wrong and what to do, and is accepted once it is mended", arguments: Refused.all)
    func refusedPolicy(_ refused: Refused) async throws {
      try await withOperator(refused.surroundings) { cluster, kgateway in
        try await cluster.apply(refused.policy.jsonText)
        let condition = try await eventuallyValue("the policy is refused", within: .seconds(60)) {
          await cluster.policy("p")?.ownConditions["Accepted"].flatMap { $0.status == "False" ? $0 : nil }
        }
        #expect(condition.reason == refused.reason)
        for part in refused.said { #expect(condition.message.contains(part), "\(condition.message)") }
        try await eventually("the log tells", within: .seconds(30)) {
          kgateway.logLines("HTTPListenerPolicy \(Objects.namespace)/p is refused").count == 1
        }

        try await cluster.apply(refused.mend.documents)
        let mended = try await eventuallyValue("the policy is accepted", within: .seconds(60)) {
          await cluster.policy("p")?.ownConditions["Accepted"].flatMap { $0.status == "True" ? $0 : nil }
        }
        #expect(await mended.observedGeneration == cluster.policy("p")?.generation)
        #expect(await cluster.policy("p")?.statusEntries.count == 1)
      }
    }

    @Test("a route to a missing Service says which, and resolves once the Service is there")
    func missingService() async throws {
      try await withOperator { cluster, _ in
        try await cluster.apply(Objects.route("lost", path: "/lost", to: "nowhere").jsonText)
        let condition = try await eventuallyValue("the route's backend is missed", within: .seconds(60)) {
          await cluster.route("lost")?.ownConditions["ResolvedRefs"].flatMap { $0.status == "False" ? $0 : nil }
        }
        #expect(condition.reason == "BackendNotFound")
        #expect(condition.message.contains("spec.rules[0].backendRefs[0]"), "\(condition.message)")
        #expect(condition.message.contains("nowhere"), "\(condition.message)")
        #expect(await cluster.route("lost")?.ownConditions["Accepted"]?.status == "True")
        #expect(await cluster.route("demo")?.ownConditions["ResolvedRefs"]?.status == "True")

        try await cluster.apply(Objects.service("nowhere").jsonText)
        try await eventually("the route's backend is found", within: .seconds(60)) {
          await cluster.route("lost")?.ownConditions["ResolvedRefs"]?.status == "True"
        }
      }
    }

    // MARK: What is not ours

    @Test("what other controllers say of a route and a policy survives our writes")
    func otherControllers() async throws {
      try await withOperator([Objects.accessLog("lines", ["path": "%REQ(:PATH)%"])]) { cluster, _ in
        try await eventually("the policy has a status", within: .seconds(60)) {
          await cluster.policy("lines")?.statusEntries.count == 1
        }
        try await addForeignEntry(cluster, "httproute/demo", "parents", "parentRef")
        try await addForeignEntry(cluster, "httplistenerpolicy/lines", "ancestors", "ancestorRef")

        try await cluster.put([
          Objects.route(to: "nowhere"), Objects.accessLog("lines", ["path": "%REQ(:PATH%"]),
        ])
        try await eventually("both are refused", within: .seconds(60)) {
          let route = await cluster.route("demo")?.ownConditions["ResolvedRefs"]
          let policy = await cluster.policy("lines")?.ownConditions["Accepted"]
          return route?.status == "False" && policy?.status == "False"
        }
        for object in [await cluster.route("demo"), await cluster.policy("lines")] {
          let entries = try #require(object).statusEntries
          #expect(
            entries.compactMap { $0["controllerName"]?.stringValue }.sorted() == [
              "example.com/other", Objects.controllerName,
            ])
          let foreign = entries.first { $0["controllerName"] == "example.com/other" }
          #expect(foreign?["conditions"]?.arrayValue?.first?["message"] == "said by another")
        }
      }
    }

    /// Adds an entry as another controller does: reads the list, and writes it back with one more.
    private func addForeignEntry(
      _ cluster: KubernetesCluster, _ object: String, _ list: String, _ subject: String
    ) async throws {
      let entry: JSONValue = [
        subject: ["group": .string(Objects.gatewayGroup), "kind": "Gateway", "name": "elsewhere"],
        "controllerName": "example.com/other",
        "conditions": [
          [
            "type": "Accepted", "status": "True", "reason": "Accepted", "message": "said by another",
            "lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": 1,
          ]
        ],
      ]
      let patch: JSONValue = [["op": "add", "path": .string("/status/\(list)/0"), "value": entry]]
      try await cluster.kubectl([
        "patch", object, "-n", Objects.namespace, "--subresource=status", "--type=json", "-p", patch.jsonText,
      ])
    }

    @Test("a status write that meets a conflict is made again from the newer object")
    func conflict() async throws {
      try await withOperator { cluster, kgateway in
        await cluster.apiServer.inject(
          .status(code: 409, reason: "Conflict"), into: .writes.and(.path("httproutes/demo/status")))
        try await cluster.put([Objects.route(to: "nowhere")])
        try await eventually("the route's status is written", within: .seconds(60)) {
          await cluster.route("demo")?.ownConditions["ResolvedRefs"]?.status == "False"
        }
        try await eventually("the conflict is counted", within: .seconds(30)) {
          try await kgateway.metric("kgateway_status_writes_total", ["result": "conflict"]) == 1
        }
        #expect(try await kgateway.metric("kgateway_status_writes_total", ["result": "failed"]) == 0)
      }
    }

    // MARK: Nothing more than needed

    @Test("each status is written once, causes no translation when it comes back, and not again after a restart")
    func idle() async throws {
      // With the deployer, a new Gateway's status is written once more, when its Service is there.
      try await KubernetesCluster.withRunning { cluster in
        try await cluster.put(Objects.application(listenerPort: 8080, backendPort: 9))
        try await cluster.put([Objects.accessLog("lines", ["path": "%REQ(:PATH)%"])])
        try await KubernetesOperator.withReady(cluster, ["--no-deployer"]) { kgateway in
          try await eventually("the policy has a status", within: .seconds(60)) {
            await cluster.policy("lines")?.statusEntries.count == 1
          }
          try await settle(cluster, "first")
          // Each of the two Gateways, once.
          #expect(try await kgateway.metric("kgateway_translation_count") == 2)
          try await eventually("all have a status", within: .seconds(60)) { await cluster.statusWrites.count >= 6 }
          let writes = await cluster.statusWrites.map(\.path)
          #expect(Set(writes).count == writes.count, "\(writes)")
          #expect(writes.count == 6, "two GatewayClasses, two Gateways, a route and a policy: \(writes)")
        }
        await cluster.apiServer.forgetRequests()
        try await KubernetesOperator.withReady(cluster, ["--no-deployer"]) { _ in
          try await settle(cluster, "second")
          let again = await cluster.statusWrites.map(\.path)
          #expect(again.count == 1 && again[0].contains("/gateways/second/"), "\(again)")
        }
      }
    }

    /// Makes a Gateway and waits for its status: what came before it has then been seen, judged and written.
    private func settle(_ cluster: KubernetesCluster, _ marker: String) async throws {
      try await cluster.put([Objects.gateway(marker, port: 8081)])
      try await eventually("the Gateway \(marker) has a status", within: .seconds(60)) {
        await cluster.gateway(marker)?.conditions["Accepted"]?.status == "True"
      }
    }
  }
}

extension EndToEnd.KubernetesStatus {
  /// A policy named `p` that is refused, and how it is mended.
  struct Refused: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let policy: JSONValue
    let reason: String
    /// Parts of the message: the field, the value, and what to do.
    let said: [String]
    let mend: [JSONValue]
    var surroundings: [JSONValue] = []

    static let all = [
      Refused(
        testDescription: "an unknown static cluster",
        policy: Objects.policy(
          "p", ["accessLog": [["grpcService": ["logName": "l", "staticClusterName": "collector"]]]]),
        reason: "Invalid",
        said: ["spec.accessLog[0].grpcService.staticClusterName", "collector", "otel-collector"],
        mend: [
          Objects.policy(
            "p", ["accessLog": [["grpcService": ["logName": "l", "staticClusterName": "otel-collector"]]]])
        ]),
      Refused(
        testDescription: "an access-log operator that does not exist",
        policy: Objects.accessLog("p", ["response_code": "%RESPONS_CODE%"]), reason: "Invalid",
        said: ["spec.accessLog[0].fileSink.jsonFormat.response_code", "RESPONS_CODE", "RESPONSE_CODE"],
        mend: [Objects.accessLog("p", ["response_code": "%RESPONSE_CODE%"])]),
      Refused(
        testDescription: "a sampling rate above 100",
        policy: Objects.tracing("p", address: "127.0.0.1:4317", samplingRate: 140), reason: "Invalid",
        said: ["spec.tracing.samplingRate", "140"],
        mend: [Objects.tracing("p", address: "127.0.0.1:4317", samplingRate: 14)]),
      Refused(
        testDescription: "a target that does not exist",
        policy: Objects.accessLog("p", target: "missing", ["path": "%REQ(:PATH)%"]), reason: "TargetNotFound",
        said: ["spec.targetRefs[0].name", "\(Objects.namespace)/missing", Objects.gatewayName],
        mend: [Objects.gateway("missing", port: 8082)]),
      Refused(
        testDescription: "a target of another controller's class",
        policy: Objects.accessLog("p", target: "foreign", ["path": "%REQ(:PATH)%"]), reason: "TargetNotFound",
        said: ["spec.targetRefs[0].name", "\(Objects.namespace)/foreign", "example.com/other", "agentgateway"],
        mend: [Objects.gateway("foreign", port: 8082)],
        surroundings: [
          Objects.gatewayClass("other", controllerName: "example.com/other"),
          Objects.gateway("foreign", port: 8082, className: "other"),
        ]),
    ]
  }
}
