import Fuzzing

@testable import XDS

/// A Gateway with some proxies, to which things happen in a random order.
struct SimulatedGateway {
  /// How proxies refuse what they do.
  enum Refusing {
    /// They say which resources, and take the others of a response.
    case byName
    /// They take the others, and do not say which.
    case withoutNames
    /// Over the delta protocol, they take nothing of a response, and name one that is malformed.
    case wholly
  }

  struct Traits {
    /// How many in a hundred resources proxies refuse.
    var faults = 0
    var refusing = Refusing.byName
    /// Whether listeners are checked before they are served.
    var checks = false
  }

  private let gateway = GatewayID(namespace: "ns", name: "gw")
  private let store = SnapshotStore()
  private let traits: Traits
  private let loops: [SimulatedLoop]
  private let links: [any SimulatedLink]
  private var random: FuzzRandom
  private var unchecked: [EncodedResource] = []

  init(_ random: FuzzRandom, _ traits: Traits) {
    var random = random
    self.traits = traits
    let loops = (0..<(1 + random.below(2))).map { _ in SimulatedLoop() }
    let (store, gateway) = (store, gateway)
    links = (0..<(1 + random.below(3))).map { _ in
      let loop = random.choice(loops) ?? SimulatedLoop()
      return random.chance(60)
        ? Link<DeltaSpeaker>(store, gateway, loop, refusing: traits.refusing)
        : Link<StateOfTheWorldSpeaker>(store, gateway, loop, refusing: traits.refusing)
    }
    self.loops = loops
    self.random = random
  }

  /// Lets things happen, then everything come to rest.
  mutating func run(steps: Int) -> [String] {
    publish()
    for _ in 0..<steps { step() }
    for listener in unchecked { finishCheck(of: listener) }
    for link in links { link.setWritable(true) }
    return comeToRest() ?? problems
  }

  private mutating func step() {
    guard let link = random.choice(links) else { return }
    switch random.below(100) {
    case ..<6: publish()
    case ..<9: store.update(SimulatedConfiguration.endpoints(&random), for: gateway, changedAt: .now)
    case ..<11: link.cut()
    case ..<14: link.setWritable(random.chance(50))
    case ..<17:
      if !unchecked.isEmpty { finishCheck(of: unchecked.removeFirst()) }
    case ..<18: _ = link.waitForLong()
    case ..<30: wake()
    default: _ = link.step(&random)
    }
  }

  private mutating func publish() {
    for link in links { link.publicationBegins() }
    let snapshot = Snapshot(SimulatedConfiguration.random(&random, faults: traits.faults))
    var checks = ListenerChecks()
    let old = store.snapshot(for: gateway)
    let listeners = snapshot.resources(.listener)
    unchecked = traits.checks ? listeners.filter { old?[.listener, $0.name] != $0 || unchecked.contains($0) } : []
    checks.pending = Set(unchecked.map(\.name))
    if traits.checks {
      // What was refused by the check goes on being so.
      for listener in listeners
      where !checks.pending.contains(listener.name) && SimulatedConfiguration.isBad(listener.content) {
        checks.refused[listener.name] = "no"
      }
    }
    store.publish(snapshot, for: gateway, changedAt: .now, checks: checks)
  }

  private func finishCheck(of listener: EncodedResource) {
    store.finishCheck(of: listener, for: gateway, refusal: SimulatedConfiguration.isBad(listener.content) ? "no" : nil)
  }

  private func wake() {
    for loop in loops where loop.isWoken.take() {
      loop.newest = store.take(gateway, for: ObjectIdentifier(loop))
      for link in links where link.loop === loop { link.advance() }
    }
  }

  /// Nil when nothing is left to do.
  private mutating func comeToRest() -> [String]? {
    for _ in 0..<20_000 {
      var isBusy = loops.contains { $0.isWoken.isSet }
      wake()
      for link in links where link.step(&random) { isBusy = true }
      if isBusy { continue }
      if let served = store.servedSnapshot(for: gateway) {
        for clusters in links.map({ $0.clustersInWait(served) }) where !clusters.isEmpty {
          return ["\(clusters.sorted()) wait for their endpoints"] + links.flatMap(\.problems)
        }
      }
      for link in links where link.waitForLong() { isBusy = true }
      if !isBusy { return nil }
    }
    return ["it does not come to rest"] + links.flatMap(\.problems)
  }

  private var problems: [String] {
    guard let served = store.servedSnapshot(for: gateway), let published = store.snapshot(for: gateway) else {
      return ["nothing is served"]
    }
    let found = links.flatMap { $0.problems + $0.problemsAtRest(served, published: published) }
    return found + faults(in: served, published)
  }

  /// What is served has to be what is published, but for what was refused and what stands in for it; with clusters that
  /// this uses, or of which the names begin alike.
  private func faults(in served: Snapshot, _ published: Snapshot) -> [String] {
    let kept = [ResourceType.listener, .route].flatMap { type in
      served.resources(type).filter { published[type, $0.name] != $0 }.flatMap {
        SimulatedConfiguration.clusters(in: $0.content)
      }
    }
    let suspects = store.rejections(for: gateway)
    return ResourceType.allCases.flatMap { type in
      let names = Set(published.resources(type).map(\.name)).union(served.resources(type).map(\.name))
      return names.compactMap { name -> String? in
        let (newest, used) = (published[type, name]?.content, served[type, name]?.content)
        guard let newest else {
          return kept.contains { $0.hasPrefix(name) } ? nil : "\(type) \(name) is served and not published"
        }
        let isBad = SimulatedConfiguration.isBad(newest)
        // Of several that may be to blame each is told, falls back to what works, and is served where nothing does.
        let isSuspect = traits.refusing == .withoutNames && suspects.contains { $0.type == type && $0.name == name }
        if isSuspect, used.map(SimulatedConfiguration.isBad) == isBad { return nil }
        guard isBad else {
          return used == newest ? nil : "\(type) \(name) is served as \(used ?? "nothing"), published is \(newest)"
        }
        // One that no proxy asked for, as a route without its listener, is refused by none.
        let listener = served[.listener, "l~" + name.dropFirst(2)]?.content
        let isAsked = type != .route || listener.map(SimulatedConfiguration.isBad) == false
        // One that was refused, was not served for a while and comes back is not sent again to a client that was told
        // nothing meanwhile, so that nobody hears that it is still refused.
        let isKnown =
          served[type, name].map { resource in links.allSatisfy { $0.hasRefusedEarlier(resource) } } ?? false
        return used.map(SimulatedConfiguration.isBad) == true && isAsked && !isKnown && !kept.contains(name)
          ? "\(type) \(name) is refused by everyone, and served as \(used ?? "")" : nil
      }
    }
  }
}
