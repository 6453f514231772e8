import JSON
import RealComponents
import Testing

extension EndToEnd {
  @Suite("changes while it runs")
  struct LiveChanges {
    @Test("policies edited under load reach the same Envoy process, and no request fails")
    func policiesUnderLoad() async throws {
      try await StandaloneHarness.run { standalone in
        let envoys = try standalone.envoys()
        #expect(envoys.count == 1)
        let propagations = "kgateway_config_propagation_seconds_count"
        let propagationsBefore = try #require(try await standalone.metric(propagations))
        let guide = try Examples.text("access-logging.yaml")
        let tracing = try Examples.text("tracing.yaml")
        try await RequestLoad.run(onPort: standalone.ports.gateway) { load in
          for edit in 1...5 {
            let before = load.answers
            // The listener changes, and with the propagators the route and the cluster too.
            try standalone.manifests.write(
              guide.replacing("        method:", with: "        edit: \"edit \(edit)\"\n        method:"),
              to: "access-logging.yaml")
            try standalone.manifests.write(
              edit.isMultiple(of: 2) ? tracing : tracing.replacing("- B3", with: "- B3_SINGLE_HEADER"),
              to: "tracing.yaml")
            try await standalone.accessLogLine("the access log shows edit \(edit)") {
              $0["edit"] == .string("edit \(edit)")
            }
            try await standalone.eventually("requests are answered after edit \(edit)") { load.answers > before + 20 }
          }
          #expect(load.failures.isEmpty, "\(load.failures.prefix(5))")
        }
        #expect(try standalone.envoys() == envoys)
        // Two files that change at once may be one change.
        #expect(try await standalone.metric(propagations) ?? 0 >= propagationsBefore + 5)
      }
    }

    @Test("a policy that is taken away is out of effect, and the others stay")
    func policyRemoved() async throws {
      try await StandaloneHarness.run { standalone in
        #expect(try await standalone.get("/traced").sentUpstream("traceparent").count == 1)
        try standalone.manifests.remove("tracing.yaml")
        try await standalone.eventually("requests are no longer traced") {
          try await standalone.get("/untraced").sentUpstream("traceparent").isEmpty
        }
        try await standalone.accessLogLine(ofPath: "/untraced")
      }
    }

    @Test("a change of one Gateway's policy translates that Gateway alone")
    func oneOfTwoGateways() async throws {
      let otherPort = try LoopbackPorts.free()
      try await StandaloneHarness.run { ports in
        var files = try Examples.all(ports)
        files["other.yaml"] = """
          apiVersion: gateway.networking.k8s.io/v1
          kind: Gateway
          metadata:
            name: other
            namespace: kgateway-system
          spec:
            gatewayClassName: kgateway
            listeners:
            - name: http
              protocol: HTTP
              port: \(otherPort)
          """
        return files
      } _: { standalone in
        try await standalone.eventually("the other Gateway's Envoy answers, and has no route") {
          try await HTTPConnection.get(port: otherPort).status == 404
        }
        #expect(try standalone.envoys().count == 2)
        let translations = #"kgateway_translation_count{status="success"}"#
        let before = try #require(try await standalone.metric(translations))

        try standalone.manifests.write(
          try Examples.text("tracing.yaml").replacing("- B3", with: "- B3_SINGLE_HEADER"), to: "tracing.yaml")
        try await standalone.eventually("the change is in effect") {
          try await standalone.get().sentUpstream("b3").count == 1
        }
        #expect(try await standalone.metric(translations) == before + 1)
      }
    }

    @Test("a listener that moves to another port answers there, and no longer where it was")
    func listenerMoves() async throws {
      let newPort = try LoopbackPorts.free()
      try await StandaloneHarness.run { standalone in
        try standalone.manifests.write(
          try standalone.manifests.read("gateway.yaml")
            .replacing("port: \(standalone.ports.gateway)", with: "port: \(newPort)"), to: "gateway.yaml")
        try await standalone.eventually("the new port answers") {
          try await HTTPConnection.get(port: newPort).status == 200
        }
        try await standalone.eventually("the old port is closed") {
          (try? await standalone.get()) == nil
        }
      }
    }

    @Test("an endpoint change moves the traffic, and nothing is translated")
    func endpoints() async throws {
      try await StandaloneHarness.run { standalone in
        try await Backend.with(name: "second") { second in
          #expect(try await standalone.get().backend == "backend")
          let count = try #require(try await standalone.metric(#"kgateway_translation_count{status="success"}"#))
          #expect(count >= 1)

          try standalone.manifests.write(
            try Examples.endpoints(port: second.port), to: "endpointslice.yaml")
          try await standalone.eventually("the second backend answers") {
            try await standalone.get().backend == "second"
          }

          #expect(try await standalone.metric(#"kgateway_translation_count{status="success"}"#) == count)
        }
      }
    }

    @Test("a Gateway that is taken away takes its Envoy with it, and gets a new one when it is back")
    func gatewayRemoved() async throws {
      try await StandaloneHarness.run { standalone in
        let first = try standalone.envoys()
        let manifest = try standalone.manifests.read("gateway.yaml")
        try standalone.manifests.remove("gateway.yaml")
        try await standalone.eventually("the Envoy ends") { try standalone.envoys().isEmpty }

        try standalone.manifests.write(manifest, to: "gateway.yaml")
        try await standalone.eventually("requests are answered") { try await standalone.get().status == 200 }
        #expect(try standalone.envoys() != first)
      }
    }
  }
}
