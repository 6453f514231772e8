import APIServerDouble
import KubernetesClient
import PrometheusMetrics
import RealComponents
import Testing

@testable import Replicas
@testable import XDS

@Suite("The service for reports of other replicas", .timeLimit(.minutes(2)))
struct ReplicaServiceTests {
  private let good = EncodedResource.listener("a", "good")
  private let bad = EncodedResource.listener("a", "bad")

  private func refused(_ count: Int = 1, of connected: Int = 2) -> ProxyReport {
    ProxyReport(
      connected: connected, accepted: [],
      refused: [.init(resource: bad.reported, message: "a: no", isCertain: true, count: count)])
  }

  @Test("what proxies of another replica took and refused is known, and a refusal counts all proxies")
  func reports() async throws {
    try await ReplicaBed.withRunning { bed in
      bed.store.publish(Snapshot([good]), for: ReplicaBed.gateway, changedAt: .now)
      try await bed.send(
        ReportRequest(from: "one", 0, [ReplicaBed.gateway: ProxyReport(connected: 2, accepted: [good.reported])]))
      #expect(bed.store.acceptedVersion(.listener, "a", for: ReplicaBed.gateway) == good.version)

      bed.store.publish(Snapshot([bad]), for: ReplicaBed.gateway, changedAt: .now)
      try await bed.send(ReportRequest(from: "one", 1, [ReplicaBed.gateway: refused()]))
      try await bed.send(ReportRequest(from: "two", 0, [ReplicaBed.gateway: refused(1, of: 3)]))
      let rejection = try #require(bed.store.rejections(for: ReplicaBed.gateway).first)
      #expect(rejection.refuser == .proxies(2, of: 5))
      #expect(rejection.message == "a: no")
      #expect(rejection.goodVersion == good.version)
      #expect(bed.store.servedSnapshot(for: ReplicaBed.gateway)?[.listener, "a"] == good)
      #expect(bed.metrics.replicaReports[.received].value == 3)
    }
  }

