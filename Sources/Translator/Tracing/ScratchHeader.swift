/// A header that carries a value from one mutation to the next. Clients cannot bring their own: the first thing that is
/// done is to remove all of them.
struct ScratchHeader: Hashable, Sendable {
  let name: String

  /// The `traceparent` that was chosen.
  static let parent = ScratchHeader("parent")
  /// The `tracestate` that belongs to it.
  static let state = ScratchHeader("state")
  /// A random UUID.
  static let random = ScratchHeader("random")
  /// A `traceparent` with a fresh id that says "not sampled".
  static let denied = ScratchHeader("denied")
  /// What the client sent, where the format is not listed; goes as far as the upstream filters.
  static let originalParent = ScratchHeader("original-parent")
  static let originalState = ScratchHeader("original-state")

  /// A `traceparent` made of what a request carries on the supposition that its trace id has so many bits and that it is sampled or
  /// not. One that is supposed wrongly is no `traceparent` by its length.
  static func candidate(_ format: Propagator, bits: Int, isSampled: Bool) -> ScratchHeader {
    ScratchHeader("\(format.shortName)-\(bits)-\(isSampled ? "01" : "00")")
  }

  static func candidates(_ format: Propagator) -> [ScratchHeader] {
    [128, 64].flatMap { bits in [true, false].map { candidate(format, bits: bits, isSampled: $0) } }
  }

  static let all =
    [parent, state, random, denied, originalParent, originalState]
    + [true, false].map { candidate(.w3c, bits: 128, isSampled: $0) }
    + candidates(.b3) + candidates(.b3SingleHeader)

  /// Whether nothing needs it once the `traceparent` is chosen.
  var servesChoice: Bool {
    ![.parent, .state, .originalParent, .originalState].contains(self)
  }

  private init(_ suffix: String) {
    name = "x-kgateway-trace-" + suffix
  }
}
