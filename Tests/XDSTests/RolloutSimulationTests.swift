import NIOCore
import Testing

@testable import XDS

/// Random numbers that are the same for the same seed (xorshift).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}

/// A proxy as far as the order of its configuration matters. Listeners and routes contain the names of the clusters
/// that they use.
struct ModelProxy {
  private(set) var clusters: [String: String] = [:]
  private(set) var endpoints: Set<String> = []
  private(set) var users: [ResourceType: [String: String]] = [.listener: [:], .route: [:]]

  /// Changed clusters that have not heard of their endpoints since.
  private(set) var warming: Set<String> = []

  /// What requests meet now that should not be.
  var problems: [String] {
    users.flatMap { type, resources in
      resources.flatMap { name, content in
        content.split(separator: ",").map(String.init).compactMap { cluster in
          if clusters[cluster] == nil { return "\(type) \(name) uses cluster \(cluster), which is not there" }
          if !endpoints.contains(cluster) { return "\(type) \(name) uses cluster \(cluster) without endpoints" }
          return nil
        }
      }
    }
  }

  mutating func take(_ transition: Transition) {
    let received = transition.resources.map { ($0.name, String(decoding: $0.bytes, as: UTF8.self)) }
    let isEverything = transition.speaking == .stateOfTheWorld && transition.type.isFullState
    switch transition.type {
    case .cluster:
      let before = clusters
      if isEverything { clusters = [:] }
      for (name, content) in received {
        clusters[name] = content
        if before[name] != content { warming.insert(name) }
      }
      for name in transition.removed { clusters[name] = nil }
      endpoints = endpoints.filter { clusters[$0] != nil }
      warming = warming.filter { clusters[$0] != nil }
    case .endpoint:
      for (name, _) in received {
        endpoints.insert(name)
        warming.remove(name)
      }
    case .listener, .route:
      if isEverything { users[transition.type] = [:] }
      for (name, content) in received { users[transition.type]?[name] = content }
      for name in transition.removed { users[transition.type]?[name] = nil }
    }
  }
}

/// A dialect's side of a simulated proxy.
protocol SimulatedClient {
  associatedtype Logic: ADSStreamLogic
  static var logic: Logic { get }
  init()
  var proxy: ModelProxy { get }
  /// The first requests.
  mutating func start() -> [Logic.Request]
  /// The first requests on a new stream, with what it has; `nil` if that is not simulated.
  func restart() -> [Logic.Request]?
  /// Takes or refuses a response, and returns what it sends then.
  mutating func take(_ response: Rollout.Response, refusing: Bool) -> [Logic.Request]
}

struct DeltaClient: SimulatedClient {
  static var logic: DeltaStream { DeltaStream(maximumNames: 100) }
  private(set) var proxy = ModelProxy()
  private var versions: [ResourceType: [String: String]] = [:]

  func restart() -> [DeltaRequest]? {
    let names: [ResourceType: [String]] = [.endpoint: proxy.clusters.keys.sorted(), .route: ["r"]]
    return ResourceType.allCases.map {
      .init(typeURL: $0.typeURL, subscribe: names[$0] ?? [], initialVersions: versions[$0] ?? [:])
    }
  }

  mutating func start() -> [DeltaRequest] {
    [
      .init(typeURL: ResourceType.cluster.typeURL), .init(typeURL: ResourceType.listener.typeURL),
      .init(typeURL: ResourceType.route.typeURL, subscribe: ["r"]),
    ]
  }

  mutating func take(_ response: Rollout.Response, refusing: Bool) -> [DeltaRequest] {
    let before = Set(proxy.clusters.keys)
    if !refusing { proxy.take(response.transition) }
    let after = Set(proxy.clusters.keys)
    if !refusing { note(response.transition) }
    for name in before.subtracting(after) { versions[.endpoint]?[name] = nil }
    var requests: [DeltaRequest] = []
    if before != after {
      requests.append(
        .init(
          typeURL: ResourceType.endpoint.typeURL, subscribe: after.subtracting(before).sorted(),
          unsubscribe: before.subtracting(after).sorted()))
    }
    requests.append(
      .init(typeURL: response.transition.type.typeURL, nonce: response.nonce, refusal: refusing ? "no" : nil))
    return requests
  }

  private mutating func note(_ transition: Transition) {
    for resource in transition.resources { versions[transition.type, default: [:]][resource.name] = resource.version }
    for name in transition.removed { versions[transition.type]?[name] = nil }
  }
}

struct StateOfTheWorldClient: SimulatedClient {
  static var logic: StateOfTheWorldStream { StateOfTheWorldStream(maximumNames: 100) }
  private(set) var proxy = ModelProxy()
  private var seen: [ResourceType: (nonce: String, version: String)] = [:]

  /// This protocol does not say what is to be kept when a client comes back.
  func restart() -> [StateOfTheWorldRequest]? { nil }

  mutating func start() -> [StateOfTheWorldRequest] {
    [request(.cluster), request(.listener), request(.route)]
  }

