/// What became of one Gateway's resources: which version of each a proxy took last, what was refused, and what has yet
/// to be checked. From that follows what is served in place of what is published.
struct Acceptance {
  /// A version that works.
  struct Good {
    let resource: EncodedResource
    let generation: UInt64
    /// What it was served among. It may name a cluster that is published no more, and must not be served without it.
    var surroundings: Surroundings?
  }

  struct Surroundings {
    let clusters: ResourceSet
    let endpoints: ResourceSet

    init(_ snapshot: Snapshot) {
      clusters = snapshot.sets[.cluster]
      endpoints = snapshot.sets[.endpoint]
    }
  }

  struct Rejected {
    let resource: EncodedResource
    let message: String
    let isWithheld: Bool
    /// The generation that was served when it was refused first. What is taken of later ones stands in for it.
    let since: UInt64
    var refuser: RejectedResource.Refuser
    /// The streams that refused it and are still open.
    var streams: Set<ObjectIdentifier> = []
    /// How many proxies of other replicas refused it.
    var others: [ReplicaID: Int] = [:]

    /// Counts those that refuse it now.
    mutating func count(of connected: Int) {
      let count = max(1, others.values.reduce(streams.count, +))
      refuser = .proxies(count, of: max(count, connected))
    }
  }

  /// By name, what a proxy took last.
  private(set) var accepted = PerType<[String: Good]> { _ in [:] }

  /// By name, what was refused and is still published.
  private(set) var rejected = PerType<[String: Rejected]> { _ in [:] }

  /// The published listeners that have yet to be checked.
  private(set) var pending: Set<String> = []

  /// By name, what was served when a listener came that is checked first; it goes on being served until a check is
  /// passed. Without an entry the listener is left out.
  private(set) var standIns: [String: Good] = [:]

  /// What the proxies of this replica answered.
  private(set) var own = OwnAnswers()

  /// Whether a proxy may hold resources of which that is not noted, as one does that was there before this program.
  private var hasUnconfirmed = false

  /// Grows whenever something of this changes that a status may tell.
  var revision: UInt64 = 0

  // MARK: Publication

  /// Takes note of a new snapshot.
  ///
  /// - Parameter served: what is served until now.
  mutating func publish(_ snapshot: Snapshot, over old: Snapshot?, served: Served?, _ checks: ListenerChecks) {
    for type in ResourceType.allCases where old?.sets[type] != snapshot.sets[type] {
      let newest = snapshot.sets[type]
      accepted[type] = accepted[type].filter { newest[$0.key] != nil }
      let count = rejected[type].count
      rejected[type] = rejected[type].filter { newest[$0.key] == $0.value.resource }
      if count != rejected[type].count { revision += 1 }
      own.publish(newest, of: type)
      if type != .endpoint { hasUnconfirmed = true }
    }
    for type in [ResourceType.listener, .route] {
      for (name, good) in accepted[type] where snapshot.sets[type][name] == good.resource {
        accepted[type][name]?.surroundings = Surroundings(snapshot)
      }
    }
    check(snapshot, served: served, checks)
  }

  private mutating func check(_ snapshot: Snapshot, served: Served?, _ checks: ListenerChecks) {
    let unchecked = checks.pending.union(checks.refused.keys)
    for name in unchecked where standIns[name] == nil && !isWithheldByCheck(name) {
      standIns[name] = served.flatMap { served in
        served.snapshot[.listener, name].map {
          Good(
            resource: $0, generation: served.generation,
            surroundings: accepted[.listener][name]?.resource == $0
              ? accepted[.listener][name]?.surroundings : Surroundings(served.snapshot))
        }
      }
    }
    standIns = standIns.filter { unchecked.contains($0.key) && snapshot[.listener, $0.key] != nil }
    for (name, refusal) in rejected[.listener] where refusal.refuser == .check && checks.refused[name] == nil {
      rejected[.listener][name] = nil
      revision += 1
    }
    pending = checks.pending.filter { snapshot[.listener, $0] != nil }
    for (name, message) in checks.refused {
      if let listener = snapshot[.listener, name] { refuse(listener, message) }
    }
  }

