import JSON
import KubernetesAPI
import Testing
import Translator

/// Mutants that were accepted here and refused by Envoy once, cut down to what mattered.
@Suite("What fuzzing policies has found")
struct FuzzFindingTests {
  struct Finding: Sendable, CustomTestStringConvertible {
    /// The one entry of `spec.accessLog`, as JSON.
    let accessLog: String
    let path: String

    var testDescription: String { path }
  }

  private static let tooLong = String(repeating: "x", count: 16_385)

  static let findings = [
    Finding(
      accessLog: #"""
        {"grpcService": {"logName": "a", "staticClusterName": "envoy-als",
         "initialMetadata": [{"key": "\#(tooLong)", "value": "a"}]}}
        """#, path: "spec.accessLog[0].grpcService.initialMetadata[0].key"),
    Finding(
      accessLog: #"""
        {"grpcService": {"logName": "a", "staticClusterName": "envoy-als", "authority": "\#(tooLong)"}}
        """#, path: "spec.accessLog[0].grpcService.authority"),
    Finding(
      accessLog: #"""
        {"fileSink": {"path": "/dev/stdout", "stringFormat": "a"},
         "filter": {"headerFilter": {"header": {"type": "RegularExpression", "name": "a", "value": "*a"}}}}
        """#, path: "spec.accessLog[0].filter.headerFilter.header.value"),
  ]

  @Test("it is refused with its field now", arguments: findings)
  func refused(_ finding: Finding) throws {
    let policy = """
      {"apiVersion": "gateway.kgateway.dev/v1alpha1", "kind": "HTTPListenerPolicy",
       "metadata": {"name": "found", "namespace": "kgateway-system"},
       "spec": {"targetRefs": [{"name": "agentgateway-proxy"}], "accessLog": [\(finding.accessLog)]}}
      """
    var reader = JSONReader(Array(policy.utf8))
    let outcome = try #require(
      try FuzzedTranslation(try reader.readValue(), name: "found", in: PolicySeed.world()))
    #expect(outcome.translation.report.problems.map(\.path) == [finding.path])
    #expect(!outcome.isAccepted)
  }
}