  @Test("it is closed to proxies, to strangers and to those without a token")
  func strangers() async throws {
    try await ReplicaBed.withRunning { bed in
      bed.store.publish(Snapshot([good]), for: ReplicaBed.gateway, changedAt: .now)
      let report = ReportRequest(
        from: "one", 0, [ReplicaBed.gateway: ProxyReport(connected: 1, accepted: [good.reported])])
      #expect(
        await bed.refusal(of: report, token: ReplicaBed.proxyToken) == "it answers: this account is not the operator's")
      #expect(
        await bed.refusal(of: report, token: ReplicaBed.unknownToken) == "it answers: the bearer token is not accepted")
      #expect(await bed.refusal(of: report, token: "") == "it answers: the bearer token is not accepted")
      #expect(bed.store.acceptedVersion(.listener, "a", for: ReplicaBed.gateway) == nil)
      #expect(await bed.reports.replicas.isEmpty)
      #expect(bed.metrics.replicaReports[.refused].value == 3)
    }
  }

  @Test("a replica that does not lead takes nothing in, and forgets what it took in as a leader")
  func noLeader() async throws {
    try await ReplicaBed.withRunning { bed in
      try await bed.send(ReportRequest(from: "one"))
      bed.state.lead(false)
      #expect(await bed.refusal(of: ReportRequest(from: "one", 1))?.contains("does not lead") == true)
      await bed.reports.expire()
      #expect(await bed.reports.replicas.isEmpty)
    }
  }

  @Test("a report that does not follow the one before has the sender begin again")
  func outOfStep() async throws {
    try await ReplicaBed.withRunning { bed in
      #expect(await bed.refusal(of: ReportRequest(from: "one", 1))?.contains("begin again") == true)
      try await bed.send(ReportRequest(from: "one", 0))
      #expect(await bed.refusal(of: ReportRequest(from: "one", 2))?.contains("begin again") == true)
      try await bed.send(ReportRequest(from: "one", 1))
    }
  }

  @Test("what replicas make it hold is bounded")
  func bounds() async throws {
    var limits = ReplicaReports.Limits()
    (limits.replicas, limits.footprint) = (2, 10_000)
    try await ReplicaBed.withRunning(limits: limits) { bed in
      let many = (0..<100).map { ProxyReport.Resource(type: .cluster, name: "cluster-\($0)", version: UInt64($0)) }
      let large = ReportRequest(from: "one", 0, [ReplicaBed.gateway: ProxyReport(connected: 1, accepted: many)])
      try await bed.send(large)
      let other = GatewayID(namespace: "ns", name: "other")
      let more = ReportRequest(from: "one", 1, [other: ProxyReport(connected: 1, accepted: many)])
      #expect(await bed.refusal(of: more) == "it answers: a replica may report 10000 bytes at most")
      // It may begin again with less.
      try await bed.send(ReportRequest(from: "one"))
      try await bed.send(ReportRequest(from: "two"))
      #expect(await bed.refusal(of: ReportRequest(from: "three"))?.contains("2 replicas report already") == true)
      #expect(await bed.refusal(of: ReportRequest(from: ""))?.contains("does not say whose") == true)

      let long = String(repeating: "x", count: 3 << 20)
      let tooLong = ProxyReport(refused: [.init(resource: bad.reported, message: long, isCertain: true, count: 1)])
      #expect(await bed.refusal(of: ReportRequest(from: "two", 1, [other: tooLong]))?.contains("longer than") == true)
    }
  }

  @Test("a replica that is silent is not counted any more, and what its proxies refused stays refused")
  func silence() async throws {
    try await ReplicaBed.withRunning { bed in
      bed.store.publish(Snapshot([bad]), for: ReplicaBed.gateway, changedAt: .now)
      try await bed.send(ReportRequest(from: "one", 0, [ReplicaBed.gateway: refused(2, of: 2)]))
      try await bed.send(ReportRequest(from: "two", 0, [ReplicaBed.gateway: ProxyReport(connected: 4)]))
      bed.state.advance(by: .seconds(20))
      try await bed.send(ReportRequest(from: "two", 1))
      bed.state.advance(by: .seconds(20))
      await bed.reports.expire()
      #expect(await bed.reports.replicas == [ReplicaID("two")])
      #expect(bed.store.rejections(for: ReplicaBed.gateway).count == 1)
      bed.store.reject([bad], for: ReplicaBed.gateway, isCertain: true, message: "a: no")
      #expect(bed.store.rejections(for: ReplicaBed.gateway).first?.refuser == .proxies(1, of: 4))
    }
  }

  @Test("a sender makes many calls", arguments: [false, true])
  func many(tls: Bool) async throws {
    try await ReplicaBed.withRunning(tls: tls) { bed in
      let connection =
        try tls ? bed.connection(name: "localhost", authority: TestCertificates.authority) : bed.connection()
      for number in 0..<20 {
        try await connection.send(ReportRequest(from: "one", UInt64(number)), token: ReplicaBed.replicaToken)
      }
      await connection.shutdown()
    }
  }

  @Test("over TLS the name of the Service has to be in the certificate, whatever the address is")
  func names() async throws {
    try await ReplicaBed.withRunning(tls: true) { bed in
      let good = try bed.connection(name: "localhost", authority: TestCertificates.authority)
      try await good.send(ReportRequest(from: "one"), token: ReplicaBed.replicaToken)
      try await good.send(ReportRequest(from: "one", 1), token: ReplicaBed.replicaToken)
      await good.shutdown()
      let other = try bed.connection(name: "kgateway.kgateway-system.svc", authority: TestCertificates.authority)
      await #expect(throws: TransportError.self) {
        try await other.send(ReportRequest(from: "one"), token: ReplicaBed.replicaToken)
      }
      await other.shutdown()
    }
  }
}
