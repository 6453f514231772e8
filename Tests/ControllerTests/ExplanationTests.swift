import Controller
import FoundationEssentials
import KubernetesAPI
import Testing
import Translator

/// On the folder `Explained`: one Gateway with three policies, of which one names a listener, one is overridden, and one
/// is faulty in part.
@Suite("What policies come to, explained")
struct ExplanationTests {
  private static let folder =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/Explained"

  private static func explanation() -> PolicyExplanation {
    PolicyExplanation(
      ManifestCheck(root: folder, builtIn: [Objects.gatewayClass("kgateway")], settings: TranslatorSettings()))
  }

  private static func expected(_ name: String) throws -> String {
    String(
      decoding: try Data(contentsOf: URL(filePath: "\(folder)/\(name)", directoryHint: .notDirectory)), as: UTF8.self)
  }

  @Test("each listener's values, each with its policy and line; what is overridden; what is refused")
  func text() throws {
    let text = Self.explanation().text.replacing(Self.folder + "/", with: "")
    #expect(text == (try Self.expected("explained.txt")))
    #expect(!text.contains("secret-token"))
  }

  @Test("the same for scripts, of one listener")
  func document() throws {
    let document = try Self.explanation().limited(toGateway: "shop/web", listener: "admin").document
    let text = JSONText.encode(document).replacing(Self.folder + "/", with: "")
    #expect(text == (try Self.expected("admin.json")))
  }

  @Test("a Gateway or listener that does not exist, with those that do")
  func missing() {
    func told(_ gateway: String?, _ listener: String?) -> String? {
      do throws(PolicyExplanation.Missing) {
        _ = try Self.explanation().limited(toGateway: gateway, listener: listener)
        return nil
      } catch {
        return error.description
      }
    }
    #expect(told("shop/wbe", nil) == "there is no Gateway shop/wbe that is served here; there is: shop/web")
    #expect(told("shop/web", "htpp") == "Gateway shop/web has no listener \"htpp\"; there is: http, shop, admin")
    #expect(told(nil, "htpp") == "there is no listener \"htpp\"; there is: http, shop, admin")
    #expect(told(nil, "shop") == nil)
  }

  @Test("a listener without policies, one that is not served, and values too long to be shown whole")
  func corners() throws {
    let disk = try TemporaryFolder()
    let gateway =
      Manifests.gateway
      + "  - {name: other, port: 9090, protocol: HTTP}\n  - {name: secure, port: 443, protocol: HTTPS}\n"
    let keys = (0..<40).map { "      key\($0): \"%PROTOCOL% \(String(repeating: "x", count: $0 * 4))\"\n" }.joined()
    let policy = Manifests.policy("accessLog:\n- fileSink:\n    path: /dev/stdout\n    jsonFormat:\n\(keys)")
      .replacing("    name: web\n", with: "    name: web\n    sectionName: http\n")
    try disk.write(Manifests.documents(gateway, policy), to: "a.yaml")
    let check = ManifestCheck(root: disk.path, builtIn: [Objects.gatewayClass("kgateway")], settings: .init())
    let text = PolicyExplanation(check).text
    #expect(text.contains("  listener other: port 9090, every host\n    no policy has an effect here\n"), "\(text)")
    #expect(text.contains("    is not served: protocol: the protocol 'HTTPS' is not supported; use HTTP\n"))
    #expect(text.contains("\n      ... (23 more lines)\n"))
    #expect(text.split(separator: "\n").filter { $0.contains(" key") }.allSatisfy { $0.count <= 106 })
  }

  @Test("the control plane's sampling rate is told where a policy leaves the sampling open", arguments: [nil, "5"])
  func samplingRate(own: String?) throws {
    let disk = try TemporaryFolder()
    let rate = own.map { "\n  samplingRate: \($0)" } ?? ""
    let policy = Manifests.policy("tracing:\n  provider: {otel: {grpcAddress: \"collector:4317\"}}\(rate)\n")
    try disk.write(Manifests.documents(Manifests.gateway, policy), to: "a.yaml")
    var settings = TranslatorSettings()
    settings.defaultSamplingRate = try SamplingRate(percentage: 12.5)
    let explanation = PolicyExplanation(
      ManifestCheck(root: disk.path, builtIn: [Objects.gatewayClass("kgateway")], settings: settings))
    let note = "samplingRate is 12.5, by --default-sampling-rate"
    #expect(explanation.text.contains("spec.tracing"))
    #expect(explanation.text.contains("      (\(note))\n") == (own == nil))
    #expect(JSONText.encode(explanation.document).contains(note) == (own == nil))
  }

  @Test("a policy for a Gateway that does not exist is told apart")
  func elsewhere() throws {
    let disk = try TemporaryFolder()
    try disk.write(Manifests.documents(Manifests.gateway, Manifests.fileLog(target: "wbe")), to: "a.yaml")
    let explanation = PolicyExplanation(
      ManifestCheck(root: disk.path, builtIn: [Objects.gatewayClass("kgateway")], settings: .init()))
    #expect(explanation.gateways.map(\.refused.count) == [0])
    #expect(explanation.elsewhere.map(\.field) == ["spec.targetRefs[0].name"])
  }
}
