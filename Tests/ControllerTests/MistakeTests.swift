import Controller
import EnvoyAPI
import FoundationEssentials
import KubernetesAPI
import Testing
import Translator

/// A policy with a mistake as people make them: a file in the folder `Mistakes`. It begins with a comment that says what
/// the person meant or overlooked, and ends with what they are to be told: `# LINE:COLUMN: PATH: MESSAGE`.
struct Mistake: Sendable, CustomTestStringConvertible {
  let name: String
  let text: String
  let told: [String]

  var testDescription: String { name }

  private static let folder =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/Mistakes"

  /// The Gateways, the Services, and the sound policy that all of them are tried beside.
  static let shop = (try? read("shop.yaml")) ?? ""

  static let all: [Mistake] = {
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
    return names.sorted().filter { $0.contains("/") && $0.hasSuffix(".yaml") }.map(Mistake.init)
  }()

  private init(_ name: String) {
    self.name = String(name.dropLast(".yaml".count))
    text = (try? Self.read(name)) ?? ""
    told = text.split(separator: "\n").reversed().prefix { $0.hasPrefix("# ") }.reversed()
      .map { String($0.dropFirst("# ".count)) }
  }

  private static func read(_ name: String) throws -> String {
    String(
      decoding: try Data(contentsOf: URL(filePath: "\(folder)/\(name)", directoryHint: .notDirectory)), as: UTF8.self)
  }
}

@Suite("Mistakes in policies")
struct MistakeTests {
  private static let settings = TranslatorSettings(staticClusters: [
    StaticCluster(name: "otel-collector", host: "collector.telemetry", port: 4317),
    StaticCluster(name: "otlp-http", host: "collector.telemetry", port: 4318, wireProtocol: .otlpHTTP),
    StaticCluster(name: "envoy-als", host: "collector.telemetry", port: 9000, wireProtocol: .als),
  ])

  private static func check(_ disk: TemporaryFolder) -> ManifestCheck {
    ManifestCheck(
      root: disk.path, builtIn: ["kgateway", "agentgateway"].map { Objects.gatewayClass($0) }, settings: settings)
  }

  @Test("there are at least sixty of them")
  func enough() {
    #expect(Mistake.all.count >= 60)
    #expect(Mistake.all.allSatisfy { !$0.told.isEmpty })
  }

  @Test(
    "a mistake is told at its place with what to do; none of it reaches Envoy, and no other policy is touched",
    arguments: Mistake.all)
  func isTold(_ mistake: Mistake) throws {
    let disk = try TemporaryFolder()
    try disk.write(Mistake.shop, to: "shop.yaml")
    let without = Self.check(disk)
    #expect(without.diagnostics.isEmpty)
    try disk.write(mistake.text, to: "mistake.yaml")
    let with = Self.check(disk)
    let prefix = "\(disk.path)/mistake.yaml:"
    #expect(
      with.diagnostics.map(\.description)
        == mistake.told.map { line in
          // The object stands between the place and the field.
          let parts = line.split(separator: ": ", maxSplits: 1).map(String.init)
          return "\(prefix)\(parts[0]): HTTPListenerPolicy shop/mistake: \(parts.count > 1 ? parts[1] : "")"
        })
    let before = try #require(without.translations.first?.translation)
    let after = try #require(with.translations.first?.translation)
    #expect(after.configuration == before.configuration)
    let sound = NamespacedName(namespace: "shop", name: "sound")
    #expect(after.report.policies[sound] == before.report.policies[sound])
  }
}
