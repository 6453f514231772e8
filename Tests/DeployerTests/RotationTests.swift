import RealComponents
import Testing

import enum APIServerDouble.TestCertificates

/// What a proxy connects with, while the kubelet replaces it: the real Envoy, and a control plane in grpcio.
@Suite("The token and the authorities of a running proxy", .serialized)
struct RotationTests {
  @Test("are read again when they are replaced, by no more than the configuration")
  func rotates() async throws {
    let ports = try LoopbackPorts.free(4)
    let (xds, admin) = (ports[0], ports[1])
    let settings = "kind: Settings\nxds: localhost:\(xds)"
    let pod = try RenderedPod(try Manifests(Manifests.text(settings: settings)).deployment)
    try await withTemporaryFolder { folder in
      let arguments = try pod.mount(
        in: folder, ports: [19000: admin, 9091: ports[2], 9094: ports[3]],
        variables: ["POD_NAME": "web-1", "POD_NAMESPACE": "shop", "POD_IP": "10.0.0.1", "NODE_NAME": "one"]
      ).proxy
      _ = try folder.write("first", to: "token")
      // A certificate that the control plane's does not come from.
      _ = try folder.write(TestCertificates.client, to: "ca.crt")
      let server = [
        PackageRoot.path("Tests/DeployerTests/Python/ads_server.py"), "\(xds)",
        try folder.write(TestCertificates.server, to: "server/crt"),
        try folder.write(TestCertificates.serverKey, to: "server/key"),
      ]
      try await withProcess(RealComponent.python.path(), server) { controlPlane in
        func streams(of token: String) -> Int {
          controlPlane.output.text.split(separator: "\n").count { $0 == "stream Bearer \(token)" }
        }
        try await eventually("the control plane listens", within: .seconds(30)) {
          controlPlane.output.text.hasPrefix("listening")
        }
        try await withProcess(RealComponent.envoy.path(), arguments) { _ in
          try await eventually("the proxy refuses the control plane", within: .seconds(30)) {
            try await Connection.send(port: admin, "GET", "/stats?filter=cluster.kgateway.ssl.fail_verify_error")
              .body.contains(": 0") == false
          }
          #expect(controlPlane.output.text == "listening\n")

          _ = try folder.write(Manifests.authority, to: "ca.crt")
          try await eventually("the proxy connects with its token", within: .seconds(30)) { streams(of: "first") > 0 }

          _ = try folder.write("second", to: "token")
          try await eventually("the proxy connects with its new token", within: .seconds(30)) {
            streams(of: "second") > 0
          }
        }
      }
    }
  }
}
