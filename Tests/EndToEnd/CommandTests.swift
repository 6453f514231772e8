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

    @Test("version tells the version, the commit, Swift and Envoy")
    func version() async throws {
      let lines = try await kgateway("version").split(separator: "\n")
      #expect(lines.compactMap { $0.split(separator: " ").first } == ["kgateway", "commit", "Swift", "Envoy"])
      #expect(lines.allSatisfy { $0.split(separator: " ").count == 2 })
    }

    @Test(
      "each command has help for a newcomer",
      arguments: [[], ["run"], ["standalone"], ["translate"], ["validate"], ["version"]])
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
