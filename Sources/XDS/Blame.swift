/// What a client's refusal of a response (NACK) says of the resources in it.
struct Blame {
  /// The client's words, or as much of their beginning as is kept.
  let message: String

  /// What it refuses or, where it does not say what, what may be.
  let suspects: [EncodedResource]

  /// Whether each of ``suspects`` is refused.
  let isCertain: Bool

  /// What it took all the same: Envoy takes the rest of a response that it refuses in part. Empty where it does not say
  /// what it refuses.
  let taken: [EncodedResource]

  /// Whether it is known to have taken nothing: Envoy looks at the form of all resources of a response before it takes any.
  let isOfWhole: Bool

  /// - Parameter refusedBefore: the names of which the client refused the version that it was sent last. A response with
  ///   all that there is may carry such a version again, and is refused again.
  init(_ message: String, of transition: Transition, refusedBefore: Set<String>) {
    let malformed = RefusalMessage.malformed(message, among: transition.resources)
    isOfWhole = malformed != nil
    self.message = RefusalMessage.shortened(malformed?.reason ?? message)
    let named = malformed.map { [$0.resource] } ?? RefusalMessage.named(self.message, among: transition.resources)
    let isRepeated =
      transition.resources.count > transition.changed.count
      && transition.resources.contains { refusedBefore.contains($0.name) && !transition.changed.contains($0) }
    suspects = named.isEmpty ? transition.changed : named
    isCertain = !named.isEmpty || (transition.changed.count == 1 && !isRepeated)
    let names = Set(suspects.map(\.name))
    taken = isCertain && !isOfWhole ? transition.resources.filter { !names.contains($0.name) } : []
  }
}
