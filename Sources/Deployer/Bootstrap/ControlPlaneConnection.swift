package import EnvoyAPI
import SwiftProtobuf
package import Translator

/// The part of a bootstrap that leads a proxy to its control plane: one cluster, and delta ADS over it for all else.
package struct ControlPlaneConnection: Hashable, Sendable {
  /// Files that the proxy reads for the connection, and again whenever the folder that each stands in changes.
  package struct SecretFiles: Hashable, Sendable {
    /// Envoy's description of the token (`SecretFile.token`). Nil: no token is sent.
    package var token: String?
    /// Envoy's description of what the server's certificate must be (`SecretFile.authorities`). Nil: plain text.
    package var authorities: String?

    package init(token: String? = nil, authorities: String? = nil) {
      self.token = token
      self.authorities = authorities
    }
  }

  /// A name to look up, or an IP address, and a port.
  package var address: HostPort
  package var files: SecretFiles
  /// How long a proxy waits for its first configuration before it serves without, in seconds; 0: as long as it takes.
  /// Nil: Envoy's 15 s.
  package var initialFetchTimeout: Int64?

  package init(address: HostPort, files: SecretFiles = SecretFiles(), initialFetchTimeout: Int64? = nil) {
    self.address = address
    self.files = files
    self.initialFetchTimeout = initialFetchTimeout
  }

  private static let clusterName = "kgateway"

  /// Everything comes from the control plane, over one stream.
  package func connect(_ bootstrap: inout Envoy_Config_Bootstrap_V3_Bootstrap) {
    bootstrap.staticResources.clusters.append(cluster)
    bootstrap.dynamicResources.adsConfig = .with {
      $0.apiType = .deltaGrpc
      $0.transportApiVersion = .v3
      $0.grpcServices = [
        .with {
          $0.envoyGrpc.clusterName = Self.clusterName
          // Envoy's own pauses between attempts grow to half a minute, which is long for one that came back.
          $0.retryPolicy.retryBackOff = .with {
            $0.baseInterval = .with { $0.nanos = 500_000_000 }
            $0.maxInterval = Google_Protobuf_Duration(seconds: 5)
          }
        }
      ]
      $0.setNodeOnFirstMessageOnly = true
    }
    bootstrap.dynamicResources.cdsConfig = overAggregatedDiscovery
    bootstrap.dynamicResources.ldsConfig = overAggregatedDiscovery
  }

  private var overAggregatedDiscovery: Envoy_Config_Core_V3_ConfigSource {
    .with {
      $0.ads = Envoy_Config_Core_V3_AggregatedConfigSource()
      $0.resourceApiVersion = .v3
      if let initialFetchTimeout { $0.initialFetchTimeout = Google_Protobuf_Duration(seconds: initialFetchTimeout) }
    }
  }

  private var cluster: Envoy_Config_Cluster_V3_Cluster {
    .with {
      $0.name = Self.clusterName
      $0.connectTimeout = Google_Protobuf_Duration(seconds: files.authorities == nil ? 1 : 5)
      if IPAddress.isValid(address.host) {
        $0.type = .static
      } else {
        $0.type = .strictDns
        $0.dnsLookupFamily = .v4Preferred
      }
      $0.loadAssignment.clusterName = Self.clusterName
      $0.loadAssignment.endpoints = [
        .with {
          $0.lbEndpoints = [
            .with {
              $0.endpoint.address.socketAddress.address = address.host
              $0.endpoint.address.socketAddress.portValue = UInt32(clamping: address.port)
            }
          ]
        }
      ]
      $0.typedExtensionProtocolOptions = [
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": Google_Protobuf_Any(packing: httpOptions)
      ]
      if let file = files.authorities {
        $0.transportSocket.name = "envoy.transport_sockets.tls"
        $0.transportSocket.typedConfig = Google_Protobuf_Any(packing: transportSecurity(authorities: file))
      }
    }
  }

  private var httpOptions: Envoy_Extensions_Upstreams_Http_V3_HttpProtocolOptions {
    .with {
      // Notices a control plane that is gone without a word, such as a lost machine.
      $0.explicitHTTPConfig.http2ProtocolOptions.connectionKeepalive = .with {
        $0.interval = Google_Protobuf_Duration(seconds: 30)
        $0.timeout = Google_Protobuf_Duration(seconds: 5)
      }
      guard let token = files.token else { return }
      $0.httpFilters = [
        .with {
          $0.name = "envoy.filters.http.credential_injector"
          $0.typedConfig = Google_Protobuf_Any(packing: Self.injector(token: token))
        },
        .with {
          $0.name = "envoy.filters.http.upstream_codec"
          $0.typedConfig = Google_Protobuf_Any(packing: Envoy_Extensions_Filters_Http_UpstreamCodec_V3_UpstreamCodec())
        },
      ]
    }
  }

  /// A stream without a token is not worth the attempt, and is not made.
  private static func injector(
    token file: String
  ) -> Envoy_Extensions_Filters_Http_CredentialInjector_V3_CredentialInjector {
    .with {
      $0.overwrite = true
      $0.credential = .with {
        $0.name = "envoy.http.injected_credentials.generic"
        $0.typedConfig = Google_Protobuf_Any(
          packing: Envoy_Extensions_Http_InjectedCredentials_Generic_V3_Generic.with {
            $0.credential = SecretFile.reference(SecretFile.tokenName, in: file)
            $0.header = "authorization"
            $0.headerValuePrefix = "Bearer "
          })
      }
    }
  }

  private func transportSecurity(
    authorities file: String
  ) -> Envoy_Extensions_TransportSockets_Tls_V3_UpstreamTlsContext {
    .with {
      // An IP address is no server name (RFC 6066, section 3); the certificate is checked for it all the same.
      if !IPAddress.isValid(address.host) { $0.sni = address.host }
      $0.commonTlsContext.tlsParams.tlsMinimumProtocolVersion = .tlsv12
      $0.commonTlsContext.tlsParams.tlsMaximumProtocolVersion = .tlsv13
      $0.commonTlsContext.alpnProtocols = ["h2"]
      $0.commonTlsContext.validationContextSdsSecretConfig = SecretFile.reference(SecretFile.authoritiesName, in: file)
    }
  }
}
