import Fuzzing
import NIOCore
import Synchronization

@testable import XDS

/// The streams of an event loop: what they are to reach, and the responses that they share.
final class SimulatedLoop {
  let cache = TransitionCache()
  let isWoken = Woken()
  var newest: Served?

  final class Woken: Sendable {
    private let flag = Mutex(false)
    func set() { flag.withLock { $0 = true } }
    var isSet: Bool { flag.withLock { $0 } }
    func take() -> Bool {
      flag.withLock { flag in
        defer { flag = false }
        return flag
      }
    }
  }
}

/// A proxy and its stream, with what is on its way between them.
protocol SimulatedLink: AnyObject {
  /// Lets one thing happen that can happen now; false if there is none.
  func step(_ random: inout FuzzRandom) -> Bool
  /// Lets the time pass after which neither Envoy nor the control plane waits any longer for what may never come; false if
  /// that has no effect.
  func waitForLong() -> Bool
  /// What the loop woke it for.
  func advance()
  func cut()
  func setWritable(_ isWritable: Bool)
  /// What broke a rule so far, and what is wrong at rest.
  var problems: [String] { get }
  func problemsAtRest(_ served: Snapshot, published: Snapshot) -> [String]
  /// The clusters that Envoy waits for although they are served.
  func clustersInWait(_ served: Snapshot) -> Set<String>
  func publicationBegins()
  /// Whether the client refused this version before it was published last.
  func hasRefusedEarlier(_ resource: EncodedResource) -> Bool
  var loop: SimulatedLoop { get }
}

/// As `ADSStream` joins the protocol's logic to the store, without the wire.
final class Link<Speaker: SimulatedSpeaker>: SimulatedLink {
  /// What uses clusters.
  private static var users: [ResourceType] { [.listener, .route] }

  private struct Sent: Hashable {
    let type: ResourceType
    let name: String
  }

  let loop: SimulatedLoop
  private let store: SnapshotStore
  private let gateway: GatewayID
  private let refusing: SimulatedGateway.Refusing

  private var speaker = Speaker()
  private var envoy = SimulatedEnvoy()
  private var logic: Speaker.Logic?
  /// The first requests of a stream among them, which say what the proxy has.
  private var requests: [(content: Speaker.Logic.Request, isFirst: Bool)] = []
  /// Those of clusters, as long as a cluster waits for its endpoints.
  private var paused: [(content: Speaker.Logic.Request, isFirst: Bool)] = []
  private var responses: [Rollout.Response] = []
  private var isAllAsked = false
  private var isWritable = true
  private var isAdvanceDue = false
  private var acknowledged: UInt64 = 0

  private(set) var problems: [String] = []
  /// On this stream, the version that was sent last of each resource.
  private var sent: [Sent: UInt64] = [:]
  /// What may be sent again although it did not change.
  private var askedAgain: Set<Sent> = []
  /// On this stream, what is sent again where it is not known whether that is needed.
  private var mayRepeat: Set<Sent> = []
  /// What this stream's client refused since the publication changed it.
  private var refused: [Sent: UInt64] = [:]
  /// What it refused before that.
  private var refusedEarlier: [Sent: Set<UInt64>] = [:]
  private var nonces: Set<String> = []
  /// Listeners and routes of which the client has a version that the server cannot know of: it is from before a
  /// reconnection, or in the place of one that is held back, over a protocol that does not tell of either.
  private var leftAlone: Set<Sent> = []
  /// Listeners and routes of which the client did not say whether it took the last version.
  private var doubted: Set<Sent> = []
  /// The types of which the client refused the last response.
  private var hasRefused: Set<ResourceType> = []
  /// The types of which there was a response on this stream.
  private var answered: Set<ResourceType> = []

  init(
    _ store: SnapshotStore, _ gateway: GatewayID, _ loop: SimulatedLoop, refusing: SimulatedGateway.Refusing
  ) {
    self.refusing = refusing
    self.store = store
    self.gateway = gateway
    self.loop = loop
  }

  // MARK: What happens

