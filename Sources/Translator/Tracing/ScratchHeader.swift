/// The headers that carry intermediate values from one mutation to the next. Clients cannot bring their own: the first
/// thing that is done is to remove them.
enum ScratchHeader: String, CaseIterable {
  /// The `traceparent` that was chosen.
  case parent = "x-kgateway-trace-parent"
  /// The `tracestate` that belongs to it.
  case state = "x-kgateway-trace-state"
  /// A `traceparent` that was made of another format, good or not.
  case candidate = "x-kgateway-trace-candidate"
  /// A random UUID.
  case random = "x-kgateway-trace-random"
  /// A `traceparent` with a fresh id that says "not sampled".
  case denied = "x-kgateway-trace-denied"
  /// What the client sent, where the format is not listed; goes as far as the upstream filters.
  case originalParent = "x-kgateway-trace-original-parent"
  case originalState = "x-kgateway-trace-original-state"
}
