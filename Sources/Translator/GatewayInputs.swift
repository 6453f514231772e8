package import KubernetesAPI

/// Everything that the configuration of one Gateway's proxies depends on, but the endpoints.
///
/// Two equal inputs give byte-identical resources, whatever the order of the lists in them.
package struct GatewayInputs: Sendable {
  package var gateway: Gateway
  /// The routes that name the Gateway as a parent; others are passed over.
  package var routes: [RouteInput]
  /// The policies that name or select the Gateway as a target; others are passed over.
  package var policies: [HTTPListenerPolicy]
  /// The Services that the routes and policies name, as far as they exist.
  package var services: [NamespacedName: Service]
  /// The labels of the routes' namespaces, by the namespace's name.
  package var namespaceLabels: [String: [String: String]]
  /// The grants in the namespaces of the Services that the routes and policies name.
  package var referenceGrants: [ReferenceGrant]
  package var settings: TranslatorSettings
  /// The fields of policies that are left out, because Envoy refuses what they become.
  package var leftOut: Set<FieldContent>

  package init(
    gateway: Gateway, routes: [RouteInput] = [], policies: [HTTPListenerPolicy] = [],
    services: [NamespacedName: Service] = [:], namespaceLabels: [String: [String: String]] = [:],
    referenceGrants: [ReferenceGrant] = [], settings: TranslatorSettings = TranslatorSettings(),
    leftOut: Set<FieldContent> = []
  ) {
    self.gateway = gateway
    self.routes = routes
    self.policies = policies
    self.services = services
    self.namespaceLabels = namespaceLabels
    self.referenceGrants = referenceGrants
    self.settings = settings
    self.leftOut = leftOut
  }
}
