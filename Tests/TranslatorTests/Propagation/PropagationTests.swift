import RealComponents
import Testing

@testable import Translator

/// Every subset and order of the propagators, against every kind of request, on the real Envoy.
@Suite("Trace context propagation on the real Envoy")
struct PropagationTests {
  @Test("the first listed format that a request carries is continued; the listed ones go on and no other")
  func matrix() async throws {
    let setups = Self.orders.map { PropagationBed.Setup(propagators: $0) }
    try await PropagationBed.with(setups) { bed in
      for setup in setups {
        for request in PropagationCase.all { try check(request, setup, bed, sampledIfOpen: true) }
      }
    }
  }

  @Test("what the caller decided stands at any sampling rate; what it left open, and what begins here, does not")
  func samplingRateZero() async throws {
    let setups = [[Propagator.b3, .b3SingleHeader, .w3c], [.w3c], [.b3SingleHeader]].map {
      PropagationBed.Setup(propagators: $0, samplingRate: 0)
    }
    try await PropagationBed.with(setups) { bed in
      for setup in setups {
        for request in PropagationCase.all { try check(request, setup, bed, sampledIfOpen: false) }
      }
    }
  }

  @Test("a decision that the caller leaves open is drawn at the sampling rate")
  func openDecisions() async throws {
    let setup = PropagationBed.Setup(propagators: [.b3], samplingRate: 25)
    try await PropagationBed.with([setup]) { bed in
      let headers = [("X-B3-TraceId", PropagationCase.traceID), ("X-B3-SpanId", PropagationCase.spanID)]
      let sampled = try (0..<400).filter { _ in try bed.sentUpstream(setup, headers)["x-b3-sampled"] == "1" }.count
      // 100 are expected; beyond six standard deviations (8.7 each) something is wrong.
      #expect((48...152).contains(sampled))
    }
  }

  /// Every order of every subset.
  private static let orders: [[Propagator]] = {
    var orders: [[Propagator]] = [[]]
    for _ in Propagator.allCases {
      orders += orders.flatMap { order in Propagator.allCases.filter { !order.contains($0) }.map { order + [$0] } }
    }
    return Array(Set(orders)).sorted { $0.map(\.rawValue).lexicographicallyPrecedes($1.map(\.rawValue)) }
  }()

  @Test("there are 16 orders of the propagators, the empty one included")
  func ordersAreComplete() {
    #expect(Self.orders.count == 16)
  }

  // MARK: Expectations

  private func check(
    _ request: PropagationCase, _ setup: PropagationBed.Setup, _ bed: PropagationBed, sampledIfOpen: Bool
  ) throws {
    let sent = try bed.sentUpstream(setup, request.headers)
    let place: Comment = "\(request) through \(setup): \(sent)"
    let carried = setup.propagators.lazy.compactMap { request.contexts[$0] }.first
    let traces = try setup.propagators.map { try #require(Self.trace($0, in: sent), place) }
    #expect(Set(traces).count <= 1, place)
    if let trace = traces.first {
      #expect(Self.isIdentifier(trace.id, 32) && Self.isIdentifier(trace.spanID, 16), place)
      #expect(trace.spanID != PropagationCase.spanID, place)
      switch carried {
      case .trace(let id, let sampled):
        #expect(trace.id == id && trace.isSampled == sampled ?? sampledIfOpen, place)
      case .denied:
        #expect(!Self.isOfCaller(trace.id) && !trace.isSampled, place)
      case nil:
        #expect(!Self.isOfCaller(trace.id) && trace.isSampled == sampledIfOpen, place)
      }
    }
    checkUnlisted(request, setup, sent, place)
  }

  /// Headers of unlisted formats are as the client sent them, and none that was used in between is left.
  private func checkUnlisted(
    _ request: PropagationCase, _ setup: PropagationBed.Setup, _ sent: [String: String], _ place: Comment
  ) {
    let received = Dictionary(uniqueKeysWithValues: request.headers.map { ($0.0.lowercased(), $0.1) })
    for format in Propagator.allCases where !setup.propagators.contains(format) {
      for name in Self.headers(of: format) { #expect(sent[name] == received[name], place) }
    }
    #expect(!sent.keys.contains { $0.hasPrefix("x-kgateway") }, place)
    if setup.propagators.contains(.b3) { #expect(sent["x-b3-parentspanid"] == nil, place) }
    if setup.propagators.contains(.w3c), let state = received["tracestate"] {
      // It goes with the traceparent that it came with, and with no other.
      let isContinued = sent["traceparent"]?.contains(Self.traceID(in: received["traceparent"])) == true
      #expect(sent["tracestate"] == (isContinued ? state : nil), place)
    }
  }

  private struct Trace: Hashable {
    var id: String
    var spanID: String
    var isSampled: Bool
  }

  /// What the upstream reads in one format; nil where it is not there in full.
  private static func trace(_ format: Propagator, in sent: [String: String]) -> Trace? {
    switch format {
    case .w3c:
      guard let parts = sent["traceparent"]?.split(separator: "-"), parts.count == 4, parts[0] == "00" else {
        return nil
      }
      guard ["00", "01"].contains(parts[3]) else { return nil }
      return Trace(id: String(parts[1]), spanID: String(parts[2]), isSampled: parts[3] == "01")
    case .b3:
      guard let id = sent["x-b3-traceid"], let spanID = sent["x-b3-spanid"], let sampled = sent["x-b3-sampled"],
        ["0", "1"].contains(sampled)
      else { return nil }
      return Trace(id: id, spanID: spanID, isSampled: sampled == "1")
    case .b3SingleHeader:
      guard let parts = sent["b3"]?.split(separator: "-"), parts.count == 3, ["0", "1"].contains(parts[2]) else {
        return nil
      }
      return Trace(id: String(parts[0]), spanID: String(parts[1]), isSampled: parts[2] == "1")
    }
  }

  private static func headers(of format: Propagator) -> [String] {
    switch format {
    case .w3c: ["traceparent", "tracestate"]
    case .b3: ["x-b3-traceid", "x-b3-spanid", "x-b3-sampled", "x-b3-flags", "x-b3-parentspanid"]
    case .b3SingleHeader: ["b3"]
    }
  }

  private static func traceID(in parent: String?) -> String {
    let parts = parent?.split(separator: "-") ?? []
    return parts.count == 4 ? String(parts[1]) : "no trace"
  }

  private static func isIdentifier(_ text: String, _ length: Int) -> Bool {
    text.utf8.count == length && text.allSatisfy { "0123456789abcdef".contains($0) } && text.contains { $0 != "0" }
  }

  private static func isOfCaller(_ id: String) -> Bool {
    [PropagationCase.traceID, PropagationCase.otherTraceID].contains(id) || id.hasSuffix(PropagationCase.shortTraceID)
  }
}
