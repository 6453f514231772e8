/// All resources of one Gateway at one time.
package struct Snapshot: Sendable, Equatable {
  var sets = PerType { _ in ResourceSet() }

  /// A snapshot of these resources. Of several with one type and name the last one counts.
  package init(_ resources: some Sequence<EncodedResource> = []) {
    for resource in resources {
      sets[resource.type].insert(resource)
    }
  }

  /// The resources of one type, in the order of their names.
  package func resources(_ type: ResourceType) -> [EncodedResource] {
    sets[type].byName.values.sorted { $0.name < $1.name }
  }

  /// The resource of this type and name.
  package subscript(type: ResourceType, name: String) -> EncodedResource? {
    sets[type].byName[name]
  }

  /// The resource of this type and name, if it is this version of it.
  subscript(resource: ProxyReport.Resource) -> EncodedResource? {
    sets[resource.type][resource.name].flatMap { $0.digest == resource.version ? $0 : nil }
  }

  /// How many resources of one type there are.
  package func count(_ type: ResourceType) -> Int {
    sets[type].byName.count
  }

  /// The version of all resources of one type together: 16 hexadecimal digits that depend on nothing but content.
  package func version(_ type: ResourceType) -> String {
    hexadecimal(sets[type].digest)
  }
}

/// The resources of one type by name.
struct ResourceSet: Sendable, Equatable {
  private(set) var byName: [String: EncodedResource] = [:]

  /// The wrapping sum of the resources' digests: it follows a change of one resource without visiting the others,
  /// whatever order the changes come in.
  private(set) var digest: UInt64 = 0

  /// Names of which there is a version that is not to be had now: a client keeps the one that it has.
  private(set) var withheld: Set<String> = []

  subscript(name: String) -> EncodedResource? { byName[name] }

  mutating func insert(_ resource: EncodedResource) {
    if withheld.remove(resource.name) != nil { digest &-= Self.withheldDigest(resource.name) }
    if let old = byName.updateValue(resource, forKey: resource.name) {
      digest &-= old.digest
    }
    digest &+= resource.digest
  }

  mutating func remove(_ name: String) {
    if let old = byName.removeValue(forKey: name) {
      digest &-= old.digest
    }
  }

  /// Takes a resource out without saying that it is gone.
  mutating func withhold(_ name: String) {
    remove(name)
    if withheld.insert(name).inserted { digest &+= Self.withheldDigest(name) }
  }

  /// Tells sets of this process apart that withhold something else.
  private static func withheldDigest(_ name: String) -> UInt64 {
    var hasher = Hasher()
    hasher.combine("withheld")
    hasher.combine(name)
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }

  // The digests stand for the content.
  static func == (left: ResourceSet, right: ResourceSet) -> Bool {
    left.digest == right.digest && left.byName.count == right.byName.count
  }
}

/// A snapshot as the store serves it, with its place in the order of what the store has served for the Gateway.
struct Served: Sendable {
  let generation: UInt64
  let snapshot: Snapshot
}
