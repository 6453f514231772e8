import EnvoyAPI
package import JSON
import SwiftProtobuf
import Translator

/// Files in the form of a secret discovery answer. Only a secret that comes so is read again when the file that it names
/// is replaced; which is how the token and the authorities rotate without a restart.
package enum SecretFile {
  static let tokenName = "token"
  static let authoritiesName = "authorities"

  /// Describes the token that the proxy proves its identity with.
  ///
  /// - Parameter path: of the token itself.
  /// - Throws: what SwiftProtobuf says of a message that it cannot write as JSON.
  package static func token(at path: String) throws -> JSONValue {
    try document(
      .with {
        $0.name = tokenName
        $0.genericSecret.secret = .with {
          $0.filename = path
          $0.watchedDirectory.path = folder(of: path)
        }
      })
  }

  /// Describes what the control plane's certificate must be: from an authority of a file, and for a name.
  ///
  /// - Parameters:
  ///   - path: of the authorities, in PEM.
  ///   - host: the name or IP address that the certificate must be for.
  /// - Throws: as ``token(at:)``.
  package static func authorities(at path: String, host: String) throws -> JSONValue {
    try document(
      .with {
        $0.name = authoritiesName
        $0.validationContext = .with {
          $0.trustedCa.filename = path
          $0.watchedDirectory.path = folder(of: path)
          $0.matchTypedSubjectAltNames = [
            .with {
              $0.sanType = IPAddress.isValid(host) ? .ipAddress : .dns
              $0.matcher.exact = host
            }
          ]
        }
      })
  }

  /// Refers to the secret of a file.
  static func reference(
    _ name: String, in path: String
  ) -> Envoy_Extensions_TransportSockets_Tls_V3_SdsSecretConfig {
    .with {
      $0.name = name
      $0.sdsConfig.resourceApiVersion = .v3
      $0.sdsConfig.pathConfigSource = .with {
        $0.path = path
        $0.watchedDirectory.path = folder(of: path)
      }
    }
  }

  private static func document(_ secret: Envoy_Extensions_TransportSockets_Tls_V3_Secret) throws -> JSONValue {
    guard case .object(let members) = try MessageDocument.value(of: secret) else { return .null }
    let type = JSONMember(
      key: "@type", value: "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret")
    return ["resources": [.object([type] + members)]]
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
