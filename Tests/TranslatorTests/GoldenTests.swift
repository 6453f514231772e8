import EnvoyAPI
import JSON
import KubernetesAPI
import RealComponents
import Testing
import Translator

/// Each case of `Golden` is a folder; `KGATEWAY_UPDATE_GOLDEN=1 swift test --filter Golden` writes what comes out.
@Suite("Golden files")
struct GoldenTests {
  @Test("manifests become the resources and the report of the golden file", arguments: GoldenCase.all)
  func translates(_ golden: GoldenCase) throws {
    let rendering = try GoldenCase.rendering(of: golden.manifests())
    if GoldenCase.isUpdating {
      try golden.write(expected: rendering)
    } else if rendering != golden.expected {
      Issue.record("\(firstDifference(golden.expected, rendering))")
    }
  }

  @Test("there are golden files")
  func findsCases() {
    #expect(GoldenCase.all.count > 5)
  }

  /// The first line that is not as expected, with those around it.
  private func firstDifference(_ expected: String, _ found: String) -> String {
    let expected = expected.split(separator: "\n", omittingEmptySubsequences: false)
    let found = found.split(separator: "\n", omittingEmptySubsequences: false)
    let line = zip(expected, found).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    let start = line ?? min(expected.count, found.count)
    func excerpt(_ lines: [Substring]) -> String {
      lines[max(0, start - 5)..<min(lines.count, start + 5)].joined(separator: "\n")
    }
    return "line \(start + 1): expected\n\(excerpt(expected))\n\nfound\n\(excerpt(found))"
  }
}

@Suite("Golden files and the real Envoy", .serialized)
struct GoldenEnvoyTests {
  @Test("Envoy accepts the configuration", arguments: GoldenCase.all)
  func validates(_ golden: GoldenCase) async throws {
    let manifests = try golden.manifests()
    let bootstrap = try StaticBootstrap.bootstrap(
      of: manifests.translation.configuration, gateway: manifests.inputs.gateway.metadata.id
    ) { Translator.loadAssignment($0, slices: manifests.slices) }
    let text = JSONText.encode(try MessageDocument.value(of: bootstrap))
    try await withTemporaryFolder { folder in
      let file = try folder.write(text, to: "bootstrap.json")
      try await outputOfCommand(
        RealComponent.envoy.path(), ["--mode", "validate", "--log-level", "warning", "-c", file], deadline: .seconds(60)
      )
    }
  }
}
