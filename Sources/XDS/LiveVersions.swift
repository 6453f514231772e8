/// Which snapshots the listeners and routes are from that a client uses: what these need must stay.
extension TypeProgress {
  /// A version of a listener or route that the client may use, and that need not be from ``live``.
  struct Older {
    /// More snapshots than this are not kept for one name: then nothing of theirs is known, so that all stays.
    private static let limit = 4

    /// The snapshots that it may be from; `nil` for one that is not known.
    private(set) var origins: [Served?]

    /// The client refused a version that came after it, or may have.
    var isRefused: Bool

    init(from origins: [Served?], isRefused: Bool) {
      self.origins = origins
      self.isRefused = isRefused
    }

    /// The client may use the version of this snapshot instead.
    mutating func add(_ served: Served) {
      guard !origins.contains(where: { $0?.generation == served.generation }) else { return }
      origins = origins.count < Self.limit ? origins + [served] : [nil]
    }
  }

  /// Takes note of what the client uses after its answer.
  ///
  /// - Parameter blame: what it refused of the response; `nil` for an answer that takes all of it.
  mutating func use(_ type: ResourceType, _ outstanding: Outstanding, _ blame: Blame?) {
    let transition = outstanding.transition
    if let blame {
      for name in blame.suspects.map(\.name) {
        let served = outstanding.origins[name] ?? outstanding.served
        let isFirst = transition.introduced.contains(name) || refusedAtFirst.contains(name)
        if blame.isCertain {
          keep(name, isFirst: isFirst)
        } else {
          doubt(name, isFirst: isFirst, served)
        }
      }
      take(blame.taken, outstanding.origins)
    } else {
      take(transition.resources, outstanding.origins)
    }
    use(type, outstanding.served)
  }

  /// Takes note that the client took nothing of a response: all but what it refuses is to be sent again.
  mutating func takeBack(_ type: ResourceType, _ transition: Transition, _ blame: Blame) {
    let refused = Set(blame.suspects.map(\.name))
    for resource in transition.changed where holdings[resource.name] == .version(resource.digest) {
      guard !refused.contains(resource.name) else { continue }
      holdings[resource.name] = transition.before[resource.name]
      if transition.introduced.contains(resource.name) { awaitsSomethingNew = true }
    }
    for name in transition.removed where holdings[name]?.isVersion != true {
      holdings[name] = transition.before[name]
    }
    reachedGoal = nil
    guard type == .listener || type == .route else { return }
    for name in refused {
      keep(name, isFirst: transition.introduced.contains(name) || refusedAtFirst.contains(name))
    }
  }

  /// The client goes on with what it had of this name, if it had any.
  private mutating func keep(_ name: String, isFirst: Bool) {
    if older[name] != nil {
      older[name]?.isRefused = true
    } else if isFirst {
      refusedAtFirst.insert(name)
    } else {
      older[name] = Older(from: [live], isRefused: true)
    }
  }

  /// The client goes on with what it had of this name, or with the version of this snapshot: it did not say.
  private mutating func doubt(_ name: String, isFirst: Bool, _ served: Served) {
    var version = older[name] ?? Older(from: isFirst ? [] : [live], isRefused: true)
    version.isRefused = true
    version.add(served)
    older[name] = version
    refusedAtFirst.remove(name)
  }

  private mutating func take(_ resources: [EncodedResource], _ origins: [String: Served]) {
    guard !older.isEmpty || !refusedAtFirst.isEmpty || !origins.isEmpty else { return }
    for resource in resources {
      older[resource.name] = origins[resource.name].map { Older(from: [$0], isRefused: false) }
      refusedAtFirst.remove(resource.name)
    }
  }

  /// Takes note that the client uses what is served, but for what it refused, and what it keeps that is not served.
  mutating func use(_ type: ResourceType, _ served: Served) {
    let set = served.snapshot.sets[type]
    if live?.generation != served.generation {
      for (name, held) in holdings.entries
      where set[name] == nil && held.isVersion && older[name] == nil && !refusedAtFirst.contains(name) {
        older[name] = Older(from: [live], isRefused: false)
      }
    }
    if !older.isEmpty {
      older = older.filter { name, version in has(name) && (version.isRefused || set[name] == nil) }
    }
    live = served
  }

  /// Forgets which versions the client may use of what it has given up by itself.
  mutating func forgetOlderOfNothing(after transition: Transition) {
    guard !older.isEmpty else { return }
    older = older.filter { holdings[$0.key] != nil || transition.takesAway($0.key) }
  }

  /// The snapshots from which the client may use something, other than ``live``; `nil` for one that is not known. What it
  /// is told is gone, it uses until it has answered.
  var olderInUse: [Served?] {
    older.filter { has($0.key) || outstanding?.transition.takesAway($0.key) == true }.flatMap(\.value.origins)
  }

  private func has(_ name: String) -> Bool { holdings[name]?.isVersion == true }
}
