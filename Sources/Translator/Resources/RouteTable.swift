package import EnvoyAPI
import SwiftProtobuf

/// A route configuration in its encoded form. It is put together from the encoded routes, which are most of it: to make
/// messages of a thousand routes and encode them takes ten times as long, and nearly always all but one are as before.
package struct RouteTable: Sendable, Hashable {
  package let name: String
  /// An `envoy.config.route.v3.RouteConfiguration`, as SwiftProtobuf encodes it deterministically.
  package let bytes: [UInt8]

  /// - Parameter virtualHosts: in the order in which they are to stand.
  init(name: String, _ virtualHosts: [VirtualHost]) {
    self.name = name
    // Fields in the order of their numbers: 1 name, 2 virtual hosts, 14 ignore_port_in_host_matching.
    var bytes = Envoy_Config_Route_V3_RouteConfiguration.with { $0.name = name }.encoded
    bytes.reserveCapacity(bytes.count + 16 + virtualHosts.reduce(0) { $0 + $1.length + 8 })
    for host in virtualHosts { bytes.appendField(2, length: host.length, host.append) }
    bytes += Envoy_Config_Route_V3_RouteConfiguration.with { $0.ignorePortInHostMatching = true }.encoded
    self.bytes = bytes
  }

  /// The message.
  package var message: Envoy_Config_Route_V3_RouteConfiguration {
    // The bytes are of this program's own making; a test holds them to be what the message is encoded to.
    (try? Envoy_Config_Route_V3_RouteConfiguration(serializedBytes: bytes)) ?? .with { $0.name = name }
  }
}

/// One virtual host of a route configuration.
struct VirtualHost {
  let name: String
  let domains: [String]
  /// Encoded, in the order in which they are tried.
  let routes: [[UInt8]]

  /// Of the encoded message.
  var length: Int {
    var length = [UInt8].lengthOfField(name.utf8.count)
    for domain in domains { length += [UInt8].lengthOfField(domain.utf8.count) }
    for route in routes { length += [UInt8].lengthOfField(route.count) }
    return length
  }

  /// Adds the encoded message, its fields in the order of their numbers: 1 name, 2 domains, 3 routes.
  func append(to bytes: inout [UInt8]) {
    bytes.appendField(1, length: name.utf8.count) { $0 += name.utf8 }
    for domain in domains { bytes.appendField(2, length: domain.utf8.count) { $0 += domain.utf8 } }
    for route in routes { bytes.appendField(3, length: route.count) { $0 += route } }
  }
}

extension Message {
  /// The message's bytes: equal messages give equal ones.
  var encoded: [UInt8] {
    var options = BinaryEncodingOptions()
    options.useDeterministicOrdering = true
    // Only a proto2 message can lack a required field, and Envoy's API has none.
    return (try? serializedBytes(options: options)) ?? []
  }
}

extension [UInt8] {
  /// Adds a length-delimited field of a number up to 15.
  fileprivate mutating func appendField(_ number: UInt8, length: Int, _ content: (inout [UInt8]) -> Void) {
    append(number << 3 | 2)
    var rest = length
    while rest >= 0x80 {
      append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
    content(&self)
  }

  /// What such a field takes with its key.
  fileprivate static func lengthOfField(_ length: Int) -> Int {
    1 + Swift.max(1, (Int.bitWidth - length.leadingZeroBitCount + 6) / 7) + length
  }
}
