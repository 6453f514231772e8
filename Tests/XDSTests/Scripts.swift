import NIOCore
import Testing

@testable import XDS

/// A resource whose content is a few letters: `resource(.cluster, "a", "1")`.
func resource(
  _ type: ResourceType, _ name: String, _ content: String = "1", endpointName: String? = nil
) -> EncodedResource {
  EncodedResource(type: type, name: name, bytes: Array(content.utf8), endpointName: endpointName)
}

/// A snapshot with one route to each named service: a cluster and its endpoints by this name, and a listener and a
/// route of the given content.
func snapshot(_ services: [String], routing content: String) -> [EncodedResource] {
  services.flatMap { [resource(.cluster, $0, endpointName: $0), resource(.endpoint, $0)] }
    + [resource(.listener, "l", content), resource(.route, "r", content)]
}

/// What a response says, for people: `cluster +a=1 -b`.
func text(of transition: Transition) -> String {
  var words = [transition.type.description]
  words += transition.resources.map { "+\($0.name)=\(String(decoding: $0.bytes, as: UTF8.self))" }
  words += transition.removed.map { "-\($0)" }
  return words.joined(separator: " ")
}

/// One stream without a network: tells its logic what a client asks and a store serves, and returns what is sent.
struct Script<Logic: ADSStreamLogic> {
  var logic: Logic
  let cache = TransitionCache()
  private(set) var served: Served?
  private(set) var events: [StreamEvent] = []
  /// The last response of each type.
  private var last: [ResourceType: Rollout.Response] = [:]

  init(_ logic: Logic, _ resources: [EncodedResource]? = nil) {
    self.logic = logic
    if let resources { served = Served(generation: 1, snapshot: Snapshot(resources)) }
  }

  /// Whether the client has acknowledged all that is served.
  var isSettled: Bool { logic.isSettled(at: served?.generation ?? 0) }

  mutating func publish(_ resources: [EncodedResource], withholding routes: [String] = []) -> [String] {
    serve(resources, withholding: routes)
    return advance()
  }

  /// Changes what is served, and looks at it later.
  ///
  /// - Parameter routes: those that there are, and none of them is to be had.
  mutating func serve(_ resources: [EncodedResource], withholding routes: [String] = []) {
    var snapshot = Snapshot(resources)
    for name in routes { snapshot.sets[.route].withhold(name) }
    served = Served(generation: (served?.generation ?? 0) + 1, snapshot: snapshot)
  }

  mutating func send(_ request: Logic.Request) throws -> [String] {
    try hold(request)
    return advance()
  }

  /// Sends a request that comes together with the next one.
  mutating func hold(_ request: Logic.Request) throws {
    events += try logic.receive(request)
  }

  mutating func advance() -> [String] {
    responses().map { text(of: $0.transition) }
  }

  mutating func responses() -> [Rollout.Response] {
    guard let served else { return [] }
    let responses = logic.responses(to: served, cache: cache)
    for response in responses {
      last[response.transition.type] = response
    }
    return responses
  }

  /// Takes it that the client has asked for all that it will ask for.
  mutating func presumeAllAsked() -> [String] {
    logic.presumeAllAsked()
    return advance()
  }

  func nonce(_ type: ResourceType) -> String { last[type]?.nonce ?? "" }

  func version(_ type: ResourceType) -> String { last[type]?.transition.version ?? "" }

  /// What the events so far say: `ACK cluster`, `NACK listener: why`, `unknown TYPE`, `nothing TYPE NAMES`.
  var heard: [String] {
    events.map { event in
      switch event {
      case .accepted(let transition, _): "ACK \(transition.type)"
      case .refused(let transition, _, let blame): "NACK \(transition.type): \(blame.message)"
      case .unknownType(let typeURL): "unknown \(typeURL)"
      case .nothing(let typeURL, let names, _): "nothing \(typeURL) \(names)"
      }
    }
  }
}

extension Script<DeltaStream> {
  init(delta resources: [EncodedResource]? = nil, maximumNames: Int = 100) {
    self.init(DeltaStream(maximumNames: maximumNames), resources)
  }

  /// A client that has all of a snapshot with these services, as Envoy asks for it.
  static func settled(_ services: [String], routing content: String = "1") throws -> Self {
    var script = Script(delta: snapshot(services, routing: content))
    _ = try script.subscribe(.cluster)
    _ = try script.subscribe(.endpoint, services)
    _ = try script.subscribe(.listener)
    _ = try script.subscribe(.route, ["r"])
    try script.settle()
    #expect(script.isSettled)
    return script
  }

  mutating func subscribe(
    _ type: ResourceType, _ names: [String] = [], has versions: [String: String] = [:]
  ) throws -> [String] {
    try send(.init(typeURL: type.typeURL, subscribe: names, initialVersions: versions))
  }

  mutating func unsubscribe(_ type: ResourceType, _ names: [String]) throws -> [String] {
    try send(.init(typeURL: type.typeURL, unsubscribe: names))
  }

  mutating func ack(_ type: ResourceType) throws -> [String] {
    try send(.init(typeURL: type.typeURL, nonce: nonce(type)))
  }

  mutating func nack(_ type: ResourceType, _ message: String = "no") throws -> [String] {
    try send(.init(typeURL: type.typeURL, nonce: nonce(type), refusal: message))
  }

  /// Acknowledges everything until nothing more comes.
  mutating func settle(_ types: [ResourceType] = ResourceType.allCases) throws {
    while try types.contains(where: { try !ack($0).isEmpty }) {}
  }
}

extension Script<StateOfTheWorldStream> {
  init(stateOfTheWorld resources: [EncodedResource]? = nil, maximumNames: Int = 100) {
    self.init(StateOfTheWorldStream(maximumNames: maximumNames), resources)
  }

  mutating func request(
    _ type: ResourceType, _ names: [String] = [], version: String = "", nonce: String? = nil, refusal: String? = nil
  ) throws -> [String] {
    try send(
      .init(
        typeURL: type.typeURL, names: names, version: version, nonce: nonce ?? self.nonce(type), refusal: refusal))
  }

  mutating func ack(_ type: ResourceType, _ names: [String] = []) throws -> [String] {
    try request(type, names, version: version(type))
  }

  mutating func nack(_ type: ResourceType, _ names: [String] = [], _ message: String = "no") throws -> [String] {
    try request(type, names, refusal: message)
  }
}
