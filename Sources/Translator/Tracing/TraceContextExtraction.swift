import EnvoyAPI

/// The mutations that make a `traceparent` of the first listed format that a request carries, and take away any other,
/// before Envoy's tracer looks for one.
///
/// They run in order, each seeing what the ones before it did; a value that comes out empty changes nothing. Envoy's
/// expressions have no concatenation, so values are put together in format strings and judged afterwards, in scratch
/// headers.
struct TraceContextExtraction {
  typealias Mutation = Envoy_Config_Common_MutationRules_V3_HeaderMutation

  let formats: [Propagator]
  let rate: SamplingRate

  var mutations: [Mutation] {
    var mutations = ScratchHeader.allCases.map { Mutation.remove($0.rawValue) }
    if formats.contains(where: { $0 != .w3c }) { mutations += Self.freshIdentifiers }
    for format in formats {
      switch format {
      case .w3c: mutations += Self.w3c
      case .b3: mutations += b3
      case .b3SingleHeader: mutations += b3SingleHeader
      }
    }
    mutations += formats.contains(.w3c) ? [Self.stateOfParent] : Self.keepOriginals
    mutations += [.remove("traceparent"), .remove("tracestate")]
    mutations += [.set("traceparent", "%REQ(\(ScratchHeader.parent.rawValue))%")]
    if formats.contains(.w3c) { mutations.append(.set("tracestate", "%REQ(\(ScratchHeader.state.rawValue))%")) }
    mutations += [ScratchHeader.parent, .state, .candidate, .random, .denied].map { .remove($0.rawValue) }
    return mutations
  }

  // MARK: W3C

  /// Envoy takes a `traceparent` that is no good for a reason not to trace at all; so only a good one is passed on.
  private static let w3c = [
    choose(
      "\(HeaderExpression.isPresent("traceparent")) && \(isTraceParent("traceparent"))"
        + " ? \(HeaderExpression.value("traceparent")) : ''")
  ]

  /// `tracestate` belongs to the `traceparent` beside it, and goes if another format was chosen.
  private static let stateOfParent: Mutation = {
    let conditions = [
      HeaderExpression.isPresent("tracestate"), HeaderExpression.isPresent("traceparent"),
      HeaderExpression.isPresent(.parent),
      "\(HeaderExpression.value("traceparent")) == \(HeaderExpression.value(.parent))",
    ]
    let condition = conditions.joined(separator: " && ")
    return .set(ScratchHeader.state.rawValue, "%CEL(\(condition) ? \(HeaderExpression.value("tracestate")) : '')%")
  }()

  /// An unlisted format is no context here, but goes on to the upstream as the client sent it.
  private static let keepOriginals: [Mutation] = [
    .set(ScratchHeader.originalParent.rawValue, "%REQ(traceparent)%"),
    .set(ScratchHeader.originalState.rawValue, "%REQ(tracestate)%"),
  ]

  // MARK: B3

  private var b3: [Mutation] {
    let traceID = "x-b3-traceid"
    let sampled = HeaderExpression.value("x-b3-sampled")
    let isSampledSaid = HeaderExpression.isPresent("x-b3-sampled")
    let isDebug = "\(HeaderExpression.isPresent("x-b3-flags")) && \(HeaderExpression.value("x-b3-flags")) == '1'"
    let padding =
      "\(HeaderExpression.isPresent(traceID)) && size(\(HeaderExpression.value(traceID))) == 16"
      + " ? '\(Self.zeros)' : ''"
    let flags =
      "\(isDebug) ? '01' : !(\(isSampledSaid)) ? (\(deferredFlags))"
      + " : \(sampled) in ['0', 'false'] ? '00' : \(sampled) in ['1', 'true'] ? '01' : (\(deferredFlags))"
    let isDenied = "\(isSampledSaid) && \(sampled) in ['0', 'false'] && !(\(isDebug))"
    return [
      .set(
        ScratchHeader.candidate.rawValue,
        "00-%CEL(\(padding))%%REQ(\(traceID))%-%REQ(x-b3-spanid)%-%CEL(\(flags))%"),
      Self.chooseCandidate(isDenied: isDenied),
    ]
  }

  /// `{trace id}-{span id}`, both with `-{sampled}` and `-{sampled}-{parent's span id}` after them, or `0` alone.
  private var b3SingleHeader: [Mutation] {
    let value = HeaderExpression.value("b3")
    let isPresent = HeaderExpression.isPresent("b3")
    let isLong = "\(isPresent) && size(\(value)) in [49, 51, 68]"
    let isShort = "\(isPresent) && size(\(value)) in [33, 35, 52]"
    func isFlagged(_ flag: Character) -> String { "\(value).endsWith('-\(flag)') || \(value).contains('-\(flag)-')" }
    let flags =
      "!(\(isPresent)) ? '' : \(isFlagged("0")) ? '00' : \(isFlagged("1")) || \(isFlagged("d")) ? '01'"
      + " : (\(deferredFlags))"
    return [
      .set(
        ScratchHeader.candidate.rawValue,
        "00-%CEL(\(isLong) ? \(value) : ''):49%%CEL(\(isShort) ? '\(Self.zeros)' : '')%"
          + "%CEL(\(isShort) ? \(value) : ''):33%-%CEL(\(flags))%"),
      Self.chooseCandidate(isDenied: "\(isPresent) && \(value) == '0'"),
    ]
  }

  private static let zeros = "0000000000000000"

  /// A caller that gives ids but leaves the decision open gets it drawn here, at the sampling rate.
  private var deferredFlags: String {
    "\(HeaderExpression.value(.random)) < '\(rate.hexadecimalThreshold)' ? '01' : '00'"
  }

  /// Two random words make the trace id of a request that says "do not sample" without an id. As in Zipkin, the first
  /// span of a trace has the trace's id.
  private static let freshIdentifiers: [Mutation] = {
    let (random, denied) = (ScratchHeader.random.rawValue, ScratchHeader.denied.rawValue)
    let identifier = "%REQ(\(random)):8%%REQ(\(denied)):8%"
    return [
      .set(random, "%UNIQUE_ID%"), .set(denied, "%UNIQUE_ID%"),
      .set(denied, "00-\(zeros)\(identifier)-\(identifier)-00"),
    ]
  }()

  private static func chooseCandidate(isDenied: String) -> Mutation {
    choose(
      "\(isTraceParent(ScratchHeader.candidate.rawValue)) ? \(HeaderExpression.value(.candidate))"
        + " : \(isDenied) ? \(HeaderExpression.value(.denied)) : ''")
  }

  // MARK: Choice

  /// Chooses the expression's value, unless it is empty or an earlier format was chosen.
  private static func choose(_ expression: String) -> Mutation {
    .set(ScratchHeader.parent.rawValue, "%CEL(\(expression))%", action: .addIfAbsent)
  }

  /// Whether a header's value is a `traceparent` that Envoy's tracer takes. Two small patterns and the length instead of
  /// one pattern, because Envoy bounds the size of compiled patterns.
  private static func isTraceParent(_ name: String) -> String {
    let value = HeaderExpression.value(name)
    return [
      "size(\(value)) == 55", "\(value).matches('^[0-9a-f]{2}-[0-9a-f]+-')",
      "\(value).matches('-[0-9a-f]{16}-[0-9a-f]{2}$')", "!\(value).startsWith('ff')",
      "!\(value).contains('-\(zeros)\(zeros)-')", "!\(value).contains('-\(zeros)-')",
    ].joined(separator: " && ")
  }
}
