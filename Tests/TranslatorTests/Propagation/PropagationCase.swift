@testable import Translator

/// A request, and what it carries in each format, as the formats' specifications say.
struct PropagationCase: Sendable, CustomStringConvertible {
  enum Context: Sendable, Equatable {
    /// A trace; `sampled` is nil where the caller leaves the decision open.
    case trace(id: String, sampled: Bool?)
    /// No trace, but the decision not to sample.
    case denied
  }

  var name: String
  var headers: [(String, String)]
  /// Formats that the request does not carry, or not rightly, are not here.
  var contexts: [Propagator: Context] = [:]

  var description: String { name }

  /// The headers by their names in small letters, of which several make one value.
  var received: [String: String] {
    Dictionary(headers.map { ($0.0.lowercased(), $0.1) }) { "\($0),\($1)" }
  }

  // MARK: The ids of the callers

  static let traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
  static let shortTraceID = "a3ce929d0e0e4736"
  static let otherTraceID = "11111111111111111111111111111111"
  static let spanID = "00f067aa0ba902b7"
  private static let parentID = "05e3ac9a4f6e3b90"
  private static let paddedShortTraceID = "0000000000000000" + shortTraceID

  static func isOfCaller(_ id: String) -> Bool {
    [traceID, otherTraceID].contains(id) || id.hasSuffix(shortTraceID)
  }

  // MARK: The requests

  static let all = noContext + w3c + multipleHeaders + singleHeader + several

  private static let noContext = [
    PropagationCase(name: "nothing", headers: []),
    PropagationCase(
      name: "the headers that are used between the mutations",
      headers: ScratchHeader.all.map { ($0.name, "00-\(traceID)-\(spanID)-01") }),
    PropagationCase(name: "traceparent junk", headers: [("traceparent", "junk"), ("tracestate", "vendor=1")]),
    PropagationCase(name: "tracestate alone", headers: [("tracestate", "vendor=1")]),
    PropagationCase(name: "traceparent of zeros", headers: [("traceparent", "00-\(zeros(32))-\(spanID)-01")]),
    PropagationCase(name: "traceparent with no span", headers: [("traceparent", "00-\(traceID)-\(zeros(16))-01")]),
    PropagationCase(
      name: "traceparent with shifted ids", headers: [("traceparent", "00-\(traceID.dropLast())-0\(spanID)-01")]),
    PropagationCase(name: "traceparent of version ff", headers: [("traceparent", "ff-\(traceID)-\(spanID)-01")]),
    PropagationCase(
      name: "traceparent in capitals", headers: [("traceparent", "00-\(traceID.uppercased())-\(spanID)-01")]),
    PropagationCase(name: "B3 junk", headers: [("X-B3-TraceId", "zz"), ("X-B3-SpanId", "1")]),
    PropagationCase(name: "B3 without a span", headers: [("X-B3-TraceId", traceID), ("X-B3-Sampled", "1")]),
    PropagationCase(name: "B3 of zeros", headers: [("X-B3-TraceId", zeros(16)), ("X-B3-SpanId", spanID)]),
    PropagationCase(name: "b3 junk", headers: [("b3", "junk")]),
    PropagationCase(name: "b3 with something after it", headers: [("b3", "\(traceID)-\(spanID)-1-x")]),
    PropagationCase(name: "b3 junk of the right length", headers: [("b3", String(repeating: "x", count: 49))]),
  ]

  private static let w3c =
    [("00", false), ("01", true), ("03", true)].map { flags, sampled in
      PropagationCase(
        name: "traceparent with flags \(flags)",
        headers: [("traceparent", "00-\(traceID)-\(spanID)-\(flags)"), ("tracestate", "vendor=1")],
        contexts: [.w3c: .trace(id: traceID, sampled: sampled)])
    } + [
      PropagationCase(
        name: "traceparent with two headers of state",
        headers: [
          ("traceparent", "00-\(traceID)-\(spanID)-01"), ("tracestate", "vendor=1"), ("tracestate", "other=2"),
        ],
        contexts: [.w3c: .trace(id: traceID, sampled: true)])
    ]

