/// The kinds that are watched, and where the API server keeps each.
package enum KubernetesKind: String, CaseIterable, Hashable, Sendable {
  case gatewayClass = "GatewayClass"
  case gateway = "Gateway"
  case httpRoute = "HTTPRoute"
  case referenceGrant = "ReferenceGrant"
  case httpListenerPolicy = "HTTPListenerPolicy"
  case gatewayParameters = "GatewayParameters"
  case service = "Service"
  case endpointSlice = "EndpointSlice"
  case namespace = "Namespace"

  /// The API group; empty for the core group.
  package var group: String {
    switch self {
    case .gatewayClass, .gateway, .httpRoute, .referenceGrant: "gateway.networking.k8s.io"
    case .httpListenerPolicy, .gatewayParameters: "gateway.kgateway.dev"
    case .endpointSlice: "discovery.k8s.io"
    case .service, .namespace: ""
    }
  }

  /// The version in which the kind is read and written.
  package var version: String { group == "gateway.kgateway.dev" ? "v1alpha1" : "v1" }

  /// `group/version`, or the version alone for the core group: an object's `apiVersion`.
  package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

  /// The kind's name in a request's path.
  package var plural: String {
    switch self {
    case .gatewayClass: "gatewayclasses"
    case .gateway: "gateways"
    case .httpRoute: "httproutes"
    case .referenceGrant: "referencegrants"
    case .httpListenerPolicy: "httplistenerpolicies"
    case .gatewayParameters: "gatewayparameters"
    case .service: "services"
    case .endpointSlice: "endpointslices"
    case .namespace: "namespaces"
    }
  }

  /// False for kinds that live outside of any namespace.
  package var isNamespaced: Bool { self != .gatewayClass && self != .namespace }
}
