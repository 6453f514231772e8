import Deployer
import RealComponents
import Testing
import Translator

/// A rendered pod, started as a kubelet would, with the real Envoy and the real control plane.
@Suite("A proxy's pod", .serialized)
struct PodTests {
  @Test("is ready once its configuration came, and shows the network its metrics, its readiness, and nothing else")
  func serves() async throws {
    let ports = try LoopbackPorts.free(8)
    let (xds, web, admin, ready, metrics) = (ports[0], ports[1], ports[2], ports[3], ports[4])
    let manifests = Manifests.text(ports: [web], settings: Manifests.plaintext(xds: xds))
    let pod = try RenderedPod(try Manifests(manifests).deployment)
    try await withTemporaryFolder { folder in
      _ = try folder.write(Manifests.text(ports: [web]), to: "manifests/gateway.yaml")
      let arguments = try pod.mount(
        in: folder, ports: [19000: admin, 9094: ready, 9091: metrics],
        variables: [
          "POD_NAME": "web-1", "POD_NAMESPACE": "shop", "POD_IP": "10.0.0.1", "NODE_NAME": "one",
        ]
      ).proxy
      try await withProcess(RealComponent.envoy.path(), arguments) { _ in
        try await eventually("the proxy has started", within: .seconds(30)) {
          try await Connection.send(port: admin, "GET", "/ready").status == 503
        }
        // Without its configuration it does not even listen.
        await #expect(throws: (any Error).self) { try await Connection.send(port: ready, "GET", "/ready") }

        let controlPlane = [
          "standalone", "--no-envoy", "--manifests", folder.path("manifests"), "--xds-address", "127.0.0.1:\(xds)",
          "--metrics-address", "127.0.0.1:\(ports[5])", "--health-address", "127.0.0.1:\(ports[6])",
        ]
        try await withProcess(BuiltProduct.path("kgateway"), controlPlane) { _ in
          try await eventually("the proxy is ready", within: .seconds(30)) {
            try await Connection.send(port: ready, "GET", "/ready").status == 200
          }
          #expect(try await Connection.send(port: web).status == 404)
          try await Self.checkMetrics(port: metrics)
          for path in ["/", "/metrics", "/ready/", "/ready?x", "/quitquitquit", "/healthcheck/fail"] {
            #expect(try await Connection.send(port: ready, "GET", path).status != 200, "\(path)")
          }
          #expect(try await Connection.send(port: ready, "POST", "/ready").status == 405)
          let node = try await Connection.send(port: admin, "GET", "/server_info").body
          for text in [#""web-1.shop""#, #""shop/web""#, #""pod_ip": "10.0.0.1""#, #""node_name": "one""#] {
            #expect(node.contains(text), "\(text)")
          }
        }
      }
    }
  }

  @Test("lets in no more clients than there is memory for, and shows its metrics and its readiness all the same")
  func limitsConnections() async throws {
    let ports = try LoopbackPorts.free(7)
    let (xds, web, ready, metrics) = (ports[0], ports[1], ports[2], ports[3])
    let pod = try RenderedPod(try Manifests(Manifests.text(settings: Manifests.plaintext(xds: xds))).deployment)
    try await withTemporaryFolder { folder in
      _ = try folder.write(Manifests.text(ports: [web]), to: "manifests/gateway.yaml")
      let limit = #""max_active_downstream_connections": "52428""#
      #expect(pod.files["envoy.json"]?.contains(limit) == true)
      let arguments = try pod.mount(in: folder, ports: [19000: ports[4], 9094: ready, 9091: metrics]) {
        $0.replacing(limit, with: #""max_active_downstream_connections": "2""#)
      }.proxy
      let controlPlane = [
        "standalone", "--no-envoy", "--manifests", folder.path("manifests"), "--xds-address", "127.0.0.1:\(xds)",
        "--metrics-address", "127.0.0.1:\(ports[5])", "--health-address", "127.0.0.1:\(ports[6])",
      ]
      let settings = arguments.map { $0.replacing("$(POD_NAME).$(POD_NAMESPACE)", with: "web-1.shop") }
      try await withProcess(BuiltProduct.path("kgateway"), controlPlane) { _ in
        try await withProcess(RealComponent.envoy.path(), settings) { proxy in
          try await eventually("the proxy is ready", within: .seconds(30)) {
            try await Connection.send(port: ready, "GET", "/ready").status == 200
          }
          try await Connection.with(port: web) { first in
            #expect(try await first.send().status == 404)
            try await Connection.with(port: web) { second in
              #expect(try await second.send().status == 404)
              let third = try? await Connection.send(port: web)
              #expect(third == nil, "it is not let in")
              let readiness = try await Connection.send(port: ready, "GET", "/ready")
              #expect(readiness.status == 200)
              let page = try await Connection.send(port: metrics, "GET", "/metrics")
              #expect(page.status == 200)
            }
          }
          try await eventually("there is a place again") { try await Connection.send(port: web).status == 404 }
          #expect(!proxy.errorOutput.text.contains("no configured limit"))
        }
      }
    }
  }

  private static func checkMetrics(port: Int) async throws {
    let page = try await Connection.send(port: port, "GET", "/metrics")
    #expect(page.status == 200)
    #expect(page.body.contains(/envoy_server_live\{namespace="[a-z-]+",gateway="[a-z-]+"\} 1\n/))
    for path in [
      "/", "/stats", "/stats/prometheus", "/ready", "/metrics/", "//metrics", "/metrics?filter=.*", "/quitquitquit",
      "/metrics/../quitquitquit", "/config_dump",
    ] {
      #expect(try await Connection.send(port: port, "GET", path).status == 404, "\(path)")
    }
    for method in ["POST", "PUT", "DELETE", "HEAD", "OPTIONS"] {
      let answer = try await Connection.send(port: port, method, "/metrics")
      #expect(answer.status == 405, "\(method)")
    }
  }
}
