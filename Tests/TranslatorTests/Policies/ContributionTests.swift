import EnvoyAPI
import KubernetesAPI
import Testing
import Translator

@Suite("Which fields of policies are in effect")
struct ContributionTests {
  private let logs = HTTPListenerPolicy(
    "logs", accessLog: [.file("/1"), .grpc("l", to: "unknown"), .grpc("l", to: "otel-collector")])
  private let traces = HTTPListenerPolicy("traces", created: "2026-02-01T00:00:00Z", tracing: .toCollector())
  private let loser = HTTPListenerPolicy("loser", created: "2026-03-01T00:00:00Z", tracing: .toCollector("other:1"))

  private func contributions(_ fixture: PolicyFixture) -> [PolicyContribution] {
    fixture.translate().report.effectivePolicies.flatMap(\.contributions)
  }

  @Test("each field in effect is told once for each port, with the clusters that it brings")
  func fields() throws {
    let report = PolicyFixture(logs, traces, loser).translate().report
    let effective = try #require(report.effectivePolicies.first)
    #expect(report.effectivePolicies.count == 1)
    #expect(effective.port == 8080 && effective.resource == "listener~8080")
    #expect(
      effective.contributions.map { "\($0.policy.name) \($0.path) \($0.clusters)" } == [
        "logs spec.accessLog[0] []", #"logs spec.accessLog[2] ["static~otel-collector"]"#,
        #"traces spec.tracing ["tracing~collector.telemetry~4317"]"#,
      ])
    #expect(report.leftOut.isEmpty)
  }

  @Test("the fingerprint follows what the field becomes, not where it stands")
  func fingerprints() {
    let first = contributions(PolicyFixture(HTTPListenerPolicy("a", accessLog: [.file("/1"), .file("/2")])))
    let moved = contributions(PolicyFixture(HTTPListenerPolicy("b", accessLog: [.file("/2"), .file("/3")])))
    #expect(first.map(\.fingerprint)[1] == moved.map(\.fingerprint)[0])
    #expect(Set((first + moved).map(\.fingerprint)).count == 3)
  }

  @Test("what is to be left out is left out and told, and the rest is as it would be")
  func leftOut() throws {
    let whole = PolicyFixture(logs, traces).translate()
    let refused = whole.report.effectivePolicies.flatMap(\.contributions).filter { $0.path != "spec.accessLog[2]" }
    var fixture = PolicyFixture(logs, traces)
    fixture.leftOut = Set(refused.map(FieldContent.init))
    let translation = fixture.translate()
    #expect(translation.report.leftOut == refused)
    let manager = try PolicyFixture.connectionManager(of: translation)
    #expect(manager.accessLog == [try PolicyFixture.connectionManager(of: whole).accessLog[1]])
    #expect(!manager.hasTracing && manager.earlyHeaderMutationExtensions.isEmpty)
    #expect(translation.configuration.clusters.map(\.name) == ["static~otel-collector"])
    #expect(translation.report.policies == whole.report.policies)
  }
}
