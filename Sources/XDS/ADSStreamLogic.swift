/// One stream's protocol as a value: requests in, events and responses out, without I/O.
protocol ADSStreamLogic {
  associatedtype Request

  /// Takes a request. What is to be sent follows from ``responses(to:cache:)``, for several requests at once.
  ///
  /// - Throws: When the stream has to end.
  mutating func receive(_ request: Request) throws(RequestRefusal) -> [StreamEvent]

  /// What is to be sent now to get the client towards the newest snapshot.
  mutating func responses(to newest: Served, cache: TransitionCache) -> [Rollout.Response]

  /// Whether the client has acknowledged all of the newest snapshot.
  func isSettled(at generation: UInt64) -> Bool
}

/// What a request tells the rest of the control plane.
enum StreamEvent {
  /// The client took a response (ACK).
  case accepted(Transition, generation: UInt64)
  /// The client refused a response (NACK), and why.
  case refused(Transition, generation: UInt64, message: String)
  /// The client asked for a type that is not served. Told once for each type, and no more than eight on a stream.
  case unknownType(String)
  /// A response is due that says that nothing by these names exists.
  case nothing(typeURL: String, names: [String], nonce: String)

  init(_ type: ResourceType, _ answered: TypeProgress.Outstanding, refusal: String?) {
    let generation = answered.served.generation
    self =
      if let refusal {
        .refused(answered.transition, generation: generation, message: refusal)
      } else {
        .accepted(answered.transition, generation: generation)
      }
  }
}

/// Why a stream is ended for what its client asked.
enum RequestRefusal: Error, Equatable {
  case tooManyNames(ResourceType, limit: Int)
}
