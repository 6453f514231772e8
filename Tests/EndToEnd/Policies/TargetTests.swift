import RealComponents
import Testing

extension EndToEnd {
  @Suite("targets of policies on the real Envoy")
  struct PolicyTargets {
    private static func log(_ name: String, _ targets: String, filter: String? = nil) -> String {
      """
      ---
      apiVersion: gateway.kgateway.dev/v1alpha1
      kind: HTTPListenerPolicy
      metadata: {name: \(name), namespace: shop, creationTimestamp: "2026-01-01T00:00:00Z"}
      spec:
      \(targets)
        accessLog:
        - fileSink: {path: "${folder}/\(name).log", stringFormat: "%REQ(:AUTHORITY)%%REQ(:PATH)% %RESPONSE_CODE%"}
      \(filter.map { "    filter: " + $0 } ?? "")

      """
    }

    @Test("a policy for one listener logs its requests alone, on its own port and on one that it shares")
    func sections() async throws {
      let gateway = """
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: edge, namespace: shop}
        spec:
          gatewayClassName: kgateway
          listeners:
          - {name: any, port: ${port:shared}, protocol: HTTP}
          - {name: a, port: ${port:shared}, protocol: HTTP, hostname: a.example}
          - {name: b, port: ${port:shared}, protocol: HTTP, hostname: "*.b.example"}
          - {name: alone, port: ${port:alone}, protocol: HTTP}

        """
      let manifests =
        gateway + PolicyManifests.route(to: "edge").replacing("name: all,", with: "name: some,")
        + PolicyManifests.route(to: "edge, sectionName: a").replacing("name: all,", with: "name: of-a,")
        + ["any", "a", "b", "alone"].map {
          Self.log($0, "  targetRefs: [{name: edge, sectionName: \($0)}]")
        }.joined()
        + Self.log("a-and-b", "  targetRefs: [{name: edge, sectionName: a}, {name: edge, sectionName: b}]")
        + Self.log("all", "  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: edge}]")
      try await PolicyBed.run(manifests: [manifests]) { bed in
        let requests = [
          ("shared", "c.example", "any"), ("shared", "a.example", "a"), ("shared", "x.b.example", "b"),
          ("shared", "b.example", "any"), ("alone", "a.example", "alone"), ("alone", "c.example", "alone"),
        ]
        var expected: [String: [String]] = [:]
        for (number, (port, host, listener)) in requests.enumerated() {
          let answer = try await bed.send(port, "/\(number)", host: host)
          #expect(answer.status == 200)
          for log in [listener, "all"] + (["a", "b"].contains(listener) ? ["a-and-b"] : []) {
            expected[log, default: []].append("\(host)/\(number) 200")
          }
        }
        for (log, lines) in expected {
          #expect(try await bed.lines(of: "\(log).log") { $0 == lines.last } == lines, "\(log)")
        }
      }
    }

    @Test("a request for no host of a shared port's listeners is in the logs of the whole Gateway alone")
    func noListener() async throws {
      let gateway = """
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: edge, namespace: shop}
        spec:
          gatewayClassName: kgateway
          listeners:
          - {name: a, port: ${port:shared}, protocol: HTTP, hostname: a.example}
          - {name: b, port: ${port:shared}, protocol: HTTP, hostname: b.example}

        """
      let manifests =
        gateway + PolicyManifests.route(to: "edge, sectionName: a")
        + ["a", "b"].map { Self.log($0, "  targetRefs: [{name: edge, sectionName: \($0)}]") }.joined()
        + Self.log("all", "  targetRefs: [{name: edge}]")
        + Self.log(
          "filtered", "  targetRefs: [{name: edge, sectionName: b}]", filter: "{statusCodeFilter: {op: EQ, value: 404}}"
        )
      try await PolicyBed.run(manifests: [manifests]) { bed in
        for host in ["c.example", "a.example", "b.example"] { try await bed.send("shared", "/", host: host) }
        let all = try await bed.lines(of: "all.log") { $0.hasPrefix("b.example") }
        #expect(all == ["c.example/ 404", "a.example/ 200", "b.example/ 404"])
        #expect(try await bed.lines(of: "a.log") { !$0.isEmpty } == ["a.example/ 200"])
        // The listener has no route, and the request is its own all the same.
        for log in ["b", "filtered"] {
          #expect(try await bed.lines(of: "\(log).log") { !$0.isEmpty } == ["b.example/ 404"])
        }
      }
    }

    @Test(
      "a policy is for the Gateways with its labels, and policies on one Gateway add up; the oldest decides the rest")
    func selectorsAndMerging() async throws {
      func gateway(_ name: String, labels: String) -> String {
        PolicyManifests.gateway(name).replacing(
          "namespace: shop}\nspec:\n  gatewayClassName",
          with: "namespace: shop, labels: \(labels)}\nspec:\n  gatewayClassName")
      }
      let policies =
        Self.log("first", "  serverHeaderTransformation: PassThrough\n  targetSelectors: [{matchLabels: {tier: edge}}]")
        + Self.log(
          "second",
          """
            targetSelectors:
            - {group: gateway.networking.k8s.io, kind: Gateway, matchLabels: {tier: edge, zone: a}}
            serverHeaderTransformation: Overwrite
          """)
      try await PolicyBed.run(manifests: [
        gateway("both", labels: "{tier: edge, zone: a}") + policies,
        gateway("one", labels: "{tier: edge, zone: b}") + policies, gateway("none", labels: "{zone: a}") + policies,
      ]) { bed in
        for name in ["none", "one", "both"] {
          let answer = try await bed.send(name, "/served", host: name)
          #expect(answer["server"] == [name == "none" ? "envoy" : "theirs"])
        }
        #expect(try await bed.lines(of: "first.log") { $0.hasPrefix("both") } == ["one/served 200", "both/served 200"])
        #expect(try await bed.lines(of: "second.log") { $0.hasPrefix("both") } == ["both/served 200"])
      }
    }
  }
}
