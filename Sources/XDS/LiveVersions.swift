/// Which snapshots the listeners and routes are from that a client uses: what these need must stay.
extension TypeProgress {
  struct Older {
    /// The snapshot that the version in use is from; `nil` if that is not known.
    let served: Served?
    /// The client refused a version that came after it.
    let isRefused: Bool
  }

  /// Takes note of what the client uses after its answer. Of a response that it refuses it may have taken a part.
  mutating func use(_ type: ResourceType, _ outstanding: Outstanding, refusal: String?) {
    let transition = outstanding.transition
    if let refusal {
      let named = RefusalMessage.named(RefusalMessage.shortened(refusal), among: transition.changed)
      for name in (named.isEmpty ? transition.changed : named).map(\.name) {
        if transition.introduced.contains(name) || refusedAtFirst.contains(name) {
          refusedAtFirst.insert(name)
        } else {
          older[name] = Older(served: older[name].map(\.served) ?? live, isRefused: true)
        }
      }
      take(named.isEmpty ? [] : transition.changed.filter { !named.contains($0) })
    } else {
      take(transition.resources)
    }
    use(type, outstanding.served)
  }

  private mutating func take(_ resources: [EncodedResource]) {
    guard !older.isEmpty || !refusedAtFirst.isEmpty else { return }
    for resource in resources {
      older[resource.name] = nil
      refusedAtFirst.remove(resource.name)
    }
  }

  /// Takes note that the client uses what is served, but for what it refused and what is held back.
  mutating func use(_ type: ResourceType, _ served: Served) {
    let set = served.snapshot.sets[type]
    for name in set.withheld where older[name] == nil && has(name) && !refusedAtFirst.contains(name) {
      older[name] = Older(served: live, isRefused: false)
    }
    if !older.isEmpty {
      older = older.filter { name, version in has(name) && (version.isRefused || set[name] == nil) }
    }
    live = served
  }

  /// The snapshots from which the client may use something, other than ``live``; `nil` for one that is not known.
  var olderInUse: [Served?] { older.filter { has($0.key) }.map(\.value.served) }

  private func has(_ name: String) -> Bool { holdings[name]?.isVersion == true }
}
