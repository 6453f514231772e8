/// What proxies of this replica answered for one Gateway, apart from what is known of others: what a ``ProxyReport`` is
/// made of.
struct OwnAnswers {
  private struct Accepted {
    let version: UInt64
    let generation: UInt64
  }

  private struct Refusal {
    let version: UInt64
    let message: String
    let isCertain: Bool
    /// Those that refused it and are still open.
    var streams: Set<ObjectIdentifier>
  }

  /// How many refused versions of a resource are remembered: the one that was written, and those without the fields
  /// that were left out because of it.
  private static let refusalLimit = 4

  private var accepted = PerType<[String: Accepted]> { _ in [:] }
  /// By name, the newest last.
  private var refused = PerType<[String: [Refusal]]> { _ in [:] }

  /// Grows whenever there may be something new to report.
  private(set) var revision: UInt64 = 0

  /// As `Acceptance.accept`.
  mutating func accept(_ resource: EncodedResource, generation: UInt64) {
    let (type, name) = (resource.type, resource.name)
    if let refusals = refused[type][name], refusals.contains(where: { $0.version == resource.digest }) {
      let left = refusals.filter { $0.version != resource.digest }
      refused[type][name] = left.isEmpty ? nil : left
      revision += 1
    }
    guard type != .endpoint, (accepted[type][name]?.generation ?? 0) <= generation else { return }
    if accepted[type][name]?.version != resource.digest { revision += 1 }
    accepted[type][name] = Accepted(version: resource.digest, generation: generation)
  }

  /// As `Acceptance.reject`.
  mutating func reject(
    _ resource: EncodedResource, isCertain: Bool, message: String, by stream: ObjectIdentifier?
  ) {
    var refusals = refused[resource.type][resource.name] ?? []
    var streams = refusals.first { $0.version == resource.digest }?.streams ?? []
    if let stream { streams.insert(stream) }
    refusals.removeAll { $0.version == resource.digest }
    refusals.append(
      Refusal(version: resource.digest, message: message, isCertain: isCertain, streams: streams))
    refused[resource.type][resource.name] = refusals.suffix(Self.refusalLimit)
    revision += 1
  }

  /// Forgets a stream that is gone. What it refused stays refused.
  mutating func forget(_ stream: ObjectIdentifier) {
    for type in ResourceType.allCases {
      for (name, refusals) in refused[type] {
        for (index, refusal) in refusals.enumerated() where refusal.streams.contains(stream) {
          refused[type][name]?[index].streams.remove(stream)
        }
      }
    }
  }

  /// Takes note of a new snapshot.
  mutating func publish(_ set: ResourceSet, of type: ResourceType) {
    accepted[type] = accepted[type].filter { set[$0.key] != nil }
    refused[type] = refused[type].filter { set[$0.key] != nil }
    revision += 1
  }

  /// Begins anew.
  mutating func reset() {
    let revision = revision
    self = OwnAnswers()
    self.revision = revision + 1
  }

  /// - Parameter connected: how many proxies of this replica there are.
  func report(connected: Int, published: Snapshot?) -> ProxyReport {
    var report = ProxyReport(connected: connected)
    for type in ResourceType.allCases {
      let set = published?.sets[type]
      report.accepted += accepted[type].filter { set?[$0.key]?.digest == $0.value.version }
        .map { ProxyReport.Resource(type: type, name: $0.key, version: $0.value.version) }
        .sorted { $0.name < $1.name }
      report.refused += refused[type].sorted { $0.key < $1.key }.flatMap { name, refusals in
        refusals.map { refusal in
          ProxyReport.Refusal(
            resource: .init(type: type, name: name, version: refusal.version), message: refusal.message,
            isCertain: refusal.isCertain, count: refusal.streams.count)
        }
      }
    }
    return report
  }
}
