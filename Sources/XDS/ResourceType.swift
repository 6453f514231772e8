/// The kinds of resources that are served.
package enum ResourceType: String, CaseIterable, Hashable, Sendable, CustomStringConvertible {
  case cluster, endpoint, listener, route

  /// The type URL of version 3 of Envoy's API, as it stands in requests, responses and `google.protobuf.Any`.
  package var typeURL: String {
    switch self {
    case .cluster: "type.googleapis.com/envoy.config.cluster.v3.Cluster"
    case .endpoint: "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"
    case .listener: "type.googleapis.com/envoy.config.listener.v3.Listener"
    case .route: "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
    }
  }

  /// The type of a type URL; `nil` for one that is not served.
  package init?(typeURL: String) {
    guard let type = Self.allCases.first(where: { $0.typeURL == typeURL }) else { return nil }
    self = type
  }

  /// `cluster`, `endpoint`, `listener` or `route`.
  package var description: String { rawValue }

  /// Whether a state-of-the-world response names everything that exists, so that what is missing is deleted, and
  /// whether a first request without names asks for everything. Both hold for the same two types (xDS protocol,
  /// "How the client specifies what resources to return" and "Deleting resources").
  var isFullState: Bool { self == .cluster || self == .listener }
}

/// One value for each type of resource.
struct PerType<Value> {
  private var cluster: Value
  private var endpoint: Value
  private var listener: Value
  private var route: Value

  init(_ make: (ResourceType) -> Value) {
    cluster = make(.cluster)
    endpoint = make(.endpoint)
    listener = make(.listener)
    route = make(.route)
  }

  subscript(type: ResourceType) -> Value {
    get {
      switch type {
      case .cluster: cluster
      case .endpoint: endpoint
      case .listener: listener
      case .route: route
      }
    }
    _modify {
      switch type {
      case .cluster: yield &cluster
      case .endpoint: yield &endpoint
      case .listener: yield &listener
      case .route: yield &route
      }
    }
  }
}

extension PerType: Sendable where Value: Sendable {}
extension PerType: Equatable where Value: Equatable {}