  func step(_ random: inout FuzzRandom) -> Bool {
    guard logic != nil else {
      connect()
      return true
    }
    let actions: [() -> Void] =
      (requests.isEmpty ? [] : [{ self.receive(self.requests.removeFirst()) }])
      + (responses.isEmpty ? [] : [takeResponse])
      + (isAdvanceDue ? [{ self.advance() }] : [])
    random.choice(actions)?()
    return !actions.isEmpty
  }

  private func connect() {
    logic = Speaker.logic
    sent = [:]
    askedAgain = []
    mayRepeat = []
    refused = [:]
    refusedEarlier = [:]
    nonces = []
    hasRefused = []
    doubted = []
    answered = []
    isWritable = true
    let (served, generation) = store.attach(to: gateway, loop: ObjectIdentifier(loop)) { [isWoken = loop.isWoken] in
      isWoken.set()
    }
    loop.newest = served
    acknowledged = generation
    let holdsSomething = ResourceType.allCases.contains { !envoy[$0].isEmpty }
    isAllAsked = false
    send(speaker.open(envoy), isFirst: true)
    if !envoy.warming.isEmpty {
      // Clusters that it does not ask for may be without their endpoints.
      mayRepeat = Set(envoy.wantedEndpoints.map { Sent(type: .endpoint, name: $0) })
    }
    if holdsSomething {
      if Speaker.tellsWhatItHas {
        for type in ResourceType.allCases {
          for (name, held) in envoy[type] { sent[Sent(type: type, name: name)] = UInt64(held.version, radix: 16) }
        }
      } else {
        for type in Self.users { leftAlone.formUnion(envoy[type].keys.map { Sent(type: type, name: $0) }) }
      }
    }
  }

  private func send(_ new: [Speaker.Logic.Request], isFirst: Bool) {
    for request in new {
      if !envoy.warming.isEmpty, Speaker.asksAgain(request)?.type == .cluster {
        paused.append((request, isFirst))
      } else {
        requests.append((request, isFirst))
      }
    }
    sendPaused()
  }

  private func sendPaused() {
    guard envoy.warming.isEmpty else { return }
    requests += paused
    paused = []
  }

  func waitForLong() -> Bool {
    let (isWaiting, isReturning) = (!envoy.warming.isEmpty, logic != nil && !isAllAsked)
    letAllArrive()
    envoy.timeOut()
    sendPaused()
    letAllArrive()
    if isReturning {
      isAllAsked = true
      logic?.presumeAllAsked()
      isAdvanceDue = true
    }
    return isWaiting || isReturning
  }

  /// What is on its way by now.
  private func letAllArrive() {
    for _ in 0..<1_000 {
      if !responses.isEmpty { takeResponse() }
      if !requests.isEmpty { receive(requests.removeFirst()) }
      if isAdvanceDue { advance() }
      if responses.isEmpty, requests.isEmpty, !isAdvanceDue || !isWritable || loop.newest == nil { return }
    }
    problems.append("it does not come to rest")
  }

  func cut() {
    guard logic != nil else { return }
    logic = nil
    (requests, paused, responses, isAdvanceDue) = ([], [], [], false)
    _ = store.detach(
      from: gateway, loop: ObjectIdentifier(loop), stream: ObjectIdentifier(self), acknowledged: acknowledged)
  }

  func setWritable(_ isWritable: Bool) {
    self.isWritable = isWritable
    if isWritable { advance() }
  }

  func publicationBegins() {
    for (place, digest) in refused { refusedEarlier[place, default: []].insert(digest) }
    refused = [:]
  }

  func hasRefusedEarlier(_ resource: EncodedResource) -> Bool {
    refusedEarlier[Sent(type: resource.type, name: resource.name)]?.contains(resource.digest) == true
  }

  // MARK: The server's side

  private func receive(_ request: (content: Speaker.Logic.Request, isFirst: Bool)) {
    if !request.isFirst, let again = Speaker.asksAgain(request.content) {
      for name in again.names { askedAgain.insert(Sent(type: again.type, name: name)) }
    }
    do throws(RequestRefusal) {
      for event in try logic?.receive(request.content) ?? [] { tell(event) }
    } catch {
      problems.append("the stream ends: \(error)")
    }
    isAdvanceDue = true
  }

