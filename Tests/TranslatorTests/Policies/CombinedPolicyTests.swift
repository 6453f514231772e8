import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf
import Testing
import Translator

@Suite("Several policies on one Gateway")
struct CombinedPolicyTests {
  @Test("the logs of all policies are kept: those of the oldest first, then by name")
  func logsAddUp() throws {
    let young = HTTPListenerPolicy("a", created: "2026-03-01T00:00:00Z", accessLog: [.file("/4")])
    let old = HTTPListenerPolicy("z", created: "2026-01-01T00:00:00Z", accessLog: [.file("/1"), .file("/2")])
    let sameAge = HTTPListenerPolicy("b", created: "2026-03-01T00:00:00Z", accessLog: [.file("/5")])
    let unborn = HTTPListenerPolicy("0", created: "", accessLog: [.file("/6")])
    let middle = HTTPListenerPolicy("y", created: "2026-02-01T00:00:00Z", accessLog: [.file("/3")])
    let translation = PolicyFixture(young, unborn, sameAge, old, middle).translate()
    let paths = try PolicyFixture.connectionManager(of: translation).accessLog.map {
      try Envoy_Extensions_AccessLoggers_File_V3_FileAccessLog(unpackingAny: $0.typedConfig).path
    }
    #expect(paths == ["/1", "/2", "/3", "/4", "/5", "/6"])
  }

  @Test("tracing is that of the oldest policy, and a later one is told who decides")
  func oldestTracingWins() throws {
    let young = HTTPListenerPolicy("young", created: "2026-03-01T00:00:00Z", tracing: .toCollector("young:4317"))
    let old = HTTPListenerPolicy("old", created: "2026-01-01T00:00:00Z", tracing: .toCollector("old:4317"))
    let translation = PolicyFixture(young, old).translate()
    #expect(translation.configuration.clusters.map(\.name) == ["tracing~old~4317"])
    #expect(translation.condition("Overridden", of: "old") == nil)
    #expect(translation.condition("Accepted", of: "young")?.status == .yes)
    let overridden = try #require(translation.condition("Overridden", of: "young"))
    #expect(overridden.status == .yes && overridden.reason == "Conflicted")
    #expect(
      overridden.message == "spec.tracing: has no effect, policy apps/old decides "
        + "(the oldest does; of the same age, the first by name)")
    #expect(translation.report.problems.isEmpty)
  }

  @Test("the order in which policies are given changes nothing")
  func orderOfInputs() {
    let policies = (0..<4).map {
      HTTPListenerPolicy("p\($0)", accessLog: [.file("/\($0)")], tracing: .toCollector("host\($0):4317"))
    }
    var fixture = PolicyFixture()
    fixture.policies = policies
    let expected = fixture.translate()
    fixture.policies = policies.reversed()
    #expect(fixture.translate() == expected)
  }

  @Test("a policy that names another Gateway, kind or namespace has no effect and no status here")
  func otherTargets() throws {
    var otherName = HTTPListenerPolicy("a", accessLog: [.file("/1")])
    otherName.targetRefs = [.init(name: "other")]
    var otherKind = HTTPListenerPolicy("b", accessLog: [.file("/1")])
    otherKind.targetRefs = [.init(group: "", kind: "Service", name: "edge")]
    var otherNamespace = HTTPListenerPolicy("c", accessLog: [.file("/1")])
    otherNamespace.metadata.namespace = "elsewhere"
    let translation = PolicyFixture(otherName, otherKind, otherNamespace).translate()
    #expect(try PolicyFixture.connectionManager(of: translation).accessLog.isEmpty)
    #expect(translation.report.policies.isEmpty)
  }

  @Test("a policy's status names the Gateway and the controller")
  func status() throws {
    var fixture = PolicyFixture(.init("a", accessLog: [.file("/1")]))
    fixture.settings.controllerName = "example.com/controller"
    let statuses = fixture.translate().report.policies
    let status = try #require(statuses[NamespacedName(namespace: "apps", name: "a")]?.first)
    #expect(status.ancestorRef == ParentReference(namespace: "apps", name: "edge"))
    #expect(status.controllerName == "example.com/controller")
  }
}
