import OTLPSink
import RealComponents
import Testing

extension EndToEnd {
  @Suite("objects that are refused")
  struct RefusedInput {
    /// A mistake in the examples, and what a person is told of it.
    struct Mistake: Sendable, CustomStringConvertible {
      var description: String
      var file: String
      /// The text that is replaced, and the mistake that replaces it.
      var correct: String
      var wrong: String
      /// `line:column` of the mistake.
      var place: String
      var object: String
      /// The field, and what is said of it.
      var message: String
      /// Another manifest that the mistake needs.
      var besides: String?
    }

    static let mistakes = [
      Mistake(
        description: "a static cluster that is unknown", file: "otel-access-logging.yaml",
        correct: "staticClusterName: otel-collector", wrong: "staticClusterName: otel-colector", place: "14:26",
        object: "HTTPListenerPolicy kgateway-system/otel-access-logging",
        message: """
          spec.accessLog[0].grpcService.staticClusterName: unknown static cluster "otel-colector"; \
          did you mean "otel-collector"? known: otel-collector
          """),
      Mistake(
        description: "an operator that does not exist", file: "access-logging.yaml", correct: "%RESPONSE_CODE%",
        wrong: "%RESPONS_CODE%", place: "20:24", object: "HTTPListenerPolicy kgateway-system/access-logging",
        message: """
          spec.accessLog[0].fileSink.jsonFormat.response_code: unknown operator %RESPONS_CODE% at position 0; \
          did you mean %RESPONSE_CODE%?
          """),
      Mistake(
        description: "an operator that is not closed", file: "access-logging.yaml", correct: "%PROTOCOL%",
        wrong: "%PROTOCOL", place: "19:19", object: "HTTPListenerPolicy kgateway-system/access-logging",
        message: """
          spec.accessLog[0].fileSink.jsonFormat.protocol: the operator %PROTOCOL at position 0 is not closed by a %; \
          write %% for a literal percent sign
          """),
      Mistake(
        description: "a samplingRate over 100", file: "tracing.yaml", correct: "samplingRate: 100 ",
        wrong: "samplingRate: 140 ", place: "15:19", object: "HTTPListenerPolicy kgateway-system/tracing",
        message: """
          spec.tracing.samplingRate: 140 is not a percentage; use a number from 0 to 100, as 10 for one trace in ten
          """),
      Mistake(
        description: "a Gateway that does not exist", file: "tracing.yaml", correct: "name: agentgateway-proxy",
        wrong: "name: agentgateway", place: "10:11", object: "HTTPListenerPolicy kgateway-system/tracing",
        message: """
          spec.targetRefs[0].name: Gateway kgateway-system/agentgateway does not exist; create it, or name a Gateway in \
          the policy's namespace (there is: agentgateway-proxy)
          """),
      Mistake(
        description: "a Gateway of another class", file: "tracing.yaml", correct: "name: agentgateway-proxy",
        wrong: "name: mesh", place: "10:11", object: "HTTPListenerPolicy kgateway-system/tracing",
        message: """
          spec.targetRefs[0].name: Gateway kgateway-system/mesh is of class "mesh", which mesh.example.com/controller \
          serves, not kgateway.dev/kgateway; set the Gateway's gatewayClassName to agentgateway or kgateway
          """, besides: foreignGateway),
      Mistake(
        description: "a route to a Service that does not exist", file: "httproute.yaml", correct: "name: demo-backend",
        wrong: "name: demo-backnd", place: "16:13", object: "HTTPRoute kgateway-system/demo",
        message: """
          spec.rules[0].backendRefs[0].name: the Service kgateway-system/demo-backnd does not exist; create it, or \
          correct the name
          """),
    ]

    private static let foreignGateway = """
      apiVersion: gateway.networking.k8s.io/v1
      kind: GatewayClass
      metadata:
        name: mesh
      spec:
        controllerName: mesh.example.com/controller
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata:
        name: mesh
        namespace: kgateway-system
      spec:
        gatewayClassName: mesh
        listeners:
        - name: http
          protocol: HTTP
          port: 80
      """

    @Test("the log and validate name the object, the field, the place and the remedy", arguments: mistakes)
    func told(_ mistake: Mistake) async throws {
      try await StandaloneHarness.run(.controlPlane) { ports in
        var files = try Examples.all(ports)
        files[mistake.file] = files[mistake.file]?.replacing(mistake.correct, with: mistake.wrong)
        files["besides.yaml"] = mistake.besides
        return files
      } _: { standalone in
        let line = try await standalone.logLine("\(mistake.object) is refused: ")
        #expect(line.contains(mistake.message), "\(line)")

        let result = try await runCommand(
          try BuiltProduct.path("kgateway"), ["validate", "-f", standalone.manifests.path])
        #expect(result.status == .exited(1))
        let diagnostics = result.output.split(separator: "\n")
        #expect(diagnostics.count == 1)
        let place = "\(standalone.manifests.path(mistake.file)):\(mistake.place)"
        #expect(diagnostics.first.map(String.init) == "\(place): \(mistake.object): \(mistake.message)")
        #expect(result.errorOutput == "1 error\n")

        // Another translation of the same mistake says nothing new.
        let translations = #"kgateway_translation_count{status="success"}"#
        let before = try #require(try await standalone.metric(translations))
        try standalone.manifests.write(
          try standalone.manifests.read("gateway.yaml").replacing("name: http", with: "name: web"), to: "gateway.yaml")
        try await standalone.eventually("the Gateway is translated again") {
          try await standalone.metric(translations) ?? 0 > before
        }
        #expect(standalone.process.errorOutput.lines.filter { $0.contains(mistake.object) }.count == 1)
      }
    }

    @Test("what is right beside a refused policy is in effect, and the policy too once it is mended")
    func restIsInEffect() async throws {
      try await StandaloneHarness.run { standalone in
        let guide = try standalone.manifests.read("access-logging.yaml")
        try standalone.manifests.write(
          guide.replacing("%RESPONSE_CODE%", with: "%RESPONS_CODE%"), to: "access-logging.yaml")
        try await standalone.logLine("access-logging is refused", "did you mean %RESPONSE_CODE%?")

        #expect(try await standalone.get("/meanwhile").status == 200)
        _ = try await standalone.sink.waitForLogRecords(within: EndToEnd.patience) {
          $0.attributes["url.path"] == "/meanwhile"
        }

        try standalone.manifests.write(guide, to: "access-logging.yaml")
        try await standalone.logLine("HTTPListenerPolicy kgateway-system/access-logging is no longer refused")
        try await standalone.eventually("the access log is written again") {
          _ = try await standalone.get("/mended")
          return standalone.process.output.lines.contains { $0.contains(#""path":"/mended""#) }
        }
      }
    }

    @Test("a rule with a missing Service answers 500, and the other rules of its route work")
    func missingService() async throws {
      try await StandaloneHarness.run { ports in
        var files = try Examples.routing(ports)
        files["httproute.yaml"] = """
          apiVersion: gateway.networking.k8s.io/v1
          kind: HTTPRoute
          metadata:
            name: demo
            namespace: kgateway-system
          spec:
            parentRefs:
            - name: agentgateway-proxy
            rules:
            - matches:
              - path: {type: PathPrefix, value: /gone}
              backendRefs:
              - name: gone
                port: 8080
            - backendRefs:
              - name: demo-backend
                port: 8080
          """
        return files
      } _: { standalone in
        #expect(try await standalone.get("/here").status == 200)
        #expect(try await standalone.get("/gone/too").status == 500)
        try await standalone.logLine("HTTPRoute kgateway-system/demo", "gone")
      }
    }
  }
}