  private func isWithheldByCheck(_ name: String) -> Bool {
    pending.contains(name) || rejected[.listener][name]?.refuser == .check
  }

  /// Takes note of endpoints that changed.
  mutating func update(_ endpoints: [EncodedResource]) {
    for resource in endpoints { rejected[.endpoint][resource.name] = nil }
  }

  /// Forgets everything.
  mutating func reset() {
    let (revision, own) = (revision, own)
    self = Acceptance()
    self.revision = revision + 1
    self.own = own
    self.own.reset()
  }

  // MARK: The check before proxies

  /// - Parameter refusal: why the listener is refused; nil if the check is passed.
  /// - Returns: whether the listener is still the one that is waited for.
  mutating func finishCheck(of listener: EncodedResource, in published: Snapshot?, refusal: String?) -> Bool {
    guard pending.contains(listener.name), published?[.listener, listener.name] == listener else { return false }
    pending.remove(listener.name)
    if let refusal {
      refuse(listener, refusal)
    } else {
      standIns[listener.name] = nil
    }
    return true
  }

  private mutating func refuse(_ listener: EncodedResource, _ message: String) {
    guard rejected[.listener][listener.name]?.resource != listener else { return }
    revision += 1
    rejected[.listener][listener.name] = Rejected(
      resource: listener, message: message, isWithheld: true, since: .max, refuser: .check)
  }

  // MARK: What proxies answer

  /// - Parameter snapshot: what the resources were served from.
  /// - Returns: whether something is served again that had been refused.
  mutating func accept(
    _ resources: [EncodedResource], generation: UInt64, of snapshot: Snapshot?, in published: Snapshot?
  ) -> Bool {
    for resource in resources where published?.sets[resource.type][resource.name] != nil {
      own.accept(resource, generation: generation)
    }
    return take(resources, generation: generation, of: snapshot, in: published)
  }

  /// As ``accept(_:generation:of:in:)``, whichever replica's proxies took them.
  private mutating func take(
    _ resources: [EncodedResource], generation: UInt64, of snapshot: Snapshot?, in published: Snapshot?
  ) -> Bool {
    var isRehabilitated = false
    for resource in resources {
      let (type, name) = (resource.type, resource.name)
      guard let newest = published?.sets[type][name] else { continue }
      // One that is of an older snapshot, and was sent to a client that still used that, is not what works now.
      let isOfThis = snapshot.map { $0.sets[type][name] == resource } ?? true
      if isOfThis, (accepted[type][name]?.generation ?? 0) <= generation, !changesStandIn(resource, generation) {
        let isNews = accepted[type][name]?.resource != resource && newest == resource && type != .endpoint
        if isNews { revision += 1 }
        let surroundings = type == .listener || type == .route ? snapshot.map(Surroundings.init) : nil
        accepted[type][name] = Good(resource: resource, generation: generation, surroundings: surroundings)
      }
      if let refusal = rejected[type][name], refusal.resource == resource, refusal.refuser != .check {
        rejected[type][name] = nil
        revision += 1
        isRehabilitated = true
      }
    }
    return isRehabilitated
  }

  /// Whether a version would take the place of another one that stands in for what is refused. Proxies take what stands in
  /// late, and two such versions would take each other's place without end.
  private func changesStandIn(_ resource: EncodedResource, _ generation: UInt64) -> Bool {
    let (type, name) = (resource.type, resource.name)
    guard let refusal = rejected[type][name], let good = accepted[type][name] else { return false }
    return refusal.isWithheld && generation > refusal.since && refusal.resource != resource && good.resource != resource
  }

