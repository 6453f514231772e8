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

  subscript(name: String) -> EncodedResource? { byName[name] }

  mutating func insert(_ resource: EncodedResource) {
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
