import OTLPSink

@testable import Translator

/// What came of a request: the headers that reached the upstream, and the spans that reached the collector.
struct PropagationOutcome {
  var sent: [String: String]
  var spans: [OTLPSpan]

  /// What is not as the model says, for people; empty if all is.
  func differences(from model: PropagationModel, _ request: PropagationCase) -> [String] {
    let expected = model.expectation(of: request)
    let seen = model.formats.first.map { Self.context($0, in: sent) }
    if let format = model.formats.first, seen == .some(nil) {
      return ["the upstream got no \(format.rawValue): \(sent.sorted { $0.key < $1.key })"]
    }
    let context = seen ?? nil
    let isSampled = expected.isSampled ?? context?.isSampled ?? !spans.isEmpty
    var differences = differencesOfSpans(model, expected, isSampled: isSampled, context)
    // Where no format is listed, only a span can tell.
    let (traceID, spanID) = (context?.traceID ?? spans.first?.traceID, context?.spanID ?? spans.first?.spanID)
    if let traceID { differences += differenceOfTrace(traceID, expected) }
    if let spanID, !Self.isIdentifier(spanID, 16) || spanID == PropagationCase.spanID {
      differences.append("the span \(spanID) is no new one")
    }
    let headers = model.headers(
      of: request, expected, traceID: traceID ?? "", spanID: spanID ?? "", isSampled: isSampled)
    for name in Set(headers.keys).union(sent.keys).sorted() where headers[name] != sent[name] {
      differences.append("the upstream got \(name): \(sent[name] ?? "(none)"), not \(headers[name] ?? "(none)")")
    }
    return differences
  }

  private func differenceOfTrace(_ traceID: String, _ expected: PropagationModel.Expectation) -> [String] {
    if let id = expected.traceID {
      return traceID == id ? [] : ["the trace is \(traceID), not the caller's \(id)"]
    }
    let isNew = Self.isIdentifier(traceID, 32) && !PropagationCase.isOfCaller(traceID)
    return isNew ? [] : ["the trace \(traceID) is no new one"]
  }

  private func differencesOfSpans(
    _ model: PropagationModel, _ expected: PropagationModel.Expectation, isSampled: Bool, _ context: Context?
  ) -> [String] {
    let kinds: Set<OTLPSpan.Kind> = isSampled ? (model.spawnsUpstreamSpans ? [.server, .client] : [.server]) : []
    guard spans.count == kinds.count, Set(spans.map(\.kind)) == kinds else {
      return ["the collector got spans of the kinds \(spans.map(\.kind.rawValue)), not \(kinds.map(\.rawValue))"]
    }
    guard let server = spans.first(where: { $0.kind == .server }) else { return [] }
    var differences: [String] = []
    if server.parentSpanID != expected.parentSpanID {
      differences.append(
        "the span's parent is \(server.parentSpanID ?? "none"), not \(expected.parentSpanID ?? "none")")
    }
    let client = spans.first { $0.kind == .client }
    if let client, (client.traceID, client.parentSpanID) != (server.traceID, server.spanID) {
      differences.append("the upstream span is no child of the request's")
    }
    let span = client ?? server
    if let context, (span.traceID, span.spanID) != (context.traceID, context.spanID) {
      differences.append(
        "the collector's span is \(span.traceID)-\(span.spanID), the upstream's \(context.traceID)-\(context.spanID)")
    }
    return differences
  }

  // MARK: What the upstream reads

  struct Context: Hashable {
    var traceID: String
    var spanID: String
    var isSampled: Bool
  }

  /// Nil where the format is not there in full.
  static func context(_ format: Propagator, in sent: [String: String]) -> Context? {
    let parts =
      switch format {
      case .w3c: sent["traceparent"]?.split(separator: "-").dropFirst().map(String.init) ?? []
      case .b3: ["x-b3-traceid", "x-b3-spanid", "x-b3-sampled"].compactMap { sent[$0] }
      case .b3SingleHeader: sent["b3"]?.split(separator: "-").map(String.init) ?? []
      }
    guard parts.count == 3 else { return nil }
    return Context(traceID: parts[0], spanID: parts[1], isSampled: ["01", "1"].contains(parts[2]))
  }

  private static func isIdentifier(_ text: String, _ length: Int) -> Bool {
    text.utf8.count == length && text.allSatisfy { "0123456789abcdef".contains($0) } && text.contains { $0 != "0" }
  }
}
