import APIServerDouble
import RealComponents
import Testing

extension EndToEnd {
  /// What only Envoy can find wrong, on its way back to the policy.
  @Suite("kgateway run: policies that Envoy refuses")
  struct KubernetesRefusals {
    /// Well-formed, and of a function that Envoy does not have.
    private static let unknownMessage = "%CEL(google.protobuf.Nosuch{})%"

    private func lines(_ format: String = "%REQ(:PATH)%") -> JSONValue {
      Objects.accessLog("lines", ["path": "%REQ(:PATH)%", "value": .string(format)])
    }

    private func programmed(_ traffic: KubernetesTraffic, _ policy: String) async -> StoredCondition? {
      await traffic.cluster.policy(policy)?.ownConditions["Programmed"]
    }

    /// The Events about a policy, oldest first: `Warning ProxyRejected`.
    private func events(
      _ cluster: KubernetesCluster, of policy: String
    ) async throws -> [(text: String, note: String)] {
      let list = try await cluster.kubectl(["get", "events.events.k8s.io", "-n", Objects.namespace, "-o", "json"])
      return (JSONValue(json: list)?["items"]?.arrayValue ?? [])
        .filter { $0[["regarding", "name"]]?.stringValue == policy }
        .sorted { ($0["eventTime"]?.stringValue ?? "") < ($1["eventTime"]?.stringValue ?? "") }
        .map { event in
          (
            "\(event["type"]?.stringValue ?? "") \(event["reason"]?.stringValue ?? "")",
            event["note"]?.stringValue ?? ""
          )
        }
    }

