import EnvoyAPI
import NIOCore
import SwiftProtobuf

/// A resource as a client received it.
package struct ADSResource: Sendable, Hashable {
  package var name: String
  /// The resource's own version; empty in the state-of-the-world protocol.
  package var version: String
  package var typeURL: String
  /// The resource's encoded message.
  package var bytes: [UInt8]
}

/// A response of either protocol, with the time when its last byte was read.
package struct ADSResponse: Sendable {
  package var typeURL: String
  package var nonce: String
  /// `version_info` or `system_version_info`.
  package var version: String
  package var resources: [ADSResource]
  /// Names that are gone; always empty in the state-of-the-world protocol.
  package var removed: [String]
  /// The length of the whole message, in bytes.
  package var length: Int
  package var receivedAt: ContinuousClock.Instant

  /// The names of ``resources``, sorted.
  package var names: [String] { resources.map(\.name).sorted() }
}

/// The two protocols of the aggregated discovery service.
package enum ADSProtocol: Sendable {
  case delta, stateOfTheWorld

  var path: String {
    let service = "/envoy.service.discovery.v3.AggregatedDiscoveryService"
    return switch self {
    case .delta: "\(service)/DeltaAggregatedResources"
    case .stateOfTheWorld: "\(service)/StreamAggregatedResources"
    }
  }

  /// Reads a response.
  func read(_ message: ByteBuffer, at time: ContinuousClock.Instant) throws -> ADSResponse {
    let bytes = Array(message.readableBytesView)
    switch self {
    case .delta:
      let wire = try Envoy_Service_Discovery_V3_DeltaDiscoveryResponse(serializedBytes: bytes)
      return ADSResponse(
        typeURL: wire.typeURL, nonce: wire.nonce, version: wire.systemVersionInfo,
        resources: wire.resources.map {
          ADSResource(
            name: $0.name, version: $0.version, typeURL: $0.resource.typeURL, bytes: Array($0.resource.value))
        },
        removed: wire.removedResources, length: bytes.count, receivedAt: time)
    case .stateOfTheWorld:
      let wire = try Envoy_Service_Discovery_V3_DiscoveryResponse(serializedBytes: bytes)
      return ADSResponse(
        typeURL: wire.typeURL, nonce: wire.nonce, version: wire.versionInfo,
        resources: try wire.resources.map {
          let value = Array($0.value)
          return ADSResource(
            name: try resourceName(value, typeURL: $0.typeURL), version: "", typeURL: $0.typeURL, bytes: value)
        },
        removed: [], length: bytes.count, receivedAt: time)
    }
  }
}

/// The name inside a resource's message: its first field, in all four types.
private func resourceName(_ value: [UInt8], typeURL: String) throws -> String {
  switch typeURL {
  case ADSTypeURL.cluster: try Envoy_Config_Cluster_V3_Cluster(serializedBytes: value).name
  case ADSTypeURL.endpoint: try Envoy_Config_Endpoint_V3_ClusterLoadAssignment(serializedBytes: value).clusterName
  case ADSTypeURL.listener: try Envoy_Config_Listener_V3_Listener(serializedBytes: value).name
  case ADSTypeURL.route: try Envoy_Config_Route_V3_RouteConfiguration(serializedBytes: value).name
  default: ""
  }
}

/// The type URLs of Envoy's API, as a client writes them.
package enum ADSTypeURL {
  package static let cluster = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
  package static let endpoint = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"
  package static let listener = "type.googleapis.com/envoy.config.listener.v3.Listener"
  package static let route = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
  package static let all = [cluster, endpoint, listener, route]
}

/// Why a client got no response.
package enum ADSClientError: Error, Equatable, CustomStringConvertible {
  /// Nothing came in time.
  case timedOut(after: Duration)
  /// The server ended the stream; `nil` is a reset or a lost connection.
  case ended(status: Int?, message: String)
  /// What came is not gRPC or not a response.
  case malformed(String)

  package var description: String {
    switch self {
    case .timedOut(let limit): "no response within \(limit)"
    case .ended(let status?, let message): "the stream ended with gRPC status \(status): \(message)"
    case .ended(nil, let message): "the stream broke: \(message)"
    case .malformed(let what): what
    }
  }
}
