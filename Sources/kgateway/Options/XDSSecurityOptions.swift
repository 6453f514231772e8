import ArgumentParser
import KubernetesClient
import Logging

/// Who may connect for a proxy's configuration, and over what.
struct XDSSecurityOptions: ParsableArguments {
  enum Authentication: String, ExpressibleByArgument, CaseIterable {
    case token
    case none
  }

  @Option(
    help: ArgumentHelp(
      "How a proxy shows whose it is: token or none.",
      discussion: """
        token: by the bearer token of the ServiceAccount of its Gateway's name, in the Gateway's namespace, with the \
        audience \(XDSSecurity.audience). The API server is asked whose each token is (TokenReview).
        none: it is believed what it says (node.cluster, Envoy's --service-cluster): whoever reaches --xds-address gets \
        the configuration of any Gateway.
        """))
  var xdsAuth: Authentication = .token

  @Flag(
    help: ArgumentHelp(
      "Serve xDS without TLS.",
      discussion: """
        For a network that nobody else listens to: configuration, and the tokens of proxies, can be read on the way. \
        Nothing but this flag makes kgateway serve in the clear.
        """))
  var xdsPlaintext = false

  /// What these flags come to, with a warning for what is at risk.
  ///
  /// - Parameter client: asks whose tokens are.
  /// - Throws: ``NoServingCertificate``.
  func resolved(client: KubernetesClient, logger: Logger) throws(NoServingCertificate) -> XDSSecurity {
    guard xdsPlaintext else { throw NoServingCertificate() }
    switch xdsAuth {
    case .token:
      logger.warning(
        """
        xDS is served without TLS (--xds-plaintext), and proxies send their tokens in the clear: whoever can listen on \
        the way can read the configuration of their Gateways
        """)
      return XDSSecurity(transport: .plaintext, authentication: .token(KubernetesTokenReviewer(client: client)))
    case .none:
      logger.warning(
        """
        xDS is served without TLS and without authentication (--xds-plaintext --xds-auth none): whoever reaches the \
        port can read the configuration of every Gateway
        """)
      return .none
    }
  }
}

/// There is nothing to serve xDS over TLS with, and serving it in the clear was not asked for.
struct NoServingCertificate: Error, CustomStringConvertible {
  var description: String {
    """
    there is no certificate to serve xDS with, and it is not served without TLS unless you ask for it; use \
    --xds-plaintext where nobody else can listen to the network
    """
  }
}
