import Fuzzing
import GRPCServer
import SwiftProtobuf
import Testing

@testable import Replicas
@testable import XDS

@Suite("Fuzzing reports of replicas")
struct ReportFuzzTests {
  private static func corpus() throws -> [[UInt8]] {
    let gateway = ReplicaBed.gateway
    let resource = try EncodedResource(type: .listener, name: "listener~80", message: Google_Protobuf_Empty())
    let accepted = ProxyReport.Resource(type: .listener, name: "listener~80", version: resource.digest)
    let report = ProxyReport(
      connected: 3, accepted: [accepted],
      refused: [ProxyReport.Refusal(resource: accepted, message: "no", isCertain: true, count: 2)])
    return try (0..<4).map { sequence in
      let request = ReportRequest.with {
        $0.replica = "a"
        $0.sequence = UInt64(sequence)
        $0.gateways = [
          GatewayReport(report, of: gateway), GatewayReport(report, of: GatewayID(namespace: "ns", name: "b")),
        ]
      }
      return try request.serializedBytes()
    }
  }

  @Test("damaged reports are refused with a status or taken in, and what is held stays within its bounds")
  func reports() async throws {
    let mutator = ByteMutator(corpus: try Self.corpus(), dictionary: ["a", "ns", "\u{8}", "\u{10}", "\u{1a}", "gw"])
    let store = SnapshotStore()
    store.publish(
      Snapshot([try EncodedResource(type: .listener, name: "listener~80", message: Google_Protobuf_Empty())]),
      for: ReplicaBed.gateway, changedAt: .now)
    var limits = ReplicaReports.Limits()
    limits.replicas = 4
    limits.footprint = 8 << 10
    let reports = ReplicaReports(store: store, limits: limits, isLeader: { true })
    let findings = await Fuzzer("report", cases: 3_000).run(mutator.mutant) { bytes, random in
      guard let request = try? ReportRequest(serializedBytes: bytes) else { return .refused }
      do throws(GRPCStatus) {
        try await reports.take(request)
      } catch {
        guard error.code != .ok, error.code != .unknown, error.code != .internal else { return .fault("\(error)") }
        if await reports.replicas.count == limits.replicas { await self.forgetAll(reports, store) }
        return .refused
      }
      guard await reports.replicas.count <= limits.replicas else { return .fault("too many replicas") }
      return .accepted
    }
    #expect(findings == [])
  }

  /// Begins each replica anew with nothing, so that there is room for others.
  private func forgetAll(_ reports: ReplicaReports, _ store: SnapshotStore) async {
    for replica in await reports.replicas { store.forget(replica, of: [ReplicaBed.gateway]) }
  }
}
