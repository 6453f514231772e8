/// What a delta client asks, without the parts that concern the whole stream.
struct DeltaRequest {
  var typeURL: String
  var subscribe: [String] = []
  var unsubscribe: [String] = []
  /// By name, what the client has from an earlier stream.
  var initialVersions: [String: String] = [:]
  /// The response that this answers; empty for none.
  var nonce = ""
  /// Why the client refuses that response.
  var refusal: String?
}

/// One stream of the delta protocol: requests in, responses out, without I/O.
///
/// Follows the xDS protocol's "Incremental xDS" with the order of ``Rollout``.
struct DeltaStream: ADSStreamLogic {
  private(set) var rollout = Rollout(speaking: .delta)
  private let maximumNames: Int
  private var unknownTypes: Set<String> = []

  /// - Parameter maximumNames: How many names a client may have in play for one type.
  init(maximumNames: Int) {
    self.maximumNames = maximumNames
  }

  mutating func receive(_ request: DeltaRequest) throws(RequestRefusal) -> [StreamEvent] {
    guard let type = ResourceType(typeURL: request.typeURL) else { return receiveUnknown(request) }
    var events: [StreamEvent] = []
    if !request.nonce.isEmpty, let event = rollout.answer(type, nonce: request.nonce, refusal: request.refusal) {
      events.append(event)
    }
    try rollout.types[type].update(type, request, maximumNames)
    return events
  }

  mutating func responses(to newest: Served, cache: TransitionCache) -> [Rollout.Response] {
    rollout.advance(to: newest, cache: cache)
  }

  mutating func presumeAllAsked() { rollout.presumeAllAsked() }

  func isSettled(at generation: UInt64) -> Bool {
    rollout.isSettled(at: generation)
  }

  var isWholeProxy: Bool { rollout.isWholeProxy }

  func holds(_ resource: EncodedResource) -> Bool { rollout.holds(resource) }

  /// Says that nothing of an unknown type exists, so that the client does not wait for it.
  private mutating func receiveUnknown(_ request: DeltaRequest) -> [StreamEvent] {
    let isNew = unknownTypes.count < 8 && unknownTypes.insert(request.typeURL).inserted
    var events: [StreamEvent] = isNew ? [.unknownType(request.typeURL)] : []
    let isFirst = request.nonce.isEmpty && request.unsubscribe.isEmpty
    if !request.subscribe.isEmpty || isFirst {
      let names = request.subscribe.filter { $0 != Subscription.wildcardName }
      events.append(.nothing(typeURL: request.typeURL, names: names, nonce: rollout.nextNonce()))
    }
    return events
  }
}

extension TypeProgress {
  /// Takes the subscription part of a delta request, which counts whichever response the request answers.
  fileprivate mutating func update(
    _ type: ResourceType, _ request: DeltaRequest, _ maximumNames: Int
  ) throws(RequestRefusal) {
    let isFirst = subscription == nil
    guard isFirst || !request.subscribe.isEmpty || !request.unsubscribe.isEmpty else { return }
    if isFirst {
      subscription = Subscription()
      if request.subscribe.isEmpty && type.isFullState {
        subscription?.wildcard = .implied
      }
      guard request.initialVersions.count <= maximumNames else { throw .tooManyNames(type, limit: maximumNames) }
      for (name, version) in request.initialVersions {
        holdings[name] = UInt64(version, radix: 16).map { .version($0) } ?? .unknown
      }
      isFromBefore = !request.initialVersions.isEmpty
    }
    subscribe(to: request.subscribe, isFirst: isFirst)
    if isFirst { forgetWhatIsDue() }
    unsubscribe(from: request.unsubscribe)
    if let subscription, subscription.names.count > maximumNames {
      throw .tooManyNames(type, limit: maximumNames)
    }
    reachedGoal = nil
  }

  private mutating func subscribe(to names: [String], isFirst: Bool) {
    guard !names.isEmpty else { return }
    if names.contains(Subscription.wildcardName) {
      if !isFirst, subscription?.wildcard == .named { holdings.forgetAll() }
      subscription?.wildcard = .named
    } else if subscription?.wildcard == .implied {
      subscription?.wildcard = .none
    }
    for name in names where name != Subscription.wildcardName {
      // Naming a resource again asks for it again, unless the first request says which version is there already.
      if !isFirst, holdings[name] != nil { holdings[name] = .unknown }
      subscription?.insert(name)
      if holdings[name] == nil { awaitsSomethingNew = true }
    }
  }

  private mutating func unsubscribe(from names: [String]) {
    for name in names {
      if name == Subscription.wildcardName {
        subscription?.wildcard = .none
      } else if subscription?.remove(name) == true {
        // Under a wildcard the client has to hear whether the resource is still there for it.
        holdings[name] = subscription?.isWildcard == true ? .unknown : nil
      }
    }
  }
}