  /// - Parameters:
  ///   - isCertain: These resources are to blame, not just among those that may be.
  ///   - generation: what is served now.
  ///   - stream: the stream that refuses; nil for one that is not told apart.
  ///   - connected: how many proxies there are.
  mutating func reject(
    _ resources: [EncodedResource], isCertain: Bool, message: String, generation: UInt64, by stream: ObjectIdentifier?,
    connected: Int, in published: Snapshot?
  ) {
    for resource in resources {
      let (type, name) = (resource.type, resource.name)
      if type == .listener, standIns[name]?.resource == resource {
        standIns[name] = accepted[type][name].flatMap { $0.resource == resource ? nil : $0 }
      }
      guard published?.sets[type][name] == resource else { continue }
      own.reject(resource, isCertain: isCertain, message: message, by: stream)
      let last = accepted[type][name]?.resource
      var refusal = Rejected(
        resource: resource, message: message, isWithheld: last.map { $0 != resource } ?? isCertain,
        since: rejected[type][name]?.since ?? generation, refuser: .check, streams: rejected[type][name]?.streams ?? [],
        others: rejected[type][name]?.others ?? [:])
      if let stream { refusal.streams.insert(stream) }
      refusal.count(of: connected)
      rejected[type][name] = refusal
      revision += 1
    }
  }

  /// Takes note of what a proxy holds that has acknowledged all that is served, and of whose answers nothing is known.
  mutating func confirm(_ served: Served, in published: Snapshot?, _ holds: (EncodedResource) -> Bool) {
    guard hasUnconfirmed else { return }
    hasUnconfirmed = false
    for type in [ResourceType.cluster, .listener, .route] {
      for (name, resource) in served.snapshot.sets[type].byName where accepted[type][name]?.resource != resource {
        guard holds(resource) else {
          hasUnconfirmed = true
          continue
        }
        _ = accept([resource], generation: served.generation, of: served.snapshot, in: published)
      }
    }
  }

  /// Forgets a stream that is gone. What it refused stays refused.
  mutating func forget(_ stream: ObjectIdentifier) {
    own.forget(stream)
    for type in ResourceType.allCases {
      for name in rejected[type].keys { rejected[type][name]?.streams.remove(stream) }
    }
  }

  // MARK: What proxies of other replicas answer

  /// Takes in what proxies of another replica answered, as far as it is of what is published here.
  ///
  /// - Parameters:
  ///   - accepted: what they took, as far as that was not taken in before.
  ///   - connected: how many proxies there are, theirs too.
  ///   - isNews: whether a refusal was not taken in before. One that was, and is not held any more, was overruled since.
  mutating func take(
    _ accepted: [ProxyReport.Resource], _ refused: [ProxyReport.Refusal], from replica: ReplicaID, connected: Int,
    generation: UInt64, in published: Snapshot, _ isNews: (ProxyReport.Resource) -> Bool
  ) {
    let accepted = accepted.compactMap { published[$0] }.filter {
      // What is known to work is no news, and overrules nothing that came after it.
      self.accepted[$0.type][$0.name]?.resource != $0
    }
    _ = take(accepted, generation: generation, of: published, in: published)
    for refusal in refused {
      guard let resource = published[refusal.resource] else { continue }
      let (type, name) = (resource.type, resource.name)
      var known = rejected[type][name]
      if known == nil, isNews(refusal.resource) {
        let last = self.accepted[type][name]?.resource
        known = Rejected(
          resource: resource, message: refusal.message, isWithheld: last.map { $0 != resource } ?? refusal.isCertain,
          since: generation, refuser: .proxies(0, of: 0))
      }
      guard var known, known.resource == resource, known.refuser != .check else { continue }
      let before = known.others.updateValue(refusal.count, forKey: replica) ?? 0
      if before < refusal.count || known.refuser == .proxies(0, of: 0) {
        known.count(of: connected)
        revision += 1
      }
      rejected[type][name] = known
    }
  }

  /// Counts the proxies of another replica no more. What they refused stays refused.
  mutating func forget(_ replica: ReplicaID) {
    for type in ResourceType.allCases {
      for name in rejected[type].keys { rejected[type][name]?.others[replica] = nil }
    }
  }
}
