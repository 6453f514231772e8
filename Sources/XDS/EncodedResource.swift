import Crypto
import EnvoyAPI
package import SwiftProtobuf

/// One resource of a Gateway, encoded once; all responses that carry it copy these bytes.
package struct EncodedResource: Sendable, Hashable {
  package let type: ResourceType
  package let name: String

  /// The encoded message, not wrapped in `google.protobuf.Any`. No buffer, which would take up to twice the memory.
  package let bytes: [UInt8]

  /// The hash of name and bytes; ``version`` is its hexadecimal form.
  let digest: UInt64

  /// For a cluster with endpoint discovery, the name of the endpoint resource that it takes its endpoints from.
  ///
  /// Envoy warms a changed cluster until it hears of these endpoints again, and over the delta protocol it does not
  /// ask for them, so whoever sends the cluster has to send them too.
  let endpointName: String?

  /// Encodes a resource deterministically: equal messages give equal bytes and versions, on every replica and after
  /// every restart.
  ///
  /// - Throws: `BinaryEncodingError` if the message lacks a required field.
  package init(type: ResourceType, name: String, message: some SwiftProtobuf.Message) throws {
    var options = BinaryEncodingOptions()
    options.useDeterministicOrdering = true
    let bytes: [UInt8] = try message.serializedBytes(options: options)
    self.init(type: type, name: name, bytes: bytes, endpointName: Self.endpointName(of: message))
  }

  /// Takes a message that is encoded already, deterministically.
  ///
  /// - Parameter endpointName: for a cluster with endpoint discovery, the name of its endpoint resource.
  package init(type: ResourceType, name: String, bytes: [UInt8], endpointName: String? = nil) {
    self.type = type
    self.name = name
    self.bytes = bytes
    self.endpointName = endpointName
    var hash = SHA256()
    hash.update(data: Array(name.utf8))
    hash.update(data: [0])
    hash.update(data: bytes)
    digest = hash.finalize().prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The hash of the name and content, SHA-256 cut to 16 hexadecimal digits.
  package var version: String { hexadecimal(digest) }

  /// Whether a name stands in the resource, as that of a cluster does in a listener that logs to it. Goes through all of
  /// the bytes, and takes a name that only begins alike for the name.
  package func mentions(_ name: String) -> Bool {
    let name = Array(name.utf8)
    return bytes.withUnsafeBytes { bytes in
      guard let first = name.first, name.count <= bytes.count else { return false }
      return (0...(bytes.count - name.count)).contains { start in
        bytes[start] == first && bytes[start..<(start + name.count)].elementsEqual(name)
      }
    }
  }

  private static func endpointName(of message: some SwiftProtobuf.Message) -> String? {
    guard let cluster = message as? Envoy_Config_Cluster_V3_Cluster, cluster.type == .eds else { return nil }
    let name = cluster.edsClusterConfig.serviceName
    return name.isEmpty ? cluster.name : name
  }

  // The digest stands for the bytes.
  package static func == (left: EncodedResource, right: EncodedResource) -> Bool {
    left.digest == right.digest && left.type == right.type && left.name == right.name
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(digest)
  }
}

/// 16 hexadecimal digits.
func hexadecimal(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 16 - digits.utf8.count) + digits
}
