/// `gateway.networking.k8s.io/v1` Gateway.
package struct Gateway: Hashable, Sendable {
  package var metadata: ObjectMeta
  package var gatewayClassName: String
  package var listeners: [Listener]
  /// The addresses that are asked for; empty: any.
  package var addresses: [Address]
  package var infrastructure: Infrastructure
  /// The status as last read, so that a write that would change nothing is not made.
  package var status: GatewayStatus

  package init(
    metadata: ObjectMeta, gatewayClassName: String, listeners: [Listener] = [], addresses: [Address] = [],
    infrastructure: Infrastructure = Infrastructure(), status: GatewayStatus = GatewayStatus()
  ) {
    self.metadata = metadata
    self.gatewayClassName = gatewayClassName
    self.listeners = listeners
    self.addresses = addresses
    self.infrastructure = infrastructure
    self.status = status
  }

  /// One listener of a Gateway.
  package struct Listener: Hashable, Sendable {
    package var name: String
    /// Nil matches every host; may begin with the wildcard label `*.`.
    package var hostname: String?
    /// 1...65535.
    package var port: Int
    /// `HTTP`, `HTTPS`, `TLS`, `TCP`, `UDP`, or a domain-prefixed name of an extension.
    package var protocolType: String
    package var allowedRoutes: AllowedRoutes
    /// Whether `tls` is set; its content is not read.
    package var hasTLS: Bool

    package init(
      name: String, hostname: String? = nil, port: Int, protocolType: String = "HTTP",
      allowedRoutes: AllowedRoutes = AllowedRoutes(), hasTLS: Bool = false
    ) {
      self.name = name
      self.hostname = hostname
      self.port = port
      self.protocolType = protocolType
      self.allowedRoutes = allowedRoutes
      self.hasTLS = hasTLS
    }
  }

  /// An address that the Gateway asks for.
  package struct Address: Hashable, Sendable {
    /// `IPAddress`, `Hostname`, or a domain-prefixed name of an extension.
    package var type: String
    /// Empty: any address of the type.
    package var value: String

    package init(type: String = "IPAddress", value: String) {
      self.type = type
      self.value = value
    }
  }

  /// What the objects that serve the Gateway get.
  package struct Infrastructure: Hashable, Sendable {
    package var labels: [String: String]
    package var annotations: [String: String]
    package var parametersRef: ParametersReference?

    package init(
      labels: [String: String] = [:], annotations: [String: String] = [:], parametersRef: ParametersReference? = nil
    ) {
      self.labels = labels
      self.annotations = annotations
      self.parametersRef = parametersRef
    }
  }

  /// Which routes may attach to a listener.
  package struct AllowedRoutes: Hashable, Sendable {
    package enum Namespaces: Hashable, Sendable {
      /// The Gateway's own namespace; the default.
      case same
      case all
      /// Namespaces whose labels match.
      case selector(LabelSelector)
      /// A value of `from` that this project does not know; admits nothing.
      case unknown(String)
    }

    package var namespaces: Namespaces
    /// Empty: the kinds that the listener's protocol carries.
    package var kinds: [RouteGroupKind]

    package init(namespaces: Namespaces = .same, kinds: [RouteGroupKind] = []) {
      self.namespaces = namespaces
      self.kinds = kinds
    }
  }
}

/// Group and kind of a route.
package struct RouteGroupKind: Hashable, Sendable {
  package var group: String
  package var kind: String

  package init(group: String = "gateway.networking.k8s.io", kind: String) {
    self.group = group
    self.kind = kind
  }
}

/// What is known about a Gateway, for its `status`.
package struct GatewayStatus: Hashable, Sendable {
  /// Where clients reach the Gateway.
  package var addresses: [Address]
  package var conditions: [Condition]
  package var listeners: [ListenerStatus]

  package init(addresses: [Address] = [], conditions: [Condition] = [], listeners: [ListenerStatus] = []) {
    self.addresses = addresses
    self.conditions = conditions
    self.listeners = listeners
  }

  package struct Address: Hashable, Sendable {
    /// `IPAddress`, `Hostname`, or a domain-prefixed name of an extension.
    package var type: String
    package var value: String

    package init(type: String, value: String) {
      self.type = type
      self.value = value
    }

    package static func ip(_ value: String) -> Address { Address(type: "IPAddress", value: value) }
    package static func hostname(_ value: String) -> Address { Address(type: "Hostname", value: value) }
  }

  package struct ListenerStatus: Hashable, Sendable {
    package var name: String
    package var attachedRoutes: Int
    package var supportedKinds: [RouteGroupKind]
    package var conditions: [Condition]

    package init(
      name: String, attachedRoutes: Int = 0, supportedKinds: [RouteGroupKind] = [], conditions: [Condition] = []
    ) {
      self.name = name
      self.attachedRoutes = attachedRoutes
      self.supportedKinds = supportedKinds
      self.conditions = conditions
    }
  }
}
