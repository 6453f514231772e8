import RealComponents
import Testing

@testable import Translator

/// Every subset and order of the propagators, against every kind of request, on the real Envoy: what the upstream and
/// what the collector get is what `PropagationModel` says.
@Suite("Trace context propagation on the real Envoy")
struct PropagationTests {
  @Test(
    "the first listed format that a request carries is continued; the listed ones go on and no other",
    arguments: [100.0, 0])
  func matrix(samplingRate: Double) async throws {
    try await check(Self.orders.map { .init(propagators: $0, samplingRate: samplingRate) })
  }

  @Test("a caller that is not trusted gives its ids, and the sampling rate decides", arguments: [100.0, 0])
  func untrustedCaller(samplingRate: Double) async throws {
    try await check(
      Self.orders.map { .init(propagators: $0, samplingRate: samplingRate, trustsCaller: false) })
  }

  @Test("with a span for each try, the upstream gets that one in every format", arguments: [100.0, 0])
  func upstreamSpans(samplingRate: Double) async throws {
    try await check(
      Self.orders.map { .init(propagators: $0, samplingRate: samplingRate, spawnsUpstreamSpans: true) })
  }

  @Test(
    "Envoy's percentages decide of a trusted caller's traces too; with the sampler that is always on, of all alike",
    arguments: [true, false])
  func percentages(isAlwaysOn: Bool) async throws {
    let percentages = [100.0, 0].map { PropagationBed.Percentages(random: $0) }
    try await check(
      Self.orders.flatMap { order in
        percentages.map { .init(propagators: order, percentages: $0, isAlwaysOn: isAlwaysOn) }
      })
  }

  /// Every order of every subset.
  private static let orders: [[Propagator]] = {
    var orders: [[Propagator]] = [[]]
    for _ in Propagator.allCases {
      orders += orders.flatMap { order in Propagator.allCases.filter { !order.contains($0) }.map { order + [$0] } }
    }
    return Array(Set(orders)).sorted { $0.map(\.rawValue).lexicographicallyPrecedes($1.map(\.rawValue)) }
  }()

  @Test("there are 16 orders of the propagators, which are 8 subsets; and each request is a different one")
  func matrixIsComplete() {
    #expect(Self.orders.count == 16)
    #expect(Set(Self.orders.map(Set.init)).count == 8)
    #expect(Set(PropagationCase.all.map(\.name)).count == PropagationCase.all.count)
  }

  /// Sends every request through every setup, and tells of each cell of that table that is not as the model says.
  private func check(_ setups: [PropagationBed.Setup]) async throws {
    try await PropagationBed.with(setups) { bed in
      var cells: [(setup: PropagationBed.Setup, request: PropagationCase, path: String, sent: [String: String])] = []
      for setup in setups {
        for request in PropagationCase.all {
          let path = "/cell/\(cells.count)"
          cells.append((setup, request, path, try bed.sentUpstream(setup, path: path, request.headers)))
        }
      }
      // Each tracer exports on its own: the spans of many requests may take longer than those which tell that all is there.
      var findings: [String] = []
      do {
        try await eventually("the spans are as the model says") {
          let spans = try await bed.spans()
          findings = cells.compactMap { cell in
            let model = Self.model(of: cell.setup)
            let outcome = PropagationOutcome(sent: cell.sent, spans: spans[cell.path] ?? [])
            let differences = outcome.differences(from: model, cell.request)
            return differences.isEmpty
              ? nil : "\(cell.request) through \(cell.setup): \(differences.joined(separator: "; "))"
          }
          return findings.isEmpty
        }
      } catch let error as NeverCameTrue {
        if findings.isEmpty { throw error }
      }
      for finding in findings { Issue.record("\(finding)") }
    }
  }

  private static func model(of setup: PropagationBed.Setup) -> PropagationModel {
    let rate = setup.percentages?.random ?? setup.samplingRate
    return PropagationModel(
      formats: setup.propagators, rateDecides: rate == 100, trustsCaller: setup.trustsCaller && !setup.isAlwaysOn,
      cutsTraces: setup.percentages != nil, spawnsUpstreamSpans: setup.spawnsUpstreamSpans)
  }
}
