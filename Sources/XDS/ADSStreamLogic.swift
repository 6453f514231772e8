/// One stream's protocol as a value: requests in, events and responses out, without I/O.
protocol ADSStreamLogic {
  associatedtype Request

  /// Takes a request. What is to be sent follows from ``responses(to:cache:)``, for several requests at once.
  ///
  /// - Throws: When the stream has to end.
  mutating func receive(_ request: Request) throws(RequestRefusal) -> [StreamEvent]

  /// What is to be sent now to get the client towards the newest snapshot.
  mutating func responses(to newest: Served, cache: TransitionCache) -> [Rollout.Response]

  /// Takes it that a client that has come back asks for no more types than it has asked for by now.
  mutating func presumeAllAsked()

  /// Whether the client has acknowledged all of the newest snapshot.
  func isSettled(at generation: UInt64) -> Bool

  /// Whether the client wants all listeners and clusters, as a proxy does.
  var isWholeProxy: Bool { get }

  /// Whether the client has been sent this very version, or said that it has it.
  func holds(_ resource: EncodedResource) -> Bool
}

/// What a request tells the rest of the control plane.
enum StreamEvent {
  /// The client took a response (ACK).
  case accepted(Transition, of: Served)
  /// The client refused a response (NACK).
  case refused(Transition, of: Served, Blame)
  /// The client asked for a type that is not served. Told once for each type, and no more than eight on a stream.
  case unknownType(String)
  /// A response is due that says that nothing by these names exists.
  case nothing(typeURL: String, names: [String], nonce: String)
}

/// Why a stream is ended for what its client asked.
enum RequestRefusal: Error, Equatable {
  case tooManyNames(ResourceType, limit: Int)
}
