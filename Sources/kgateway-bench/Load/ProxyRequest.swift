import EnvoyAPI
import SwiftProtobuf

/// The requests that a proxy makes.
enum ProxyRequest {
  /// Asks for everything of a type.
  ///
  /// - Parameter versions: what is there from an earlier stream, by name; for the delta protocol alone.
  static func first(
    _ typeURL: String, _ dialect: Dialect, gateway: String, id: String, versions: [String: String]
  ) -> [UInt8] {
    let node = Envoy_Config_Core_V3_Node.with {
      $0.id = id
      $0.cluster = gateway
    }
    switch dialect {
    case .delta:
      return bytes(
        Envoy_Service_Discovery_V3_DeltaDiscoveryRequest.with {
          $0.node = node
          $0.typeURL = typeURL
          $0.resourceNamesSubscribe = ["*"]
          $0.initialResourceVersions = versions
        })
    case .sotw:
      return bytes(
        Envoy_Service_Discovery_V3_DiscoveryRequest.with {
          $0.node = node
          $0.typeURL = typeURL
          $0.resourceNames = ["*"]
        })
    }
  }

  static func acknowledgement(of response: ResponseSkimmer.Response, _ dialect: Dialect) -> [UInt8] {
    switch dialect {
    case .delta:
      bytes(
        Envoy_Service_Discovery_V3_DeltaDiscoveryRequest.with {
          $0.typeURL = response.typeURL
          $0.responseNonce = response.nonce
        })
    case .sotw:
      bytes(
        Envoy_Service_Discovery_V3_DiscoveryRequest.with {
          $0.typeURL = response.typeURL
          $0.responseNonce = response.nonce
          $0.versionInfo = response.version
          $0.resourceNames = ["*"]
        })
    }
  }

  private static func bytes(_ message: some Message) -> [UInt8] {
    // A proto3 message has no field that must be set.
    (try? message.serializedBytes()) ?? []
  }
}
