@testable import XDS

/// What a proxy holds, as far as the rules are about it, and how it takes what it is sent.
struct SimulatedEnvoy {
  struct Held: Equatable {
    var content: String
    var version: String
  }

  private(set) var held: [ResourceType: [String: Held]] = [:]
  /// Changed clusters that have not heard of their endpoints since.
  private(set) var warming: Set<String> = []
  /// The clusters that take their endpoints from the control plane.
  private(set) var discovered: Set<String> = []

  subscript(type: ResourceType) -> [String: Held] { held[type] ?? [:] }

  /// The names that it wants of endpoints and routes.
  var wantedEndpoints: Set<String> { discovered.intersection(self[.cluster].keys) }
  var wantedRoutes: Set<String> { Set(self[.listener].keys.map(SimulatedConfiguration.route)) }

  /// Takes the good part of a response.
  ///
  /// - Returns: the names of what it refuses.
  mutating func take(_ transition: Transition) -> [String] {
    let type = transition.type
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

  /// Comes back on a new stream.
  ///
  /// A changed cluster whose endpoints were on their way when the stream ended is not sent them again, for Envoy says on
  /// the new stream that it has them: those of the cluster before the change. It waits until `initial_fetch_timeout`
  /// (15 s unless set) is over, uses the cluster before the change meanwhile, and then goes on with what it has.
  mutating func comeBack() {
    warming = warming.filter { self[.endpoint][$0] == nil }
  }

  private mutating func hold(_ resource: EncodedResource) {
    let (type, name) = (resource.type, resource.name)
    let isNew = self[type][name]?.content != resource.content
    held[type, default: [:]][name] = Held(content: resource.content, version: resource.version)
    switch type {
    case .cluster:
      guard resource.endpointName != nil else { return }
      discovered.insert(name)
      if isNew { warming.insert(name) }
    case .endpoint: warming.remove(name)
    case .listener, .route: break
    }
  }

  private mutating func remove(_ type: ResourceType, _ name: String) {
    held[type]?[name] = nil
    // Of endpoints that are gone Envoy takes note by going on without any.
    if type == .cluster || type == .endpoint { warming.remove(name) }
    if type == .cluster { held[.endpoint]?[name] = nil }
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
          guard wantedEndpoints.contains(cluster), self[.endpoint][cluster] == nil else { return nil }
          return "\(type) \(name) uses \(cluster), which has no endpoints"
        }
      }
    }
  }
}
