import GRPCServer
import NIOSSL
import PrometheusMetrics
import XDS

/// How the xDS server is reached, and how proxies show whose they are.
struct XDSSecurity {
  enum Transport {
    case plaintext
    /// TLS; without settings nobody is served until ``ControlPlane/replaceTLS(_:)`` brings some.
    case tls(TLSConfiguration?)
  }

  enum Authentication {
    /// By a bearer token, which somebody is asked about.
    case token(any TokenReviewer)
    /// Proxies are believed what they say.
    case nodeCluster
  }

  /// What a proxy's token has to be for, so that one for another service is of no use here, nor the other way round.
  static let audience = "kgateway"

  /// In the clear, to everybody: for a loopback address.
  static let none = XDSSecurity(transport: .plaintext, authentication: .nodeCluster)

  /// More than all pods of a node have that share its address, and an eighth of what the server takes.
  private static let connectionsPerAddress = 1_024

  var transport: Transport
  var authentication: Authentication
  /// The operator's own ServiceAccount, which is no proxy's.
  var operatorAccount: GatewayID?

  /// Makes a server secure.
  func configure(_ server: inout GRPCServer.Configuration) {
    switch transport {
    case .plaintext: break
    case .tls(let settings):
      server.tls = settings
      server.requiresTLS = true
    }
    switch authentication {
    case .nodeCluster: break
    case .token: server.maximumConnectionsPerAddress = Self.connectionsPerAddress
    }
  }

  /// - Parameter isServed: whether a Gateway may be one that is served.
  func authenticator(
    metrics: ControlPlaneMetrics, isServed: @escaping @Sendable (GatewayID) async -> Bool
  ) -> any StreamAuthenticator {
    switch authentication {
    case .nodeCluster: NodeClusterAuthenticator()
    case .token(let reviewer):
      ServiceAccountAuthenticator(
        reviewer: reviewer, operatorAccount: operatorAccount, isServed: isServed
      ) { result in
        metrics.xdsAuthentications[result.label].increment()
      }
    }
  }
}

extension AuthenticationResult {
  /// The value of the label `result` in metrics.
  fileprivate var label: XDSAuthenticationLabel {
    switch self {
    case .accepted: .accepted
    case .missing: .missing
    case .invalid: .invalid
    case .forbidden: .forbidden
    case .limited: .limited
    case .unavailable: .unavailable
    }
  }
}