    @Test(
      "the policy is told in Envoy's words, the old configuration serves on, also for a new proxy, and the mend ends it",
      arguments: [false, true])
    func refusal(isChecked: Bool) async throws {
      let flags = isChecked ? ["--validate-with-envoy", try RealComponent.envoy.path()] : []
      let other = Objects.accessLog("other", ["other": "%REQ(:PATH)%"])
      try await KubernetesTraffic.withRunning(flags, objects: [lines(), other]) { traffic in
        try await traffic.proxy.process.output.line("both log", within: .seconds(60)) { $0.contains("\"other\"") }
        let stored = try await eventuallyValue("the other policy has its status", within: .seconds(60)) {
          await traffic.cluster.policy("other").flatMap { $0.statusEntries.isEmpty ? nil : $0 }
        }
        try await RequestLoad.run(onPort: traffic.port) { load in
          try await traffic.cluster.apply(lines(Self.unknownMessage).jsonText)
          let condition = try await eventuallyValue("the policy is told", within: .seconds(60)) {
            await programmed(traffic, "lines")
          }
          #expect(condition.status == "False")
          #expect(condition.reason == "ProxyRejected")
          #expect(condition.observedGeneration == 2)
          let said = isChecked ? "envoy --mode validate" : "refused by 1 of 1 connected proxies"
          for part in [
            "spec.accessLog[0].fileSink.jsonFormat.value: ", said, "failed to create an expression", "Nosuch",
            "change the field",
          ] { #expect(condition.message.contains(part), "\(part) in \(condition.message)") }
          try await eventually("the Gateway's listener is told", within: .seconds(60)) {
            let listener = await traffic.cluster.gateway()?.conditions(ofListener: "http")
            return listener?["Programmed"]?.reason == "ProxyRejected"
          }
          #expect(await traffic.cluster.policy("other") == stored)

          #expect(try await traffic.get("/while-refused").status == 200)
          try await traffic.proxy.process.output.line("the old log goes on", within: .seconds(60)) {
            $0.contains("/while-refused") && $0.contains("\"value\"")
          }
          #expect(load.failures.isEmpty, "\(load.failures.prefix(5))")
        }
        // It takes its part of the requests to the port that both share, and cuts those under way when it ends.
        try await newProxy(traffic)
        try await RequestLoad.run(onPort: traffic.port) { load in
          try await traffic.cluster.apply(lines("%PROTOCOL%").jsonText)
          try await eventually("the refusal is taken back", within: .seconds(60)) {
            await programmed(traffic, "lines") == nil
          }
          try await eventually("the mended log is written", within: .seconds(60)) {
            _ = try await traffic.get("/mended")
            return traffic.proxy.process.output.lines.contains { $0.contains("/mended") && $0.contains("HTTP/1.1") }
          }
          #expect(load.failures.isEmpty, "\(load.failures.prefix(5))")
        }
        try await eventually("both Events are there", within: .seconds(60)) {
          try await events(traffic.cluster, of: "lines").count >= 2
        }
        let told = try await events(traffic.cluster, of: "lines")
        #expect(told.map(\.text) == ["Warning ProxyRejected", "Normal Accepted"])
        #expect(told.first?.note.contains("Nosuch") == true)
        #expect(try await events(traffic.cluster, of: "other").isEmpty)
        let nacks = try await traffic.kgateway.metric("kgateway_xds_nacks_total", ["type": "listener"])
        #expect(nacks == (isChecked ? 0 : 1))
      }
    }

    /// Another proxy of the Gateway gets the listener that the first one still has, on the same port.
    private func newProxy(_ traffic: KubernetesTraffic) async throws {
      try await KubernetesProxy.withRunning(controlPlane: traffic.kgateway) { second in
        try await eventually("the second proxy is connected", within: .seconds(60)) {
          try await traffic.kgateway.metric("kgateway_connected_proxies") == 2
        }
        try await eventually("the second proxy logs requests as the first one does", within: .seconds(60)) {
          for _ in 0..<8 { _ = try await traffic.get("/second") }
          return second.process.output.lines.contains { $0.contains("/second") && $0.contains("\"value\"") }
        }
      }
    }

    @Test(
      "a policy that was never right costs a new listener only its own field, and the other policies go on",
      arguments: [false, true])
    func neverRight(isChecked: Bool) async throws {
      let flags = isChecked ? ["--validate-with-envoy", try RealComponent.envoy.path()] : []
      let other = Objects.accessLog("other", ["other": "%REQ(:PATH)%"])
      try await KubernetesTraffic.withRunning(flags, objects: [lines(Self.unknownMessage), other]) { traffic in
        _ = try await traffic.get("/first")
        try await traffic.proxy.process.output.line("the other policy logs", within: .seconds(60)) {
          $0.contains("\"other\"") && $0.contains("/first")
        }
        let condition = try await eventuallyValue("the policy is told", within: .seconds(60)) {
          await programmed(traffic, "lines").flatMap { $0.message.contains("in use without it") ? $0 : nil }
        }
        #expect(condition.message.contains("spec.accessLog[0].fileSink.jsonFormat.value: "), "\(condition.message)")

        // While it stands, others change as they like.
        try await traffic.cluster.apply(Objects.accessLog("other", ["changed": "%REQ(:PATH)%"]).jsonText)
        try await eventually("the change is in use", within: .seconds(60)) {
          _ = try await traffic.get("/second")
          return traffic.proxy.process.output.lines.contains { $0.contains("\"changed\"") }
        }
        #expect(await programmed(traffic, "lines") == condition)
        #expect(await programmed(traffic, "other") == nil)

        try await traffic.cluster.apply(lines("%PROTOCOL%").jsonText)
        try await eventually("the mended log is written", within: .seconds(60)) {
          _ = try await traffic.get("/mended")
          return traffic.proxy.process.output.lines.contains { $0.contains("/mended") && $0.contains("HTTP/1.1") }
        }
        try await eventually("the refusal is taken back", within: .seconds(60)) {
          await programmed(traffic, "lines") == nil
        }
        #expect(
          try await events(traffic.cluster, of: "lines").map(\.text) == ["Warning ProxyRejected", "Normal Accepted"])
        #expect(try await events(traffic.cluster, of: "other").isEmpty)
      }
    }

    @Test("another policy's change does not wait for the mend of one that is refused", arguments: [false, true])
    func othersGoOn(isChecked: Bool) async throws {
      let flags = isChecked ? ["--validate-with-envoy", try RealComponent.envoy.path()] : []
      let other = Objects.accessLog("other", ["other": "%REQ(:PATH)%"])
      try await KubernetesTraffic.withRunning(flags, objects: [lines(), other]) { traffic in
        try await traffic.proxy.process.output.line("both log", within: .seconds(60)) { $0.contains("\"other\"") }
        try await traffic.cluster.apply(lines(Self.unknownMessage).jsonText)
        _ = try await eventuallyValue("the policy is told", within: .seconds(60)) { await programmed(traffic, "lines") }
        try await traffic.cluster.apply(Objects.accessLog("other", ["changed": "%REQ(:PATH)%"]).jsonText)
        try await eventually("the change is in use", within: .seconds(60)) {
          _ = try await traffic.get("/changed")
          return traffic.proxy.process.output.lines.contains { $0.contains("\"changed\"") }
        }
        try await eventually("the policy is told what holds now", within: .seconds(60)) {
          await programmed(traffic, "lines")?.message.contains("the listener is in use without it") == true
        }
        #expect(await programmed(traffic, "other") == nil)
        #expect(try await events(traffic.cluster, of: "lines").map(\.text) == ["Warning ProxyRejected"])
        #expect(try await events(traffic.cluster, of: "other").isEmpty)
      }
    }

