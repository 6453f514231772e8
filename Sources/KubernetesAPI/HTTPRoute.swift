/// `gateway.networking.k8s.io/v1` HTTPRoute.
package struct HTTPRoute: Hashable, Sendable {
  package var metadata: ObjectMeta
  package var parentRefs: [ParentReference]
  /// Empty: every host of the listener.
  package var hostnames: [String]
  package var rules: [Rule]
  /// What the route sets and this project does not build, in document order. A route with any is refused.
  package var unsupported: [UnsupportedField]
  /// The status as last read.
  package var parentStatuses: [RouteParentStatus]

  package init(
    metadata: ObjectMeta, parentRefs: [ParentReference] = [], hostnames: [String] = [], rules: [Rule] = [],
    unsupported: [UnsupportedField] = [], parentStatuses: [RouteParentStatus] = []
  ) {
    self.metadata = metadata
    self.parentRefs = parentRefs
    self.hostnames = hostnames
    self.rules = rules
    self.unsupported = unsupported
    self.parentStatuses = parentStatuses
  }

  package struct Rule: Hashable, Sendable {
    /// Any one of them selects the rule; empty is the same as the prefix `/`.
    package var matches: [Match]
    package var backendRefs: [BackendReference]

    package init(matches: [Match] = [], backendRefs: [BackendReference] = []) {
      self.matches = matches
      self.backendRefs = backendRefs
    }
  }

  /// All parts must match.
  package struct Match: Hashable, Sendable {
    package var path: PathMatch
    package var headers: [ValueMatch]
    package var queryParams: [ValueMatch]
    package var method: String?

    package init(
      path: PathMatch = .prefix("/"), headers: [ValueMatch] = [], queryParams: [ValueMatch] = [],
      method: String? = nil
    ) {
      self.path = path
      self.headers = headers
      self.queryParams = queryParams
      self.method = method
    }
  }

  package enum PathMatch: Hashable, Sendable {
    case exact(String)
    /// By whole path elements: `/a` matches `/a` and `/a/b`, not `/ab`.
    case prefix(String)
  }

  /// A header or query parameter with exactly this value.
  package struct ValueMatch: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  package struct BackendReference: Hashable, Sendable {
    package var group: String
    package var kind: String
    /// Nil: the route's own namespace.
    package var namespace: String?
    package var name: String
    /// Required for a Service.
    package var port: Int?
    /// Share of the requests, in proportion to the sum of the rule's weights.
    package var weight: Int

    package init(
      group: String = "", kind: String = "Service", namespace: String? = nil, name: String, port: Int? = nil,
      weight: Int = 1
    ) {
      self.group = group
      self.kind = kind
      self.namespace = namespace
      self.name = name
      self.port = port
      self.weight = weight
    }
  }
}

/// A field that an object sets and that is not built, with its value in short.
package struct UnsupportedField: Hashable, Sendable {
  /// Path from the object's root: `spec.rules[0].filters[1].type`.
  package var path: String
  /// The value, or for an object or list what it is (`an object`).
  package var value: String

  package init(path: String, value: String) {
    self.path = path
    self.value = value
  }
}
