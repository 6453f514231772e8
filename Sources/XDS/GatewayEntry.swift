/// What the store knows of one Gateway: a value, changed under the store's lock.
///
/// Functions that change what is served return the wake-ups that are due; they are called outside the lock.
struct GatewayEntry {
  typealias WakeUp = @Sendable () -> Void

  /// An event loop with streams of this Gateway.
  private struct Loop {
    let wakeUp: WakeUp
    var streams = 0
    /// A wake-up is on its way, so that further publications need none.
    var isWoken = false
  }

  private struct Accepted {
    let resource: EncodedResource
    let generation: UInt64
  }

  private struct Rejected {
    let resource: EncodedResource
    let message: String
    let isWithheld: Bool
  }

  private(set) var published: Snapshot?
  private(set) var served: Served?
  private(set) var generation: UInt64 = 0

  /// By name, what a proxy took last.
  private var accepted = PerType<[String: Accepted]> { _ in [:] }

  /// By name, what a proxy refused and is still published.
  private var rejected = PerType<[String: Rejected]> { _ in [:] }

  private var loops: [ObjectIdentifier: Loop] = [:]
  private var streams = 0

  /// How many streams have yet to acknowledge the newest publication; `nil` when that is not followed.
  private var awaited: Int?
  private var changedAt: ContinuousClock.Instant?

  /// Whether there is nothing to remember.
  var isEmpty: Bool { published == nil && streams == 0 }

  // MARK: Publication

  mutating func publish(_ snapshot: Snapshot, changedAt: ContinuousClock.Instant) -> [WakeUp] {
    guard published != snapshot else { return [] }
    for type in ResourceType.allCases where published?.sets[type] != snapshot.sets[type] {
      let newest = snapshot.sets[type]
      accepted[type] = accepted[type].filter { newest[$0.key] != nil }
      rejected[type] = rejected[type].filter { newest[$0.key] == $0.value.resource }
    }
    published = snapshot
    return serve(changedAt: changedAt)
  }

  mutating func update(_ endpoints: [EncodedResource], changedAt: ContinuousClock.Instant) -> [WakeUp] {
    guard let published else { return [] }
    let changed = endpoints.filter { $0.type == .endpoint && published[.endpoint, $0.name] != $0 }
    guard !changed.isEmpty else { return [] }
    for resource in changed {
      self.published?.sets[.endpoint].insert(resource)
      rejected[.endpoint][resource.name] = nil
    }
    return serve(changedAt: changedAt)
  }

  mutating func unpublish() {
    published = nil
    served = nil
    awaited = nil
    accepted = PerType { _ in [:] }
    rejected = PerType { _ in [:] }
  }

  /// Serves what is published, with what was refused held back.
  private mutating func serve(changedAt: ContinuousClock.Instant?) -> [WakeUp] {
    guard var snapshot = published else { return [] }
    for type in ResourceType.allCases {
      for (name, refusal) in rejected[type] where refusal.isWithheld {
        if let last = accepted[type][name] {
          snapshot.sets[type].insert(last.resource)
        } else {
          snapshot.sets[type].remove(name)
        }
      }
    }
    guard served?.snapshot != snapshot else { return [] }
    generation += 1
    served = Served(generation: generation, snapshot: snapshot)
    self.changedAt = changedAt
    awaited = changedAt == nil || streams == 0 ? nil : streams
    var due: [WakeUp] = []
    for (id, loop) in loops where !loop.isWoken {
      loops[id]?.isWoken = true
      due.append(loop.wakeUp)
    }
    return due
  }

  // MARK: What proxies answer

  mutating func accept(_ resources: [EncodedResource], generation: UInt64) -> [WakeUp] {
    var isRehabilitated = false
    for resource in resources {
      let (type, name) = (resource.type, resource.name)
      guard published?.sets[type][name] != nil else { continue }
      if (accepted[type][name]?.generation ?? 0) <= generation {
        accepted[type][name] = Accepted(resource: resource, generation: generation)
      }
      if rejected[type][name]?.resource == resource {
        rejected[type][name] = nil
        isRehabilitated = true
      }
    }
    return isRehabilitated ? serve(changedAt: nil) : []
  }

  /// - Parameter isCertain: These resources are to blame, not just among those that may be.
  mutating func reject(_ resources: [EncodedResource], isCertain: Bool, message: String) -> [WakeUp] {
    awaited = nil
    for resource in resources where published?.sets[resource.type][resource.name] == resource {
      let last = accepted[resource.type][resource.name]?.resource
      let isWithheld = last.map { $0 != resource } ?? isCertain
      rejected[resource.type][resource.name] = Rejected(
        resource: resource, message: message, isWithheld: isWithheld)
    }
    return serve(changedAt: nil)
  }

  var rejections: [RejectedResource] {
    ResourceType.allCases.flatMap { type in
      rejected[type].values.sorted { $0.resource.name < $1.resource.name }.map {
        RejectedResource(
          type: type, name: $0.resource.name, version: $0.resource.version, message: $0.message,
          isWithheld: $0.isWithheld)
      }
    }
  }

  // MARK: Streams

  mutating func attach(to loop: ObjectIdentifier, wakeUp: @escaping WakeUp) {
    streams += 1
    loops[loop, default: Loop(wakeUp: wakeUp)].streams += 1
  }

  /// - Parameter acknowledged: The newest generation that the stream need not acknowledge any more.
  /// - Returns: How long the newest publication took, if this stream was the last that it waited for.
  mutating func detach(
    from loop: ObjectIdentifier, acknowledged: UInt64, now: ContinuousClock.Instant
  ) -> Duration? {
    streams -= 1
    loops[loop]?.streams -= 1
    if loops[loop]?.streams == 0 { loops[loop] = nil }
    guard acknowledged < generation else { return nil }
    let duration = acknowledge(generation, now: now)
    return streams > 0 ? duration : nil
  }

  /// What is served now, for an event loop that was woken.
  mutating func take(for loop: ObjectIdentifier) -> Served? {
    loops[loop]?.isWoken = false
    return served
  }

  /// Counts a stream that has acknowledged a generation.
  ///
  /// - Returns: How long the newest publication took, if this stream was the last that it waited for.
  mutating func acknowledge(_ generation: UInt64, now: ContinuousClock.Instant) -> Duration? {
    guard generation == self.generation, let awaited, let changedAt else { return nil }
    self.awaited = awaited > 1 ? awaited - 1 : nil
    return awaited > 1 ? nil : now - changedAt
  }
}
