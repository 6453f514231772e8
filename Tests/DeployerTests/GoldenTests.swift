import Deployer
import JSON
import RealComponents
import Testing
import Translator

/// Each case of `Golden` is a folder; `KGATEWAY_UPDATE_GOLDEN=1 swift test --filter DeployerTests` writes what comes out.
@Suite("Golden files of the deployer")
struct GoldenTests {
  @Test("manifests become the objects of the golden file", arguments: GoldenCase.all)
  func renders(_ golden: GoldenCase) throws {
    let rendering = try GoldenCase.rendering(of: golden.manifests().deployment)
    if GoldenCase.isUpdating {
      try golden.write(expected: rendering)
    } else {
      // By lines, so that a failure shows those which differ.
      #expect(rendering.split(separator: "\n") == golden.expected.split(separator: "\n"))
    }
  }

  @Test("there are golden files")
  func findsCases() {
    #expect(GoldenCase.all.count >= 8)
    #expect(GoldenCase.deployed.count == GoldenCase.all.count - 1)
  }

  @Test("the same inputs give the same objects", arguments: GoldenCase.all)
  func isPure(_ golden: GoldenCase) throws {
    let manifests = try golden.manifests()
    #expect(manifests.deployment == manifests.deployment)
  }

  @Test("other authorities change the ConfigMap, and nothing that would start a pod anew")
  func rotation() throws {
    let manifests = try Manifests(Manifests.text())
    var rotated = manifests.settings
    rotated.transport = .tls(authorities: Array("another".utf8))
    let before = try #require(manifests.deployment.objects)
    let after = try #require(ProxyDeployment(manifests.inputs, settings: rotated).objects)
    #expect(before.count == after.count)
    let changed = zip(before, after).filter { $0.0 != $0.1 }.map(\.1.kind)
    #expect(changed == [.configMap])
  }

  @Test("another address of the control plane starts pods anew")
  func restart() throws {
    let manifests = try Manifests(Manifests.text())
    var moved = manifests.settings
    moved.xds.port = 9978
    let before = try #require(manifests.deployment.objects)
    let after = try #require(ProxyDeployment(manifests.inputs, settings: moved).objects)
    #expect(zip(before, after).filter { $0.0 != $0.1 }.map(\.1.kind) == [.configMap, .deployment])
  }
}

@Suite("Golden files of the deployer and the real Envoy", .serialized)
struct GoldenEnvoyTests {
  @Test("Envoy accepts the bootstrap, and the one that drains", arguments: GoldenCase.deployed)
  func validates(_ golden: GoldenCase) async throws {
    let pod = try RenderedPod(try golden.manifests().deployment)
    try await withTemporaryFolder { folder in
      _ = try folder.write("a token", to: "token")
      let arguments = try pod.mount(in: folder, ports: [:])
      for arguments in [arguments.proxy, arguments.drain] where !arguments.isEmpty {
        try await outputOfCommand(
          RealComponent.envoy.path(), arguments + ["--mode", "validate"], deadline: .seconds(60))
      }
    }
  }
}
