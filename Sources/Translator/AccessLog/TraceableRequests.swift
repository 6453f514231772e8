/// Which requests `traceableFilter` lets through.
///
/// Envoy's own filter of that name is for traces that a caller forces by `x-envoy-force-trace`, which Envoy takes from
/// internal addresses only, and by default no address is one: it lets nothing through (1.40).
enum TraceableRequests {
  /// True of a request that the connection manager has chosen for a trace, unless the tracer's sampler decided against it.
  /// The first is in the request's id, which Envoy marks (`pack_trace_reason`); the second in the headers that the tracer
  /// wrote for the upstream.
  static let expression: String =
    (["'x-request-id' in request.headers && request.headers['x-request-id'].matches('\(tracedID)')"]
    + [("traceparent", "endsWith('-00')"), ("x-b3-sampled", "matches('^0')"), ("b3", "endsWith('-0')")].map {
      "!('\($0)' in request.headers && request.headers['\($0)'].\($1))"
    })
    .joined(separator: " && ")

  /// The third group of the id begins with the mark, and the fourth with the variant of the UUID. Envoy allows only very
  /// short patterns, so that a count of characters is too much.
  private static let tracedID = #"-[9ab]\\w\\w\\w-[89ab]"#
}
