import EnvoyAPI

/// The mutations that make a `traceparent` of the first listed format that a request carries, and take away any other,
/// before Envoy's tracer looks for one.
///
/// They run in order, each seeing what the ones before it did; a value that comes out empty changes nothing. Envoy's
/// expressions cannot put strings together, and each costs a few microseconds; so whatever may become the `traceparent`
/// is put together in scratch headers by plain format strings, and one expression chooses.
struct TraceContextExtraction {
  typealias Mutation = Envoy_Config_Common_MutationRules_V3_HeaderMutation

  let formats: [Propagator]
  let rate: SamplingRate
  /// Whether the caller's decision about sampling stands. Otherwise each request is drawn, only its ids are read, and
  /// one that says nothing but "do not sample" carries no context.
  let trustsCaller: Bool

  var mutations: [Mutation] {
    var mutations = ScratchHeader.all.map { Mutation.remove($0.name) }
    if formats.contains(where: { $0 != .w3c || !trustsCaller }) { mutations += Self.freshIdentifiers }
    if !trustsCaller, formats.contains(.w3c) { mutations += w3cDrawn }
    if formats.contains(.b3) { mutations += Self.b3Candidates }
    if formats.contains(.b3SingleHeader) { mutations += Self.b3SingleHeaderCandidates }
    if !formats.isEmpty { mutations.append(.set(ScratchHeader.parent.name, "%CEL(\(choice))%")) }
    // At once, because the next expression is the slower the more headers there are.
    mutations += ScratchHeader.all.filter(\.servesChoice).map { .remove($0.name) }
    if !formats.contains(.w3c) {
      mutations += Self.keepOriginals + [.remove("traceparent"), .remove("tracestate")]
    } else if formats.count > 1 {
      mutations += Self.keepStateOfParent + [.remove("traceparent")]
    } else {
      // The tracer overwrites a `tracestate` that it did not continue.
      mutations.append(.remove("traceparent"))
    }
    mutations.append(.set("traceparent", "%REQ(\(ScratchHeader.parent.name))%"))
    return mutations + [.remove(ScratchHeader.parent.name), .remove(ScratchHeader.state.name)]
  }

  /// The value of the first listed format that is there and good, or nothing.
  private var choice: String {
    formats.map { format in
      switch format {
      case .w3c:
        "\(HeaderExpression.isPresent("traceparent")) && \(Self.isTraceParent("traceparent"))"
          + " ? \(HeaderExpression.value("traceparent")) : "
      case .b3: choice(of: format, isSampled: isB3Sampled, isDenied: Self.isB3Denied)
      case .b3SingleHeader:
        choice(
          of: format, isSampled: isB3SingleHeaderSampled, isDenied: Self.isB3SingleHeaderDenied,
          isWhole: Self.isB3SingleHeaderWhole)
      }
    }.joined() + "''"
  }

  /// - Parameter isWhole: what must hold beside the candidate's being a `traceparent`, by the bits of its trace id.
  private func choice(
    of format: Propagator, isSampled: String, isDenied: String, isWhole: [Int: String] = [:]
  ) -> String {
    let candidates = [128, 64].map { bits in
      let sampled = ScratchHeader.candidate(format, bits: bits, isSampled: true)
      let unsampled = ScratchHeader.candidate(format, bits: bits, isSampled: false)
      return (isWhole[bits].map { "\($0) && " } ?? "") + Self.isTraceParent(unsampled.name)
        + " ? (\(isSampled) ? \(HeaderExpression.value(sampled)) : \(HeaderExpression.value(unsampled))) : "
    }
    return candidates.joined() + (trustsCaller ? "\(isDenied) ? \(HeaderExpression.value(.denied)) : " : "")
  }

  /// Whether a header's value is a `traceparent` that Envoy's tracer takes; it takes one that is no good for a reason
  /// not to trace at all. Two small patterns and the length instead of one pattern, because Envoy bounds the size of
  /// compiled patterns.
  private static func isTraceParent(_ name: String) -> String {
    let value = HeaderExpression.value(name)
    return [
      "size(\(value)) == 55", "\(value).matches('^[0-9a-f]{2}-[0-9a-f]+-')",
      "\(value).matches('-[0-9a-f]{16}-[0-9a-f]{2}$')", "!\(value).startsWith('ff')",
      "!\(value).contains('-\(zeros)\(zeros)-')", "!\(value).contains('-\(zeros)-')",
    ].joined(separator: " && ")
  }

  private static let zeros = "0000000000000000"

  // MARK: W3C

  /// Gives a `traceparent` another flag. One of another length is no good, and stays so.
  private var w3cDrawn: [Mutation] {
    let (sampled, unsampled) = (
      ScratchHeader.candidate(.w3c, bits: 128, isSampled: true),
      ScratchHeader.candidate(.w3c, bits: 128, isSampled: false)
    )
    let parent = HeaderExpression.value("traceparent")
    let drawn = "\(isDrawn) ? \(HeaderExpression.value(sampled)) : \(HeaderExpression.value(unsampled))"
    let isWhole = "\(HeaderExpression.isPresent("traceparent")) && size(\(parent)) == 55"
    return [
      .set(sampled.name, "%REQ(traceparent):53%01"), .set(unsampled.name, "%REQ(traceparent):53%00"),
      .set("traceparent", "%CEL(\(isWhole) ? (\(drawn)) : '')%"),
    ]
  }

