import JSON
import RealComponents
import Testing

extension EndToEnd {
  @Suite("the other commands")
  struct Commands {
    private static let examples = PackageRoot.path("deploy/examples")

    @Test("translate -o bootstrap prints a configuration that Envoy accepts")
    func bootstrap() async throws {
      try await withTemporaryFolder { folder in
        let file = try folder.write(
          try await kgateway("translate", "-f", Self.examples, "-o", "bootstrap"), to: "bootstrap.yaml")
        let result = try await runCommand(
          try RealComponent.envoy.path(), ["--mode", "validate", "-c", file, "--use-dynamic-base-id"])
        #expect(result.succeeded, "\(result.errorOutput.suffix(2_000))")
        #expect((result.output + result.errorOutput).contains("configuration '\(file)' OK"))
      }
    }

    @Test("translate -o json prints the resources of each Gateway, the same every time")
    func json() async throws {
      let text = try await kgateway("translate", "-f", Self.examples, "-o", "json")
      var reader = JSONReader(Array(text.utf8))
      let document = try reader.readValue()
      guard case .object(let resources)? = document["kgateway-system/agentgateway-proxy"] else {
        Issue.record("\(text.prefix(500))")
        return
      }
      #expect(Set(resources.map(\.key)).isSuperset(of: ["listeners", "routes", "clusters"]))
      #expect(try await kgateway("translate", "-f", Self.examples, "-o", "json") == text)
    }

    @Test("translate and validate tell what is wrong, and translate prints the rest all the same")
    func refused() async throws {
      try await withTemporaryFolder { folder in
        for file in ["gateway.yaml", "httproute.yaml", "service.yaml", "tracing.yaml"] {
          try folder.write(
            try Examples.text(file).replacing("samplingRate: 100 ", with: "samplingRate: 140 "), to: file)
        }
        let result = try await runCommand(
          try BuiltProduct.path("kgateway"), ["translate", "-f", folder.path, "-o", "yaml"])
        #expect(result.status == .exited(1))
        #expect(result.errorOutput.hasPrefix(folder.path("tracing.yaml") + ":15:19: "))
        #expect(result.output.contains("listener~8080"))
      }
    }

    @Test("validate says that the examples are well, and exits with 0")
    func validate() async throws {
      let output = try await kgateway("validate", "-f", Self.examples)
      #expect(output == "all is well: 3 policies, 1 routes, 1 Gateways\n")
    }

    @Test("validate, translate and explain tell what is wrong with GatewayParameters, and with who refers to them")
    func parameters() async throws {
      try await withTemporaryFolder { folder in
        let gateway = """
          apiVersion: gateway.networking.k8s.io/v1
          kind: Gateway
          metadata: {name: web, namespace: shop}
          spec:
            gatewayClassName: kgateway
            listeners: [{name: http, port: 8080, protocol: HTTP}]
            infrastructure:
              parametersRef: {group: gateway.kgateway.dev, kind: GatewayParameters, name: lage}
          """
        let parameters = """
          apiVersion: gateway.kgateway.dev/v1alpha1
          kind: GatewayParameters
          metadata: {name: large, namespace: shop}
          spec:
            logLevel: warn
            resources:
              limits:
                memory: 1GB
          """
        let gatewayClass = """
          apiVersion: gateway.networking.k8s.io/v1
          kind: GatewayClass
          metadata: {name: kgateway}
          spec:
            controllerName: kgateway.dev/kgateway
            parametersRef: {group: gateway.kgateway.dev, kind: GatewayParameters, name: all, namespace: platform}
          """
        for (name, text) in [("a", gateway), ("b", parameters), ("c", gatewayClass)] {
          try folder.write(text, to: "\(name).yaml")
        }
        let expected = """
          \(folder.path)/a.yaml:8:20: Gateway shop/web: spec.infrastructure.parametersRef: there is no GatewayParameters \
          shop/lage; create it, or correct the reference
          \(folder.path)/b.yaml:5:13: GatewayParameters shop/large: spec.logLevel: "warn" is unknown; did you mean \
          warning? known: trace, debug, info, warning, error, critical, off
          \(folder.path)/b.yaml:8:15: GatewayParameters shop/large: spec.resources.limits.memory: "1GB" is no quantity; \
          write a number with a unit, as 500m or 1Gi
          \(folder.path)/c.yaml:6:18: GatewayClass kgateway: spec.parametersRef: there is no GatewayParameters \
          platform/all; create it, or correct the reference

          """
        let program = try BuiltProduct.path("kgateway")
        let validated = try await runCommand(program, ["validate", "-f", folder.path])
        #expect(validated.output == expected)
        #expect(validated.errorOutput == "4 errors\n")
        #expect(validated.status == .exited(1))
        #expect(try await runCommand(program, ["translate", "-f", folder.path]).errorOutput == expected)
        #expect(try await runCommand(program, ["explain", "-f", folder.path]).errorOutput == expected)

        try folder.write(gateway.replacing("lage", with: "large"), to: "a.yaml")
        try folder.write(
          parameters.replacing("warn", with: "info").replacing("1GB", with: "1Gi").replacing("large", with: "all")
            .replacing("shop", with: "platform") + "\n---\n"
            + parameters.replacing("warn", with: "info").replacing("1GB", with: "1Gi"), to: "b.yaml")
        #expect(
          try await kgateway("validate", "-f", folder.path) == "all is well: 0 policies, 0 routes, 1 Gateways\n")
      }
    }