    @Test("the files of access logs are the proxies' matter: a check beside the operator does not look for them")
    func filesOfProxies() async throws {
      let flags = ["--validate-with-envoy", try RealComponent.envoy.path()]
      try await KubernetesTraffic.withRunning(flags, objects: [lines()]) { traffic in
        let file = "/nonexistent/folder/access.log"
        try await traffic.cluster.apply(
          Objects.policy(
            "lines", ["accessLog": [["fileSink": ["path": .string(file), "jsonFormat": ["path": "%REQ(:PATH)%"]]]]]
          ).jsonText)
        let condition = try await eventuallyValue("the policy is told", within: .seconds(60)) {
          await programmed(traffic, "lines")
        }
        #expect(condition.message.hasPrefix("spec.accessLog[0].fileSink.path: Envoy refuses it: unable to open file"))
        #expect(condition.message.contains("refused by 1 of 1 connected proxies"), "\(condition.message)")
        #expect(try await traffic.get("/").status == 200)
      }
    }

    @Test("a restart repeats neither the status nor the Event of a refusal that stands, and takes no listener away")
    func restart() async throws {
      try await KubernetesTraffic.withRunning(objects: [lines()], isSecure: false) { traffic in
        try await traffic.cluster.apply(lines(Self.unknownMessage).jsonText)
        let condition = try await eventuallyValue("the policy is told", within: .seconds(60)) {
          await programmed(traffic, "lines")
        }
        try await eventually("the Event is there", within: .seconds(60)) {
          try await events(traffic.cluster, of: "lines").count == 1
        }
        try await RequestLoad.run(onPort: traffic.port) { load in
          try traffic.kgateway.process.send(.terminate)
          _ = try await traffic.kgateway.process.waitForExit(within: .seconds(30))
          await traffic.cluster.apiServer.forgetRequests()
          try await KubernetesOperator.withReady(traffic.cluster, xdsPort: traffic.kgateway.xdsPort) { second in
            try await eventually("the proxy has refused it again", within: .seconds(60)) {
              try await second.metric("kgateway_xds_nacks_total", ["type": "listener"]) >= 1
            }
            let answers = load.answers
            try await eventually("requests are answered", within: .seconds(60)) { load.answers > answers + 20 }
            #expect(await programmed(traffic, "lines")?.status == condition.status)
            #expect(try await events(traffic.cluster, of: "lines").map(\.text) == ["Warning ProxyRejected"])

            try await traffic.cluster.apply(lines("%PROTOCOL%").jsonText)
            try await eventually("the recovery is told", within: .seconds(60)) {
              try await events(traffic.cluster, of: "lines").map(\.text) == [
                "Warning ProxyRejected", "Normal Accepted",
              ]
            }
          }
          #expect(load.failures.isEmpty, "\(load.failures.prefix(5))")
        }
      }
    }

    @Test("what our own checks refuse is told by an Event as well, and so is the mend; kubectl shows both")
    func invalid() async throws {
      try await KubernetesCluster.withRunning { cluster in
        try await cluster.put(Objects.application(listenerPort: 8080, backendPort: 9))
        try await KubernetesOperator.withReady(cluster) { _ in
          try await cluster.apply(lines("%RESPONS_CODE%").jsonText)
          try await eventually("the refusal is told", within: .seconds(60)) {
            try await events(cluster, of: "lines").map(\.text) == ["Warning Invalid"]
          }
          #expect(try await events(cluster, of: "lines").first?.note.contains("did you mean %RESPONSE_CODE%?") == true)
          try await cluster.apply(lines("%RESPONSE_CODE%").jsonText)
          try await eventually("the recovery is told", within: .seconds(60)) {
            try await events(cluster, of: "lines").map(\.text) == ["Warning Invalid", "Normal Accepted"]
          }
          let shown = try await cluster.kubectl(["describe", "httplistenerpolicy/lines", "-n", Objects.namespace])
          #expect(shown.contains("Warning"), "\(shown)")
          #expect(shown.contains("RESPONS_CODE"), "\(shown)")
        }
      }
    }
  }
}
