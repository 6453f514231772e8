@testable import XDS

/// What a proxy holds, as far as the rules are about it, and how it takes what it is sent.
struct SimulatedEnvoy {
  struct Held: Equatable {
    var content: String
    var version: String
  }

  private(set) var held: [ResourceType: [String: Held]] = [:]
  /// New and changed clusters that have not heard of their endpoints since. As long as there is one, Envoy neither
  /// acknowledges clusters nor asks for them.
  private(set) var warming: Set<String> = []
  /// The clusters that take requests: as they are, or as they were before they changed.
  private var active: Set<String> = []
  /// Of the clusters that take their endpoints from the control plane, the names of these.
  private var discovered: [String: String] = [:]

  subscript(type: ResourceType) -> [String: Held] { held[type] ?? [:] }

  /// The names that it wants of endpoints and routes.
  var wantedEndpoints: Set<String> { Set(discovered.values) }
  var wantedRoutes: Set<String> { Set(self[.listener].keys.map(SimulatedConfiguration.route)) }

  /// Takes the good part of a response.
  ///
  /// - Parameter wholly: It takes nothing where it refuses something, and says of one resource only that it is malformed.
  /// - Returns: the names of what it refuses.
  mutating func take(_ transition: Transition, wholly: Bool) -> [String] {
    let type = transition.type
    if wholly, let bad = transition.resources.first(where: { SimulatedConfiguration.isBad($0.content) }) {
      return [bad.name]
    }
    let isEverything = transition.speaking == .stateOfTheWorld && type.isFullState
    let names = Set(transition.resources.map(\.name))
    var gone = Set(transition.removed)
    if isEverything { gone.formUnion(self[type].keys.filter { !names.contains($0) }) }
    for name in gone { remove(type, name) }
    var refused: [String] = []
    for resource in transition.resources {
      guard !SimulatedConfiguration.isBad(resource.content) else {
        refused.append(resource.name)
        continue
      }
      hold(resource)
    }
    held[.endpoint] = self[.endpoint].filter { wantedEndpoints.contains($0.key) }
    held[.route] = self[.route].filter { wantedRoutes.contains($0.key) }
    return refused
  }

  /// Waits no longer for endpoints, when `initial_fetch_timeout` is over (15 s unless set), and goes on with what there is.
  mutating func timeOut() {
    active.formUnion(warming)
    warming = []
  }

  private mutating func hold(_ resource: EncodedResource) {
    let (type, name) = (resource.type, resource.name)
    let isNew = self[type][name]?.content != resource.content
    held[type, default: [:]][name] = Held(content: resource.content, version: resource.version)
    switch type {
    case .cluster:
      discovered[name] = resource.endpointName
      if resource.endpointName == nil { active.insert(name) } else if isNew { warming.insert(name) }
    case .endpoint: warm(name)
    case .listener, .route: break
    }
  }

  private mutating func remove(_ type: ResourceType, _ name: String) {
    held[type]?[name] = nil
    switch type {
    case .cluster:
      warming.remove(name)
      active.remove(name)
      discovered[name] = nil
    // Of endpoints that are gone Envoy takes note by going on without any.
    case .endpoint: warm(name)
    case .listener, .route: break
    }
  }

  private mutating func warm(_ endpoints: String) {
    let warm = warming.filter { discovered[$0] == endpoints }
    active.formUnion(warm)
    warming.subtract(warm)
  }

  /// What requests meet now that should not be: a cluster that is used and not there, or has no endpoints.
  ///
  /// - Parameter isLeftAlone: whether that is not looked at for this listener or route.
  func problems(_ isLeftAlone: (ResourceType, String) -> Bool) -> [String] {
    let routes = self[.route].filter { wantedRoutes.contains($0.key) }
    return [(ResourceType.listener, self[.listener]), (.route, routes)].flatMap { type, users in
      users.filter { !isLeftAlone(type, $0.key) }.flatMap { name, user in
        SimulatedConfiguration.clusters(in: user.content).compactMap { cluster -> String? in
          if cluster == SimulatedConfiguration.faultyCluster { return nil }
          if self[.cluster][cluster] == nil { return "\(type) \(name) uses \(cluster), which is not there" }
          if !active.contains(cluster) { return "\(type) \(name) uses \(cluster), which waits for its endpoints" }
          guard let endpoints = discovered[cluster], self[.endpoint][endpoints] == nil else { return nil }
          return "\(type) \(name) uses \(cluster), which has no endpoints"
        }
      }
    }
  }
}