  private static let multipleHeaders: [PropagationCase] =
    [(traceID, traceID), (shortTraceID, paddedShortTraceID)].flatMap { sent, meant in
      [("0", false), ("1", true), ("true", true), ("false", false), (nil, nil)].map {
        (flag: String?, sampled: Bool?) in
        PropagationCase(
          name: "B3 of \(sent.count * 4) bits, sampled \(flag ?? "left open")",
          headers: [("X-B3-TraceId", sent), ("X-B3-SpanId", spanID), ("X-B3-ParentSpanId", parentID)]
            + (flag.map { [("X-B3-Sampled", $0)] } ?? []),
          contexts: [.b3: .trace(id: meant, sampled: sampled)])
      }
    } + [
      PropagationCase(
        name: "B3 debug",
        headers: [("X-B3-TraceId", traceID), ("X-B3-SpanId", spanID), ("X-B3-Flags", "1")],
        contexts: [.b3: .trace(id: traceID, sampled: true)]),
      PropagationCase(
        name: "B3 debug and yet not sampled",
        headers: [("X-B3-TraceId", traceID), ("X-B3-SpanId", spanID), ("X-B3-Flags", "1"), ("X-B3-Sampled", "0")],
        contexts: [.b3: .trace(id: traceID, sampled: true)]),
      PropagationCase(name: "B3 denied", headers: [("X-B3-Sampled", "0")], contexts: [.b3: .denied]),
    ]

  private static let singleHeader: [PropagationCase] =
    [(traceID, traceID), (shortTraceID, paddedShortTraceID)].flatMap { sent, meant in
      [
        ("", nil), ("-0", false), ("-1", true), ("-d", true), ("-0-\(parentID)", false), ("-1-\(parentID)", true),
        ("-d-\(parentID)", true),
      ].map { (rest: String, sampled: Bool?) in
        PropagationCase(
          name: "b3 of \(sent.count * 4) bits, with \(rest.isEmpty ? "nothing more" : rest)",
          headers: [("b3", "\(sent)-\(spanID)\(rest)")],
          contexts: [.b3SingleHeader: .trace(id: meant, sampled: sampled)])
      }
    } + [PropagationCase(name: "b3 denied", headers: [("b3", "0")], contexts: [.b3SingleHeader: .denied])]

  private static let several = [
    PropagationCase(
      name: "three formats that disagree, W3C not sampled",
      headers: [
        ("traceparent", "00-\(otherTraceID)-\(spanID)-00"), ("tracestate", "vendor=1"),
        ("X-B3-TraceId", traceID), ("X-B3-SpanId", spanID), ("X-B3-Sampled", "1"),
        ("b3", "\(shortTraceID)-\(spanID)-0-\(parentID)"),
      ],
      contexts: [
        .w3c: .trace(id: otherTraceID, sampled: false), .b3: .trace(id: traceID, sampled: true),
        .b3SingleHeader: .trace(id: paddedShortTraceID, sampled: false),
      ]),
    PropagationCase(
      name: "B3 debug beside a traceparent that is not sampled",
      headers: [
        ("traceparent", "00-\(otherTraceID)-\(spanID)-00"), ("X-B3-TraceId", traceID), ("X-B3-SpanId", spanID),
        ("X-B3-Flags", "1"),
      ],
      contexts: [.w3c: .trace(id: otherTraceID, sampled: false), .b3: .trace(id: traceID, sampled: true)]),
    PropagationCase(
      name: "three formats that disagree, W3C sampled",
      headers: [
        ("traceparent", "00-\(otherTraceID)-\(spanID)-01"), ("tracestate", "vendor=1"),
        ("X-B3-TraceId", traceID), ("X-B3-SpanId", spanID), ("X-B3-Sampled", "0"),
        ("b3", "\(shortTraceID)-\(spanID)-1"),
      ],
      contexts: [
        .w3c: .trace(id: otherTraceID, sampled: true), .b3: .trace(id: traceID, sampled: false),
        .b3SingleHeader: .trace(id: paddedShortTraceID, sampled: true),
      ]),
    PropagationCase(
      name: "traceparent junk beside good B3",
      headers: [
        ("traceparent", "junk"), ("X-B3-TraceId", traceID), ("X-B3-SpanId", spanID), ("X-B3-Sampled", "1"),
      ],
      contexts: [.b3: .trace(id: traceID, sampled: true)]),
    PropagationCase(
      name: "b3 denied beside a sampled traceparent",
      headers: [("b3", "0"), ("traceparent", "00-\(otherTraceID)-\(spanID)-01")],
      contexts: [.w3c: .trace(id: otherTraceID, sampled: true), .b3SingleHeader: .denied]),
  ]

  private static func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }
}