  mutating func take(_ response: Rollout.Response, refusing: Bool) -> [StateOfTheWorldRequest] {
    let type = response.transition.type
    let before = proxy.clusters
    if !refusing { proxy.take(response.transition) }
    seen[type] = (response.nonce, refusing ? seen[type]?.version ?? "" : response.transition.version)
    var answer = request(type)
    answer.refusal = refusing ? "no" : nil
    // Envoy asks for endpoints whenever a cluster is new or changed.
    return before == proxy.clusters || type != .cluster ? [answer] : [request(.endpoint), answer]
  }

  private func request(_ type: ResourceType) -> StateOfTheWorldRequest {
    let names: [String] =
      switch type {
      case .cluster, .listener: []
      case .endpoint: proxy.clusters.keys.sorted()
      case .route: ["r"]
      }
    return .init(
      typeURL: type.typeURL, names: names, version: seen[type]?.version ?? "", nonce: seen[type]?.nonce ?? "")
  }
}

@Suite("A simulated proxy, whatever the order and delay of what happens")
struct RolloutSimulationTests {
  private static let services = ["a", "b", "c", "d"]

  /// A random configuration: some services in some version, and a listener and a route to all of them.
  private func configuration(_ random: inout SeededGenerator) -> [EncodedResource] {
    let services = Self.services.filter { _ in Bool.random(using: &random) }
    let users = services.joined(separator: ",")
    return services.flatMap { name in
      [
        resource(.cluster, name, "\(Int.random(in: 1...2, using: &random))", endpointName: name),
        resource(.endpoint, name, "\(Int.random(in: 1...2, using: &random))"),
      ]
    } + [resource(.listener, "l", users), resource(.route, "r", users)]
  }

  /// Lets a random sequence of publications, requests and responses happen, and then everything settle.
  private func simulate<Client: SimulatedClient>(
    _ type: Client.Type, seed: UInt64, refusals: Bool
  ) throws -> [String] {
    var random = SeededGenerator(seed: seed)
    var script = Script(Client.logic, configuration(&random))
    var client = Client()
    var requests = client.start()
    var responses: [Rollout.Response] = []
    var problems: [String] = []

    func step(_ action: Int, refusing: Bool) throws {
      switch action {
      case 0 where !requests.isEmpty:
        try script.hold(requests.removeFirst())
        responses += script.responses()
      case 1 where !responses.isEmpty:
        let response = responses.removeFirst()
        let isOptional = response.transition.type == .listener || response.transition.type == .route
        requests += client.take(response, refusing: refusing && isOptional)
        problems += client.proxy.problems
      default: break
      }
      let types = responses.map(\.transition.type)
      if Set(types).count != types.count { problems.append("two responses of a type under way") }
    }

    for _ in 1...300 {
      if Int.random(in: 0..<10, using: &random) == 0 {
        script.serve(configuration(&random))
        responses += script.responses()
      }
      if Int.random(in: 0..<50, using: &random) == 0, let again = client.restart() {
        script.logic = Client.logic
        for request in again { try script.hold(request) }
        (requests, responses) = ([], script.responses())
      }
      let refusing = refusals && Int.random(in: 0..<8, using: &random) == 0
      try step(Int.random(in: 0...1, using: &random), refusing: refusing)
    }
    let final = configuration(&random)
    script.serve(final)
    responses += script.responses()
    while !requests.isEmpty || !responses.isEmpty {
      try step(0, refusing: false)
      try step(1, refusing: false)
    }
    problems += compare(client.proxy, Snapshot(final), refusals: refusals)
    if !refusals && !script.isSettled { problems.append("the stream is not settled") }
    return problems
  }

  private func compare(_ proxy: ModelProxy, _ snapshot: Snapshot, refusals: Bool) -> [String] {
    var problems: [String] = []
    let clusters = snapshot.resources(.cluster).map { "\($0.name)=\(String(decoding: $0.bytes, as: UTF8.self))" }
    // A refused route may stay in use for ever, and so may its clusters.
    if !refusals, proxy.clusters.map({ "\($0)=\($1)" }).sorted() != clusters {
      problems.append("clusters \(proxy.clusters) are not \(clusters)")
    }
    if !refusals, proxy.users[.route]?["r"] != snapshot[.route, "r"].map({ String(decoding: $0.bytes, as: UTF8.self) })
    {
      problems.append("the route is not the newest")
    }
    if !proxy.warming.isEmpty { problems.append("\(proxy.warming) are still warming") }
    return problems
  }

  @Test(
    "over delta never has a route without its cluster, and gets to the newest", arguments: 1...50 as ClosedRange<UInt64>
  )
  func delta(seed: UInt64) throws {
    for refusals in [false, true] {
      let problems = try simulate(DeltaClient.self, seed: seed, refusals: refusals)
      #expect(problems.prefix(3) == [])
    }
  }

  @Test(
    "over the state of the world never has a route without its cluster, and gets to the newest",
    arguments: 1...50 as ClosedRange<UInt64>)
  func stateOfTheWorld(seed: UInt64) throws {
    for refusals in [false, true] {
      let problems = try simulate(StateOfTheWorldClient.self, seed: seed, refusals: refusals)
      #expect(problems.prefix(3) == [])
    }
  }
}
