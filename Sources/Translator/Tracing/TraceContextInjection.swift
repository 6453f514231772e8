import EnvoyAPI

/// The mutations that write the listed formats into a request, after Envoy's tracer has written its `traceparent`, and
/// take that away where W3C is not listed.
///
/// They run in the upstream filters of a cluster. A retry runs them again on the same headers: a `traceparent` of an
/// unlisted format, which the client sent, goes with the first try only.
struct TraceContextInjection {
  typealias Mutation = Envoy_Config_Common_MutationRules_V3_HeaderMutation

  let formats: Set<Propagator>
  /// As in `TracePropagation`.
  let spawnsUpstreamSpans: Bool

  var mutations: [Mutation] {
    var mutations: [Mutation] = []
    if formats.contains(.b3) {
      mutations += [
        .set("x-b3-traceid", "%TRACE_ID%"), .set("x-b3-spanid", spanID), .set("x-b3-sampled", Self.sampled),
        // Was the parent of the caller's span.
        .remove("x-b3-parentspanid"),
        // Would have the next hop sample whatever was decided here. A caller's wish to debug has become a decision.
        .remove("x-b3-flags"),
      ]
    }
    if formats.contains(.b3SingleHeader) {
      let (spanID, sampled) =
        formats.contains(.b3) ? ("%REQ(x-b3-spanid)%", "%REQ(x-b3-sampled)%") : (spanID, Self.sampled)
      mutations.append(.set("b3", "%TRACE_ID%-\(spanID)-\(sampled)"))
    }
    if !formats.contains(.w3c) { mutations += Self.restoreOriginals }
    return mutations
  }

  /// `SPAN_ID` is always the span of the whole request. Reading another one out of Envoy's own header costs some
  /// microseconds, because the pattern is compiled each time; so this is not done where the two are the same.
  private var spanID: String {
    guard spawnsUpstreamSpans else { return "%SPAN_ID%" }
    let parent = "traceparent"
    return "%CEL(re.extract(\(HeaderExpression.value(parent)), '-([^-]+)-0.$', '\\\\1'))%"
  }

  /// `1` or `0`, as Envoy's own header says.
  private static let sampled: String = {
    let parent = "traceparent"
    let isSampled = "\(HeaderExpression.isPresent(parent)) && \(HeaderExpression.value(parent)).endsWith('-01')"
    return "%CEL(\(isSampled) ? '1' : '0')%"
  }()

  private static let restoreOriginals: [Mutation] = {
    let (parent, state) = (ScratchHeader.originalParent.name, ScratchHeader.originalState.name)
    return [
      .remove("traceparent"), .remove("tracestate"),
      .set("traceparent", "%REQ(\(parent))%"), .set("tracestate", "%REQ(\(state))%"),
      .remove(parent), .remove(state),
    ]
  }()
}
