@testable import XDS

/// How a simulated proxy speaks one of the two protocols, as Envoy does.
protocol SimulatedSpeaker {
  associatedtype Logic: ADSStreamLogic
  static var logic: Logic { get }
  static func rollout(of logic: Logic) -> Rollout

  init()

  /// Whether a client of this protocol can say what it has when it comes back, and can be told what is gone rather than
  /// all that there is, so that the order holds for it when it comes back and for what is held back.
  static var tellsWhatItHas: Bool { get }

  /// The first requests of a stream, of a proxy that holds something or not.
  mutating func open(_ envoy: SimulatedEnvoy) -> [Logic.Request]

  /// The requests that follow a response that was taken, the last of them the answer.
  mutating func answer(
    _ response: Rollout.Response, before: SimulatedEnvoy, after: SimulatedEnvoy, refusal: String?
  ) -> [Logic.Request]

  /// The type of a request that asks for what the client has already, so that it is sent again.
  static func asksAgain(_ request: Logic.Request) -> (type: ResourceType, names: Set<String>)?
}

struct DeltaSpeaker: SimulatedSpeaker {
  static var logic: DeltaStream { DeltaStream(maximumNames: 100) }
  static func rollout(of logic: DeltaStream) -> Rollout { logic.rollout }
  static var tellsWhatItHas: Bool { true }

  func open(_ envoy: SimulatedEnvoy) -> [DeltaRequest] {
    ResourceType.allCases.compactMap { type in
      let names: [String]? =
        switch type {
        case .cluster, .listener: []
        case .endpoint: envoy.wantedEndpoints.isEmpty ? nil : envoy.wantedEndpoints.sorted()
        case .route: envoy.wantedRoutes.isEmpty ? nil : envoy.wantedRoutes.sorted()
        }
      return names.map {
        DeltaRequest(typeURL: type.typeURL, subscribe: $0, initialVersions: envoy[type].mapValues(\.version))
      }
    }
  }

  func answer(
    _ response: Rollout.Response, before: SimulatedEnvoy, after: SimulatedEnvoy, refusal: String?
  ) -> [DeltaRequest] {
    let changes: [(ResourceType, Set<String>, Set<String>)] = [
      (.endpoint, before.wantedEndpoints, after.wantedEndpoints), (.route, before.wantedRoutes, after.wantedRoutes),
    ]
    let subscriptions = changes.compactMap { type, old, new in
      old == new
        ? nil
        : DeltaRequest(
          typeURL: type.typeURL, subscribe: new.subtracting(old).sorted(), unsubscribe: old.subtracting(new).sorted())
    }
    let type = response.transition.type
    return subscriptions + [DeltaRequest(typeURL: type.typeURL, nonce: response.nonce, refusal: refusal)]
  }

  static func asksAgain(_ request: DeltaRequest) -> (type: ResourceType, names: Set<String>)? {
    ResourceType(typeURL: request.typeURL).map { ($0, Set(request.subscribe)) }
  }
}

struct StateOfTheWorldSpeaker: SimulatedSpeaker {
  static var logic: StateOfTheWorldStream { StateOfTheWorldStream(maximumNames: 100) }
  static func rollout(of logic: StateOfTheWorldStream) -> Rollout { logic.rollout }
  static var tellsWhatItHas: Bool { false }

  /// The last nonce on this stream, and the last version that was taken on any.
  private var nonces: [ResourceType: String] = [:]
  private var versions: [ResourceType: String] = [:]
  /// The names that the version is of.
  private var covered: [ResourceType: Set<String>] = [:]
  /// The types of which a part of a response was taken since the version.
  private var isAhead: Set<ResourceType> = []

  mutating func open(_ envoy: SimulatedEnvoy) -> [StateOfTheWorldRequest] {
    nonces = [:]
    // Envoy says that it has a version also where it gave up a part of it since. Of that part the server sends nothing if
    // it is asked for again, unchanged, on a new stream: a limit of this protocol, which is not simulated.
    for (type, names) in covered where !type.isFullState && !names.isSubset(of: envoy[type].keys) {
      versions[type] = nil
    }
    // The same where it took a part of a response that it refused: the version is that of the response before, and of what
    // it took the server sends nothing if all is served again as it was then.
    for type in isAhead { versions[type] = nil }
    return ResourceType.allCases.compactMap { type in
      let isAsked = type.isFullState || !names(type, envoy).isEmpty
      return isAsked ? request(type, envoy) : nil
    }
  }

  mutating func answer(
    _ response: Rollout.Response, before: SimulatedEnvoy, after: SimulatedEnvoy, refusal: String?
  ) -> [StateOfTheWorldRequest] {
    let type = response.transition.type
    nonces[type] = response.nonce
    if refusal != nil {
      if before[type] != after[type] { isAhead.insert(type) }
    } else {
      isAhead.remove(type)
      versions[type] = response.transition.version
      covered[type] = Set(response.transition.after.entries.keys)
    }
    var requests: [StateOfTheWorldRequest] = []
    // Envoy asks for endpoints whenever a cluster is new or changed.
    if type == .cluster, before[.cluster] != after[.cluster] { requests.append(request(.endpoint, after)) }
    if before.wantedRoutes != after.wantedRoutes { requests.append(request(.route, after)) }
    var answer = request(type, after)
    answer.refusal = refusal
    return requests + [answer]
  }

  private func names(_ type: ResourceType, _ envoy: SimulatedEnvoy) -> [String] {
    switch type {
    case .cluster, .listener: []
    case .endpoint: envoy.wantedEndpoints.sorted()
    case .route: envoy.wantedRoutes.sorted()
    }
  }

  private func request(_ type: ResourceType, _ envoy: SimulatedEnvoy) -> StateOfTheWorldRequest {
    .init(
      typeURL: type.typeURL, names: names(type, envoy), version: versions[type] ?? "", nonce: nonces[type] ?? "")
  }

  static func asksAgain(_ request: StateOfTheWorldRequest) -> (type: ResourceType, names: Set<String>)? {
    // A request that is no answer may ask for everything again; which it is, the stream tells by the nonce.
    ResourceType(typeURL: request.typeURL).map { ($0, Set(request.names)) }
  }
}
