import Testing

@testable import Translator

/// What is drawn, over many requests on the real Envoy. Bounds are six standard deviations wide.
@Suite("Sampling on the real Envoy")
struct SamplingTests {
  @Test("a decision that the caller leaves open is drawn at the sampling rate")
  func openDecisions() async throws {
    let setup = PropagationBed.Setup(propagators: [.b3], samplingRate: 25)
    try await PropagationBed.with([setup]) { bed in
      let headers = [("X-B3-TraceId", PropagationCase.traceID), ("X-B3-SpanId", PropagationCase.spanID)]
      let sampled = try await sampled(400, setup, bed) { headers }
      // 100 are expected, with a standard deviation of 8.7.
      #expect((48...152).contains(sampled))
    }
  }

  @Test("of an untrusted caller's traces the sampling rate keeps its share, whatever their flags say")
  func untrustedCaller() async throws {
    let setups = [[Propagator.w3c], [.b3, .w3c], [.b3SingleHeader]].map {
      PropagationBed.Setup(propagators: $0, samplingRate: 50, trustsCaller: false)
    }
    try await PropagationBed.with(setups) { bed in
      for setup in setups {
        for isSampled in [true, false] {
          let count = try await sampled(300, setup, bed) { Self.headers(traceID: Self.randomTraceID(), isSampled) }
          // 150 are expected, with a standard deviation of 8.7.
          #expect((98...202).contains(count), "\(setup), flag \(isSampled)")
        }
      }
    }
  }

  @Test("an untrusted caller cannot choose what is sampled by choosing the ids of its traces")
  func chosenIDs() async throws {
    let setup = PropagationBed.Setup(propagators: [.w3c, .b3], samplingRate: 25, trustsCaller: false)
    try await PropagationBed.with([setup]) { bed in
      let zeros = String(repeating: "0", count: 16)
      // Envoy's sampler by ratio would take its number from one half of the id, and always sample a low one.
      for id in [
        PropagationCase.shortTraceID + zeros, zeros + PropagationCase.shortTraceID, String(repeating: "f", count: 32),
      ] {
        let count = try await sampled(400, setup, bed) { Self.headers(traceID: id, true) }
        // 100 are expected, with a standard deviation of 8.7.
        #expect((48...152).contains(count), "\(id)")
      }
    }
  }

  struct Share: Sendable, CustomTestStringConvertible {
    var percentages: PropagationBed.Percentages
    var headers: [(String, String)] = []
    /// Of 400.
    var expected: ClosedRange<Int>

    var testDescription: String { "\(percentages), \(headers): \(expected)" }
  }

  private static let openB3 = [("X-B3-TraceId", PropagationCase.traceID), ("X-B3-SpanId", PropagationCase.spanID)]
  private static let clientTraceID = [("x-client-trace-id", "any")]
  private static let sampledParent = [("traceparent", "00-\(PropagationCase.traceID)-\(PropagationCase.spanID)-01")]
  private static let unsampledParent = [("traceparent", "00-\(PropagationCase.traceID)-\(PropagationCase.spanID)-00")]

  @Test("Envoy's own percentages decide of each request anew, and cut traces that the caller sampled")
  func percentages() async throws {
    let half = 140...260  // 200 are expected, with a standard deviation of 10.
    let shares = [
      Share(percentages: .init(random: 50), expected: half),
      Share(percentages: .init(random: 50), headers: Self.sampledParent, expected: half),
      Share(percentages: .init(random: 100), headers: Self.unsampledParent, expected: 0...0),
      // 2 are expected, with a standard deviation of 1.4.
      Share(percentages: .init(random: 0.5), expected: 0...10),
      Share(percentages: .init(random: 50), headers: Self.openB3, expected: half),
      // The header forces a trace, unless the client's percentage says otherwise; it is 100 if unset.
      Share(percentages: .init(random: 0), expected: 0...0),
      Share(percentages: .init(random: 0), headers: Self.clientTraceID, expected: 400...400),
      Share(percentages: .init(client: 50, random: 0), headers: Self.clientTraceID, expected: half),
      Share(percentages: .init(client: 0, random: 0), headers: Self.clientTraceID, expected: 0...0),
      // Over all is the cap of everything.
      Share(percentages: .init(client: 100, random: 100, overall: 50), expected: half),
      Share(percentages: .init(client: 100, random: 0, overall: 50), headers: Self.clientTraceID, expected: half),
      Share(percentages: .init(random: 100, overall: 50), headers: Self.sampledParent, expected: half),
      // 3.6 are expected, with a standard deviation of 1.9.
      Share(percentages: .init(random: 100, overall: 0.9), expected: 0...15),
    ]
    let setups = shares.map { PropagationBed.Setup(propagators: [.w3c, .b3], percentages: $0.percentages) }
    try await PropagationBed.with(setups) { bed in
      for (share, setup) in zip(shares, setups) {
        let count = try await sampled(400, setup, bed) { share.headers }
        #expect(share.expected.contains(count), "\(share.testDescription)")
      }
    }
  }

  // MARK: Requests

  /// How many of the requests were sampled, on which the headers of all formats and the collector agree.
  private func sampled(
    _ count: Int, _ setup: PropagationBed.Setup, _ bed: PropagationBed, _ headers: () -> [(String, String)]
  ) async throws -> Int {
    let folder = "/\(UInt64.random(in: 0 ... .max))"
    var sampled: Set<String> = []
    for number in 0..<count {
      let path = "\(folder)/\(number)"
      let sent = try bed.sentUpstream(setup, path: path, headers())
      let flags = Set(setup.propagators.map { PropagationOutcome.context($0, in: sent)?.isSampled })
      guard let flag = flags.first, let isSampled = flag, flags.count == 1 else {
        Issue.record("\(setup): the formats do not agree: \(sent)")
        continue
      }
      if isSampled { sampled.insert(path) }
    }
    let collected = Set(try await bed.spans().keys.filter { $0.hasPrefix(folder + "/") })
    let differing = collected.symmetricDifference(sampled).count
    #expect(differing == 0, "\(setup): spans that the upstream was not told of, or flags without a span")
    return sampled.count
  }

  /// The same trace in every format.
  private static func headers(traceID: String, _ isSampled: Bool) -> [(String, String)] {
    let (id, flag) = (PropagationCase.spanID, isSampled ? "1" : "0")
    return [
      ("traceparent", "00-\(traceID)-\(id)-0\(flag)"), ("b3", "\(traceID)-\(id)-\(flag)"),
      ("X-B3-TraceId", traceID), ("X-B3-SpanId", id), ("X-B3-Sampled", flag), ("X-B3-Flags", flag),
    ]
  }

  private static func randomTraceID() -> String {
    (0..<32).map { _ in String(Int.random(in: 0..<16), radix: 16) }.joined()
  }
}
