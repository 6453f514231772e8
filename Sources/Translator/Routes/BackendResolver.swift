import KubernetesAPI

/// Finds what the backend references of routes and policies mean.
struct BackendResolver {
  /// Who refers to a backend, as a ReferenceGrant names it.
  enum Referrer: String, CaseIterable {
    case httpRoute = "HTTPRoute"
    case httpListenerPolicy = "HTTPListenerPolicy"

    var group: String {
      switch self {
      case .httpRoute: "gateway.networking.k8s.io"
      case .httpListenerPolicy: "gateway.kgateway.dev"
      }
    }
  }

  private let services: [NamespacedName: Service]
  private let grants: ReferenceGrantIndex

  init(_ inputs: GatewayInputs) {
    services = inputs.services
    grants = ReferenceGrantIndex(inputs.referenceGrants)
  }

  /// The Service port that a reference of an object in `namespace` means.
  func resolve(
    _ reference: HTTPRoute.BackendReference, from namespace: String, of referrer: Referrer = .httpRoute
  ) throws(BackendFault) -> Backend {
    guard reference.group.isEmpty, reference.kind == "Service" else {
      let kind = reference.group.isEmpty ? reference.kind : "\(reference.group)/\(reference.kind)"
      throw BackendFault(.invalidKind, field: "kind", "the kind \(kind) is not supported; use a Service")
    }
    let id = NamespacedName(namespace: reference.namespace ?? namespace, name: reference.name)
    guard id.namespace == namespace || grants.permits(referrer, of: namespace, toService: id) else {
      throw BackendFault(
        .refNotPermitted, field: "namespace",
        "no ReferenceGrant in the namespace \(id.namespace) lets \(referrer.plural) of \(namespace) name the Service"
          + " \(id.name); create one, or use a Service of \(namespace)")
    }
    guard let port = reference.port else {
      throw BackendFault(.unsupportedValue, field: "port", "a Service needs a port; add one")
    }
    guard let service = services[id] else {
      throw BackendFault(
        .backendNotFound, field: "name", "the Service \(id) does not exist; create it, or correct the name")
    }
    return try backend(service, port)
  }

  private func backend(_ service: Service, _ number: Int) throws(BackendFault) -> Backend {
    let id = service.metadata.id
    guard service.type != "ExternalName" else {
      throw BackendFault(
        .unsupportedValue, field: "name",
        "the Service \(id) has the type ExternalName, which is not supported; use one with endpoints")
    }
    let alike = service.ports.filter { $0.port == number }
    guard let port = alike.first(where: { $0.transport == "TCP" }) else {
      if let other = alike.first {
        throw BackendFault(
          .unsupportedProtocol, field: "port",
          "port \(number) of the Service \(id) is for \(other.transport); use one for TCP")
      }
      let known = service.ports.filter { $0.transport == "TCP" }.map { String($0.port) }.joined(separator: ", ")
      throw BackendFault(
        .backendNotFound, field: "port",
        "the Service \(id) has no port \(number); \(known.isEmpty ? "it has none for TCP" : "it has \(known)")")
    }
    guard let upstream = UpstreamProtocol(appProtocol: port.appProtocol) else {
      throw BackendFault(
        .unsupportedProtocol, field: "port",
        "port \(number) of the Service \(id) has the appProtocol '\(port.appProtocol ?? "")', which is not supported;"
          + " use http, kubernetes.io/h2c, or none")
    }
    let reference = EndpointReference(service: id, port: number, portName: port.name)
    return Backend(endpoints: reference, upstream: upstream, appProtocol: port.appProtocol)
  }
}

/// A port of a Service, as the target of requests.
struct Backend: Hashable {
  var endpoints: EndpointReference
  var upstream: UpstreamProtocol
  /// As the Service has it.
  var appProtocol: String?
}

/// How requests are sent on to a backend.
enum UpstreamProtocol: Hashable {
  case http1
  /// HTTP/2 without TLS.
  case http2

  /// Nil for protocols that would need TLS or an upgrade (KEP-3726). Free-form values mean nothing to a proxy.
  init?(appProtocol: String?) {
    switch appProtocol {
    case "kubernetes.io/h2c", "h2c", "grpc": self = .http2
    case "kubernetes.io/ws", "kubernetes.io/wss", "https": return nil
    default: self = .http1
    }
  }
}

/// Why a backend reference does not resolve.
struct BackendFault: Error {
  /// The reasons of the condition ResolvedRefs (Gateway API, RouteConditionReason).
  enum Reason: String {
    case backendNotFound = "BackendNotFound"
    case invalidKind = "InvalidKind"
    case refNotPermitted = "RefNotPermitted"
    case unsupportedProtocol = "UnsupportedProtocol"
    case unsupportedValue = "UnsupportedValue"
  }

  let reason: Reason
  /// The field of the reference that is at fault.
  let field: String
  let message: String

  init(_ reason: Reason, field: String, _ message: String) {
    self.reason = reason
    self.field = field
    self.message = message
  }
}

extension BackendResolver.Referrer {
  fileprivate var plural: String {
    switch self {
    case .httpRoute: "HTTPRoutes"
    case .httpListenerPolicy: "HTTPListenerPolicies (group \(group))"
    }
  }
}

/// The ReferenceGrants that let routes and policies name Services of other namespaces.
private struct ReferenceGrantIndex {
  private struct Permission: Hashable {
    let referrer: BackendResolver.Referrer
    let from: String
    let to: String
    /// Nil: every Service.
    let name: String?
  }

  private var permissions: Set<Permission> = []

  init(_ grants: [ReferenceGrant]) {
    for grant in grants {
      let services = grant.to.filter { $0.group.isEmpty && $0.kind == "Service" }
      for referrer in BackendResolver.Referrer.allCases {
        for from in grant.from where from.group == referrer.group && from.kind == referrer.rawValue {
          for to in services {
            permissions.insert(
              Permission(
                referrer: referrer, from: from.namespace, to: grant.metadata.namespace,
                name: to.name.flatMap { $0.isEmpty ? nil : $0 }))
          }
        }
      }
    }
  }

  func permits(
    _ referrer: BackendResolver.Referrer, of namespace: String, toService service: NamespacedName
  ) -> Bool {
    guard !permissions.isEmpty else { return false }
    return [nil, service.name].contains { name in
      permissions.contains(Permission(referrer: referrer, from: namespace, to: service.namespace, name: name))
    }
  }
}