  private func tell(_ event: StreamEvent) {
    switch event {
    case .accepted(let transition, let served):
      guard !transition.isRecordedAsAccepted else { return }
      transition.isRecordedAsAccepted = true
      store.accept(transition.resources, for: gateway, generation: served.generation, of: served.snapshot)
    case .refused(_, let served, let blame): store.take(blame, of: served, for: gateway, by: ObjectIdentifier(self))
    case .unknownType, .nothing: problems.append("a type is unknown")
    }
  }

  func advance() {
    guard logic != nil, let newest = loop.newest, isWritable else { return }
    isAdvanceDue = false
    noteWhatIsLeftAlone(by: newest.snapshot)
    for response in logic?.responses(to: newest, cache: loop.cache) ?? [] {
      check(response)
      responses.append(response)
    }
    guard let logic, acknowledged < newest.generation, logic.isSettled(at: newest.generation) else { return }
    store.confirm(newest, for: gateway) { logic.holds($0) }
    acknowledged = newest.generation
    _ = store.acknowledge(newest.generation, of: gateway)
  }

  /// The state of the world names all clusters, and what is held back without anything in its place may use others.
  private func noteWhatIsLeftAlone(by served: Snapshot) {
    guard !Speaker.tellsWhatItHas else { return }
    for type in Self.users {
      leftAlone.formUnion(served.sets[type].withheld.map { Sent(type: type, name: $0) })
    }
  }

  // MARK: The proxy's side

  private func takeResponse() {
    let response = responses.removeFirst()
    let before = envoy
    let isWhole = refusing == .wholly && Speaker.tellsWhatItHas
    let bad = envoy.take(response.transition, wholly: isWhole)
    if isWhole, !bad.isEmpty { noteNothingTaken(of: response.transition, bad: bad) }
    for name in bad {
      let resource = response.transition.resources.first { $0.name == name }
      refused[Sent(type: response.transition.type, name: name)] = resource?.digest
    }
    if bad.isEmpty {
      hasRefused.remove(response.transition.type)
    } else {
      hasRefused.insert(response.transition.type)
    }
    let names = refusing == .withoutNames ? "something" : bad.joined(separator: ", ")
    let words =
      isWhole
      ? "name: \"\(names)\" uses: \"c~a\"\n: Proto constraint validation failed (no)"
      : "Error adding/updating \(names): no"
    let refusal = bad.isEmpty ? nil : words
    send(speaker.answer(response, before: before, after: envoy, refusal: refusal), isFirst: false)
    noteWhatIsUsed(response.transition, bad: bad)
    problems += orderProblems
  }

  /// What it refuses is not to be sent again, all else may be.
  private func noteNothingTaken(of transition: Transition, bad: [String]) {
    let names = transition.resources.map(\.name).filter { !bad.contains($0) } + transition.removed
    for name in names { askedAgain.insert(Sent(type: transition.type, name: name)) }
  }

  private func noteWhatIsUsed(_ transition: Transition, bad: [String]) {
    for resource in transition.resources where !bad.contains(resource.name) {
      leftAlone.remove(Sent(type: resource.type, name: resource.name))
    }
    guard Self.users.contains(transition.type) else { return }
    if bad.isEmpty {
      doubted.subtract(transition.resources.map { Sent(type: $0.type, name: $0.name) })
    } else if refusing == .withoutNames {
      doubted.formUnion(transition.changed.map { Sent(type: $0.type, name: $0.name) })
    }
  }

  // MARK: Rules

