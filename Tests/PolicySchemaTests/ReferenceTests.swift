import Controller
import FoundationEssentials
import KubernetesAPI
import RealComponents
import Testing
import Translator

/// The examples of the API reference, as people copy them from the page.
@Suite("The examples of the API reference")
struct ReferenceTests {
  static let page = "Sources/kgateway/Documentation.docc/HTTPListenerPolicy.md"

  /// A policy of the page.
  struct Example: CustomTestStringConvertible {
    let text: String

    var testDescription: String {
      text.split(separator: "\n").first { $0.hasPrefix("  name: ") }.map { String($0.dropFirst(8)) } ?? text
    }
  }

  static func examples() throws -> [Example] { try blocks(of: page) }

  /// The README's: whole policies, or what stands under `spec` of one.
  static func readmeExamples() throws -> [Example] {
    try blocks(of: "README.md").map { block in
      block.text.hasPrefix("apiVersion:") ? block : Example(text: head + block.text)
    }
  }

  private static let head = """
    apiVersion: gateway.kgateway.dev/v1alpha1
    kind: HTTPListenerPolicy
    metadata:
      name: readme
      namespace: kgateway-system
    spec:
      targetRefs:
      - name: agentgateway-proxy

    """

  /// The blocks between ```yaml and ```.
  private static func blocks(of page: String) throws -> [Example] {
    let file = URL(filePath: PackageRoot.path(page), directoryHint: .notDirectory)
    let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    return text.split(separator: "```yaml\n").dropFirst().compactMap { block in
      block.firstRange(of: "```").map { Example(text: String(block[..<$0.lowerBound])) }
    }
  }

  @Test("each is the policy of a file, so what holds for those holds for it")
  func sameAsFiles() throws {
    let files = try PolicyDefinition.files(in: "deploy/policies").map { path in
      String(decoding: try Data(contentsOf: URL(filePath: path, directoryHint: .notDirectory)), as: UTF8.self)
    }
    let examples = try Self.examples()
    #expect(examples.count == files.count)
    for example in examples {
      #expect(files.contains { $0.hasPrefix("# ") && $0.hasSuffix("\n" + example.text) }, "\(example.testDescription)")
    }
  }

  @Test("each is translated without a word, on a cluster that has what it names", arguments: try examples())
  func translated(_ example: Example) async throws { try await expectNoComplaint(of: example) }

  @Test("so is each of the README", arguments: try readmeExamples())
  func readme(_ example: Example) async throws { try await expectNoComplaint(of: example) }

  private func expectNoComplaint(of example: Example) async throws {
    try await withTemporaryFolder { folder in
      try folder.write(Self.cluster, to: "cluster.yaml")
      try folder.write(example.text, to: "policy.yaml")
      let settings = TranslatorSettings(staticClusters: [
        StaticCluster(name: "otel-collector", host: "collector.telemetry", port: 4317),
        StaticCluster(name: "envoy-als", host: "als.telemetry", port: 9001, wireProtocol: .als),
      ])
      let check = ManifestCheck(root: folder.path, builtIn: [], settings: settings)
      #expect(check.diagnostics.map(\.description) == [])
      #expect(check.translations.count == 1)
    }
  }

  /// The Gateway that the examples are for, the collectors that they name, and the leave to name them.
  private static let cluster = """
    apiVersion: gateway.networking.k8s.io/v1
    kind: GatewayClass
    metadata:
      name: agentgateway
    spec:
      controllerName: kgateway.dev/kgateway
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata:
      name: agentgateway-proxy
      namespace: kgateway-system
      labels:
        exposure: public
    spec:
      gatewayClassName: agentgateway
      listeners:
      - name: http
        protocol: HTTP
        port: 8080
    ---
    apiVersion: v1
    kind: Service
    metadata:
      name: access-logs
      namespace: kgateway-system
    spec:
      ports:
      - port: 9001
    ---
    apiVersion: v1
    kind: Service
    metadata:
      name: otel-collector
      namespace: telemetry
    spec:
      ports:
      - port: 4317
    ---
    apiVersion: gateway.networking.k8s.io/v1beta1
    kind: ReferenceGrant
    metadata:
      name: policies
      namespace: telemetry
    spec:
      from:
      - group: gateway.kgateway.dev
        kind: HTTPListenerPolicy
        namespace: kgateway-system
      to:
      - group: ""
        kind: Service
    """
}