    @Test("-f - reads what kubectl prints of a cluster, a List with what servers add")
    func standardInput() async throws {
      let list = """
        apiVersion: v1
        kind: List
        metadata:
          resourceVersion: ""
        items:
        - apiVersion: gateway.networking.k8s.io/v1
          kind: GatewayClass
          metadata: {name: kgateway, uid: c1, resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z"}
          spec: {controllerName: kgateway.dev/kgateway, description: ours}
          status:
            conditions: [{type: Accepted, status: "True", reason: Accepted, message: "", observedGeneration: 1, \
        lastTransitionTime: "2026-01-01T00:00:00Z"}]
        - apiVersion: gateway.networking.k8s.io/v1
          kind: Gateway
          metadata:
            name: web
            namespace: shop
            uid: g1
            resourceVersion: "7"
            generation: 2
            managedFields: [{manager: kubectl, operation: Apply, apiVersion: gateway.networking.k8s.io/v1, \
        time: "2026-01-01T00:00:00Z", fieldsType: FieldsV1, fieldsV1: {"f:spec": {}}}]
          spec:
            gatewayClassName: kgateway
            listeners:
            - {name: http, port: 8080, protocol: HTTP, allowedRoutes: {namespaces: {from: Same}}}
        - apiVersion: v1
          kind: Service
          metadata: {name: kubernetes, namespace: default, labels: {component: apiserver}}
          spec:
            clusterIP: 10.96.0.1
            clusterIPs: [10.96.0.1]
            internalTrafficPolicy: Cluster
            ipFamilies: [IPv4]
            ipFamilyPolicy: SingleStack
            ports: [{name: https, port: 443, protocol: TCP, targetPort: 6443}]
            sessionAffinity: None
            type: ClusterIP
          status: {loadBalancer: {}}
        - apiVersion: gateway.kgateway.dev/v1alpha1
          kind: HTTPListenerPolicy
          metadata: {name: p, namespace: shop, uid: p1, generation: 1, creationTimestamp: "2026-01-01T00:00:00Z"}
          spec:
            targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: web}]
            useRemoteAddress: false
          status: {ancestors: []}
        """
      let program = try BuiltProduct.path("kgateway")
      let input = ProcessSettings(standardInput: list)
      #expect(
        try await outputOfCommand(program, ["explain", "-f", "-"], settings: input) == """
          Gateway shop/web

            listener http: port 8080, every host
              spec.useRemoteAddress  (HTTPListenerPolicy shop/p, standard input:43)
                false

          """)
      #expect(
        try await outputOfCommand(program, ["validate", "-f", "-"], settings: input)
          == "all is well: 1 policies, 0 routes, 1 Gateways\n")
      #expect(
        try await outputOfCommand(program, ["translate", "-f", "-", "-o", "yaml"], settings: input)
          .contains("listener~8080"))
    }

    @Test("explain says what there is if a Gateway does not exist, and exits with 1")
    func explainUnknownGateway() async throws {
      let result = try await runCommand(
        try BuiltProduct.path("kgateway"), ["explain", "-f", Self.examples, "--gateway", "shop/web"])
      #expect(result.status == .exited(1))
      #expect(result.output.isEmpty)
      #expect(
        result.errorOutput
          == "Error: there is no Gateway shop/web that is served here; there is: kgateway-system/agentgateway-proxy\n")
    }

    @Test("a regular expression longer than Envoy takes by itself is in a bootstrap that lets Envoy take it")
    func longExpression() async throws {
      try await withTemporaryFolder { folder in
        try folder.write(try Examples.text("gateway.yaml"), to: "gateway.yaml")
        try folder.write(
          """
          apiVersion: gateway.kgateway.dev/v1alpha1
          kind: HTTPListenerPolicy
          metadata: {name: long, namespace: kgateway-system}
          spec:
            targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: agentgateway-proxy}]
            accessLog:
            - fileSink: {path: /dev/null, stringFormat: "%PROTOCOL%"}
              filter: {headerFilter: {header: {type: RegularExpression, name: x, value: "a{900}"}}}
          """, to: "policy.yaml")
        let file = try folder.write(
          try await kgateway("translate", "-f", folder.path, "-o", "bootstrap"), to: "bootstrap.yaml")
        let arguments = ["--mode", "validate", "-c", file, "--use-dynamic-base-id"]
        let envoy = try RealComponent.envoy.path()
        #expect(try await runCommand(envoy, arguments).succeeded)
        // The setting is what it takes.
        try folder.write(
          try folder.read("bootstrap.yaml").replacing("max_program_size.error_level", with: "other"),
          to: "bootstrap.yaml")
        let refusal = try await runCommand(envoy, arguments)
        #expect(!refusal.succeeded)
        #expect(refusal.errorOutput.contains("RE2 program size of 904 > max program size of 100"))
      }
    }

    @Test("version tells the version, the commit, Swift and Envoy")
    func version() async throws {
      let lines = try await kgateway("version").split(separator: "\n")
      #expect(lines.compactMap { $0.split(separator: " ").first } == ["kgateway", "commit", "Swift", "Envoy"])
      #expect(lines.allSatisfy { $0.split(separator: " ").count == 2 })
    }

    @Test(
      "each command has help for a newcomer",
      arguments: [[], ["run"], ["standalone"], ["translate"], ["validate"], ["explain"], ["version"]])
    func help(_ command: [String]) async throws {
      let result = try await runCommand(try BuiltProduct.path("kgateway"), command + ["--help"])
      #expect(result.succeeded)
      #expect(result.output.contains("OVERVIEW: "))
      #expect(result.output.contains("USAGE: kgateway"))
      #expect(result.errorOutput.isEmpty)
    }

    private func kgateway(_ arguments: String...) async throws -> String {
      try await outputOfCommand(try BuiltProduct.path("kgateway"), arguments)
    }
  }
}
