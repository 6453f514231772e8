@testable import Translator

/// What must become of a request by the rules of propagation, written down from the rules alone:
/// - Of the listed formats, the first that the request carries is its context.
/// - The upstream gets every listed format; headers of the others are as the client sent them.
/// - The flag in each is the decision about sampling, and the collector gets a span where that is yes.
/// - The decision is the caller's, if it is trusted and said one, and otherwise that of the sampling rate.
struct PropagationModel {
  var formats: [Propagator]
  /// What the sampling rate decides; nil where it is drawn.
  var rateDecides: Bool?
  var trustsCaller = true
  /// Whether the rate decides of the traces too that a trusted caller sampled.
  var cutsTraces = false
  /// Whether the proxy has a span of its own for the request to the upstream.
  var spawnsUpstreamSpans = false

  struct Expectation {
    /// The caller's trace that goes on; nil for one that begins here.
    var traceID: String?
    /// The caller's span; nil for a root.
    var parentSpanID: String?
    /// Nil where it is drawn.
    var isSampled: Bool?
    /// The format that the context came in.
    var format: Propagator?
  }

  func expectation(of request: PropagationCase) -> Expectation {
    for format in formats {
      switch request.contexts[format] {
      case .trace(let id, let sampled):
        return Expectation(
          traceID: id, parentSpanID: PropagationCase.spanID, isSampled: isSampled(callerDecides: sampled),
          format: format)
      case .denied where trustsCaller: return Expectation(isSampled: false, format: format)
      case .denied, nil: continue
      }
    }
    return Expectation(isSampled: rateDecides)
  }

  private func isSampled(callerDecides: Bool?) -> Bool? {
    guard trustsCaller, let callerDecides else { return rateDecides }
    return callerDecides && cutsTraces ? rateDecides : callerDecides
  }

  /// All headers of the formats that reach the upstream.
  func headers(
    of request: PropagationCase, _ expectation: Expectation, traceID: String, spanID: String, isSampled: Bool
  ) -> [String: String] {
    let received = request.received
    var headers: [String: String] = [:]
    for format in Propagator.allCases where !formats.contains(format) {
      for name in Self.names(of: format) { headers[name] = received[name] }
    }
    for format in formats {
      switch format {
      case .w3c:
        headers["traceparent"] = "00-\(traceID)-\(spanID)-\(isSampled ? "01" : "00")"
        // Goes with the traceparent that it came with, and with no other.
        headers["tracestate"] = expectation.format == .w3c ? received["tracestate"] : nil
      case .b3:
        headers["x-b3-traceid"] = traceID
        headers["x-b3-spanid"] = spanID
        headers["x-b3-sampled"] = isSampled ? "1" : "0"
      case .b3SingleHeader: headers["b3"] = "\(traceID)-\(spanID)-\(isSampled ? "1" : "0")"
      }
    }
    return headers
  }

  static func names(of format: Propagator) -> [String] {
    switch format {
    case .w3c: ["traceparent", "tracestate"]
    case .b3: ["x-b3-traceid", "x-b3-spanid", "x-b3-sampled", "x-b3-flags", "x-b3-parentspanid"]
    case .b3SingleHeader: ["b3"]
    }
  }
}
