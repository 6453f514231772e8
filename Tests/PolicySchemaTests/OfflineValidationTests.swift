import Controller
import RealComponents
import Testing
import Translator

@testable import APIServerDouble

/// `kgateway validate`, which has no API server to ask, against the CRD.
@Suite("The CRD and the operator's own validation")
struct OfflineValidationTests {
  /// The complaints about a policy beside the Gateway that it is for.
  private func complaints(about policy: JSONValue) async throws -> [String] {
    try await withTemporaryFolder { folder in
      try folder.write(Self.cluster, to: "cluster.yaml")
      try folder.write(policy.jsonText, to: "policy.yaml")
      let clusters = ["otel-collector", "als", "otlp"].map { StaticCluster(name: $0, host: "collector", port: 4317) }
      let check = ManifestCheck(
        root: folder.path, builtIn: [], settings: TranslatorSettings(staticClusters: clusters))
      return check.diagnostics.map(\.description)
    }
  }

  @Test("what the API server refuses, kgateway validate refuses too")
  func refused() async throws {
    for instance in try PolicyInstance.refused() {
      let complaints = try await complaints(about: instance.object)
      #expect(!complaints.isEmpty, "\(instance.name): \(instance.refusals)")
    }
  }

  @Test("a word that stands twice, and a policy that sets nothing, are named")
  func named() async throws {
    let messages: [(refusal: String, message: String)] = [
      (
        "spec.tracing: list each of the propagators once",
        "spec.tracing.propagators[2]: \"B3\" is there twice; keep one"
      ),
      (
        "spec: the policy sets nothing; set accessLog, tracing, metrics, or one of the listener's settings",
        "spec: sets nothing; set accessLog, tracing, metrics, or one of the listener's settings"
      ),
    ]
    let instances = try PolicyInstance.refused()
    for (refusal, message) in messages {
      let instance = try #require(instances.first { $0.refusals == [refusal] })
      let complaints = try await complaints(about: instance.object)
      #expect(complaints.count == 1)
      #expect(complaints.first?.hasSuffix("HTTPListenerPolicy shop/policy: " + message) == true, "\(complaints)")
    }
  }

  private static let cluster = """
    apiVersion: gateway.networking.k8s.io/v1
    kind: GatewayClass
    metadata:
      name: kgateway
    spec:
      controllerName: kgateway.dev/kgateway
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata:
      name: web
      namespace: shop
    spec:
      gatewayClassName: kgateway
      listeners:
      - name: http
        protocol: HTTP
        port: 8080
    ---
    apiVersion: v1
    kind: Service
    metadata:
      name: als
      namespace: shop
    spec:
      ports:
      - port: 9001
    """
}