  private func check(_ response: Rollout.Response) {
    let (transition, type) = (response.transition, response.transition.type)
    if !nonces.insert(response.nonce).inserted { problems.append("the nonce \(response.nonce) twice") }
    if responses.contains(where: { $0.transition.type == type }) { problems.append("two responses of \(type)") }
    let isWhole = transition.speaking == .stateOfTheWorld && type.isFullState
    for resource in transition.resources where !isWhole { checkIsNews(resource) }
    if isWhole, !answered.insert(type).inserted, transition.changed.isEmpty, !hasGone(transition) {
      problems.append("all of \(type) again, and nothing is new")
    }
    for resource in transition.resources { sent[Sent(type: type, name: resource.name)] = resource.digest }
    for name in transition.removed { sent[Sent(type: type, name: name)] = nil }
    if isWhole {
      let names = Set(transition.resources.map(\.name))
      sent = sent.filter { $0.key.type != type || names.contains($0.key.name) }
    }
    for name in transition.resources.map(\.name) { askedAgain.remove(Sent(type: type, name: name)) }
    // Of a changed cluster Envoy has to hear the endpoints again.
    for cluster in transition.changed {
      if let name = cluster.endpointName { askedAgain.insert(Sent(type: .endpoint, name: name)) }
    }
  }

  private func hasGone(_ transition: Transition) -> Bool {
    let names = Set(transition.resources.map(\.name))
    return sent.keys.contains { $0.type == transition.type && !names.contains($0.name) }
  }

  private func checkIsNews(_ resource: EncodedResource) {
    let place = Sent(type: resource.type, name: resource.name)
    guard !askedAgain.contains(place), !mayRepeat.contains(place) else { return }
    if sent[place] == resource.digest { problems.append("\(resource.type) \(resource.name) is sent again unchanged") }
    // What stands in for something may bring an older cluster with it that was refused as well. What is served may have
    // changed, and the event loop not have heard of it.
    let isPublished = store.snapshot(for: gateway)?[resource.type, resource.name] == resource
    let isServed = store.servedSnapshot(for: gateway)?[resource.type, resource.name] == resource
    if isPublished, isServed, refused[place] == resource.digest {
      problems.append("\(resource.type) \(resource.name) was refused before")
    }
  }

  // MARK: At rest

  func clustersInWait(_ served: Snapshot) -> Set<String> {
    // A changed cluster that is gone again, and stays for what may use it, has no endpoints any more that could be sent:
    // Envoy goes on with those that it has when `initial_fetch_timeout` is over.
    envoy.warming.filter { served[.cluster, $0] != nil }
  }

  func problemsAtRest(_ served: Snapshot, published: Snapshot) -> [String] {
    leftAlone = leftAlone.filter { envoy[$0.type][$0.name]?.content != served[$0.type, $0.name]?.content }
    // What a client uses that refused the last change of it, or keeps what is held back, the server cannot know.
    let isDoubted = doubted.contains { $0.type == .listener || envoy.wantedRoutes.contains($0.name) }
    let mayKeepMore =
      isDoubted
      || Self.users.contains { type in
        hasRefused.contains(type)
          || envoy[type].keys.contains { published[type, $0] != nil && served[type, $0] == nil }
      }
    var found: [String] = requests.isEmpty && responses.isEmpty ? [] : ["something is still on its way"]
    for type in ResourceType.allCases {
      let wanted: Set<String>? =
        switch type {
        case .cluster, .listener: nil
        case .endpoint: envoy.wantedEndpoints
        case .route: envoy.wantedRoutes
        }
      let names = Set(envoy[type].keys).union(served.resources(type).map(\.name))
      for name in names where wanted?.contains(name) ?? true {
        let (held, wanted) = (envoy[type][name]?.content, served[type, name]?.content)
        guard held != wanted else { continue }
        let isRefused = wanted.map(SimulatedConfiguration.isBad) ?? false
        // What is published and held back leaves a client with what it has.
        let isWithheld = wanted == nil && published[type, name] != nil
        if isRefused || isWithheld || (wanted == nil && mayKeepMore) { continue }
        found.append("holds \(type) \(name) as \(held ?? "nothing"), served is \(wanted ?? "nothing")")
      }
    }
    return found + orderProblems
  }

  private var orderProblems: [String] { envoy.problems { leftAlone.contains(Sent(type: $0, name: $1)) } }
}
