/// What follows for what is served and told.
extension Acceptance {
  /// What is served of what is published.
  func served(of published: Snapshot) -> Snapshot {
    var snapshot = published
    for type in ResourceType.allCases {
      for (name, refusal) in rejected[type] where refusal.isWithheld {
        substitute(fallback(type, name, refusal), type, name, in: &snapshot)
      }
    }
    for name in pending { substitute(standIns[name], .listener, name, in: &snapshot) }
    return snapshot
  }

  /// Whether all that is published can be served but for what was refused.
  var isChecked: Bool { pending.isEmpty }

  private func fallback(_ type: ResourceType, _ name: String, _ refusal: Rejected) -> Good? {
    refusal.refuser == .check ? standIns[name] : accepted[type][name]
  }

  private func substitute(_ good: Good?, _ type: ResourceType, _ name: String, in snapshot: inout Snapshot) {
    guard let good else { return snapshot.sets[type].withhold(name) }
    snapshot.sets[type].insert(good.resource)
    guard let surroundings = good.surroundings else { return }
    for (name, cluster) in surroundings.clusters.byName where snapshot.sets[.cluster][name] == nil {
      guard good.resource.mentions(name) else { continue }
      snapshot.sets[.cluster].insert(cluster)
      if let endpointName = cluster.endpointName, snapshot.sets[.endpoint][endpointName] == nil,
        let endpoints = surroundings.endpoints[endpointName]
      {
        snapshot.sets[.endpoint].insert(endpoints)
      }
    }
  }

  /// What was refused and is still published, by type and name.
  var rejections: [RejectedResource] {
    ResourceType.allCases.flatMap { type in
      rejected[type].values.sorted { $0.resource.name < $1.resource.name }.map { refusal in
        let good = fallback(type, refusal.resource.name, refusal)?.resource
        return RejectedResource(
          type: type, name: refusal.resource.name, version: refusal.resource.version, message: refusal.message,
          isWithheld: refusal.isWithheld, refuser: refusal.refuser,
          goodVersion: good == refusal.resource ? nil : good?.version)
      }
    }
  }

  /// The version of a resource that a proxy took last.
  func acceptedVersion(_ type: ResourceType, _ name: String) -> String? { accepted[type][name]?.resource.version }
}