  /// `tracestate` belongs to the `traceparent` beside it, and goes if another format was chosen.
  private static let keepStateOfParent: [Mutation] = {
    let conditions = [
      HeaderExpression.isPresent("tracestate"), HeaderExpression.isPresent("traceparent"),
      HeaderExpression.isPresent(.parent),
      "\(HeaderExpression.value("traceparent")) == \(HeaderExpression.value(.parent))",
    ]
    let condition = conditions.joined(separator: " && ")
    return [
      .set(ScratchHeader.state.name, "%CEL(\(condition) ? \(HeaderExpression.value("tracestate")) : '')%"),
      .remove("tracestate"),
      .set("tracestate", "%REQ(\(ScratchHeader.state.name))%"),
    ]
  }()

  /// An unlisted format is no context here, but goes on to the upstream as the client sent it.
  private static let keepOriginals: [Mutation] = [
    .set(ScratchHeader.originalParent.name, "%REQ(traceparent)%"),
    // May be several headers, of which REQ would take the first.
    .set(
      ScratchHeader.originalState.name,
      "%CEL(\(HeaderExpression.isPresent("tracestate")) ? \(HeaderExpression.value("tracestate")) : '')%"),
  ]

  // MARK: B3

  private static let b3Candidates = candidates(.b3) { bits in
    (bits == 64 ? zeros : "") + "%REQ(x-b3-traceid)%-%REQ(x-b3-spanid)%"
  }

  /// `{trace id}-{span id}`, both with `-{sampled}` and `-{sampled}-{parent's span id}` after them, or `0` alone.
  private static let b3SingleHeaderCandidates = candidates(.b3SingleHeader) { bits in
    bits == 64 ? zeros + "%REQ(b3):33%" : "%REQ(b3):49%"
  }

  private static func candidates(_ format: Propagator, _ identifiers: (_ bits: Int) -> String) -> [Mutation] {
    [128, 64].flatMap { bits in
      [true, false].map { isSampled in
        let header = ScratchHeader.candidate(format, bits: bits, isSampled: isSampled)
        return .set(header.name, "00-\(identifiers(bits))-\(isSampled ? "01" : "00")")
      }
    }
  }

  private static let isB3Debug =
    "\(HeaderExpression.isPresent("x-b3-flags")) && \(HeaderExpression.value("x-b3-flags")) == '1'"

  private static let isB3Denied =
    "\(HeaderExpression.isPresent("x-b3-sampled"))"
    + " && \(HeaderExpression.value("x-b3-sampled")) in ['0', 'false'] && !(\(isB3Debug))"

  private var isB3Sampled: String {
    guard trustsCaller else { return isDrawn }
    let sampled = HeaderExpression.value("x-b3-sampled")
    let isSaid = "\(HeaderExpression.isPresent("x-b3-sampled")) && \(sampled) in ['0', 'false', '1', 'true']"
    return "(\(Self.isB3Debug)) || (\(isSaid) ? \(sampled) in ['1', 'true'] : \(isDrawn))"
  }

  /// The candidates are cut from the header, so its length tells whether something else stands after the ids.
  private static let isB3SingleHeaderWhole = {
    let size = "\(HeaderExpression.isPresent("b3")) && size(\(HeaderExpression.value("b3")))"
    return [128: "\(size) in [49, 51, 68]", 64: "\(size) in [33, 35, 52]"]
  }()

  private static let isB3SingleHeaderDenied =
    "\(HeaderExpression.isPresent("b3")) && \(HeaderExpression.value("b3")) == '0'"

  private var isB3SingleHeaderSampled: String {
    guard trustsCaller else { return isDrawn }
    let value = HeaderExpression.value("b3")
    func isFlagged(_ flag: Character) -> String { "\(value).endsWith('-\(flag)') || \(value).contains('-\(flag)-')" }
    return "\(isFlagged("1")) || \(isFlagged("d")) || !(\(isFlagged("0"))) && \(isDrawn)"
  }

  /// A caller that gives ids but no decision that counts gets it drawn here, at the sampling rate.
  private var isDrawn: String { "\(HeaderExpression.value(.random)) < '\(rate.hexadecimalThreshold)'" }

  /// Two random words make the trace id of a request that says "do not sample" without an id. As in Zipkin, the first
  /// span of a trace has the trace's id.
  private static let freshIdentifiers: [Mutation] = {
    let (random, denied) = (ScratchHeader.random.name, ScratchHeader.denied.name)
    let identifier = "%REQ(\(random)):8%%REQ(\(denied)):8%"
    return [
      .set(random, "%UNIQUE_ID%"), .set(denied, "%UNIQUE_ID%"),
      .set(denied, "00-\(zeros)\(identifier)-\(identifier)-00"),
    ]
  }()
}
