import RealComponents
import Testing

@Suite("kgateway bootstrap")
struct BootstrapCommandTests {
  @Test("writes what an Envoy of one's own starts with")
  func writes() async throws {
    try await withTemporaryFolder { folder in
      _ = try folder.write("a token", to: "token")
      _ = try folder.write(Manifests.authority, to: "ca.crt")
      let result = try await runCommand(
        BuiltProduct.path("kgateway"),
        [
          "bootstrap", "--gateway", "shop/web", "--xds-service", "localhost:9977", "--write", folder.path,
          "--token-path", folder.path("token"), "--ca-path", folder.path("ca.crt"),
        ])
      #expect(result.status == .exited(0), "\(result.errorOutput)")
      #expect(result.output.isEmpty)
      #expect(try folder.read("sds-ca.json").contains("\"exact\": \"localhost\""))
      try await outputOfCommand(
        RealComponent.envoy.path(),
        ["--mode", "validate", "--log-level", "warning", "-c", folder.path("envoy.json")], deadline: .seconds(60))
    }
  }

  @Test("prints the bootstrap, and says which files it reads")
  func prints() async throws {
    let result = try await runCommand(BuiltProduct.path("kgateway"), ["bootstrap", "--gateway", "shop/web"])
    #expect(result.output.hasPrefix("node:\n  id: web.shop\n  cluster: shop/web\n"))
    #expect(
      result.errorOutput
        == "it reads /etc/envoy/sds-token.json and /etc/envoy/sds-ca.json; --write DIR writes them too\n")
    let plain = try await runCommand(
      BuiltProduct.path("kgateway"),
      ["bootstrap", "--gateway", "shop/web", "--xds-plaintext", "--xds-auth", "none", "-o", "json"])
    #expect(plain.output.hasPrefix("{\n"))
    #expect(!plain.output.contains("tls") && !plain.output.contains("credential"))
    #expect(plain.errorOutput.isEmpty)
  }

  @Test("wants a Gateway with its namespace")
  func refuses() async throws {
    let result = try await runCommand(BuiltProduct.path("kgateway"), ["bootstrap", "--gateway", "web"])
    #expect(result.status != .exited(0))
    #expect(result.errorOutput.contains("--gateway"))
  }
}
