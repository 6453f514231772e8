package import Translator

/// What the operator sets for the proxies of all Gateways.
package struct DeployerSettings: Hashable, Sendable {
  /// How proxies reach the control plane.
  package enum Transport: Hashable, Sendable {
    /// TLS; the server's certificate must be for the host of the address, and come from one of these authorities, in PEM.
    case tls(authorities: [UInt8])
    case plaintext
  }

  /// Envoy's image where GatewayParameters name no other: `docker.io/envoyproxy/envoy:distroless-v1.40.0`.
  package var proxyImage: String
  /// Where the control plane serves xDS: a name that the pods can look up, or an IP address.
  package var xds: HostPort
  package var transport: Transport
  /// Whether proxies prove who they are with the token of their ServiceAccount.
  package var sendsToken: Bool
  /// Which GatewayClasses are served.
  package var controllerName: String

  package init(
    proxyImage: String = "docker.io/envoyproxy/envoy:distroless-v1.40.0", xds: HostPort, transport: Transport,
    sendsToken: Bool = true, controllerName: String = "kgateway.dev/kgateway"
  ) {
    self.proxyImage = proxyImage
    self.xds = xds
    self.transport = transport
    self.sendsToken = sendsToken
    self.controllerName = controllerName
  }
}
