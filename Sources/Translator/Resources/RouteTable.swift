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
    bytes.reserveCapacity(bytes.count + 16 + virtualHosts.reduce(0) { $0 + $1.encoded.count + 8 })
    for host in virtualHosts { bytes.appendField(2, host.encoded) }
    bytes += Envoy_Config_Route_V3_RouteConfiguration.with { $0.ignorePortInHostMatching = true }.encoded
    self.bytes = bytes
  }

  /// One without any virtual host.
  package init(empty name: String) { self.init(name: name, []) }

  /// The message.
  package var message: Envoy_Config_Route_V3_RouteConfiguration {
    // The bytes are of this program's own making; a test holds them to be what the message is encoded to.
    (try? Envoy_Config_Route_V3_RouteConfiguration(serializedBytes: bytes)) ?? .with { $0.name = name }
  }
}

/// One virtual host of a route configuration, encoded. It is put together once, and copied into every table that has it.
struct VirtualHost: Sendable {
  let encoded: [UInt8]

  /// - Parameter routes: encoded, in the order in which they are tried.
  init(name: String, domains: [String], routes: [[UInt8]]) {
    // Fields in the order of their numbers: 1 name, 2 domains, 3 routes.
    var bytes: [UInt8] = []
    bytes.reserveCapacity(
      domains.reduce(name.utf8.count + 8) { $0 + $1.utf8.count + 8 } + routes.reduce(0) { $0 + $1.count + 8 })
    bytes.appendField(1, name.utf8)
    for domain in domains { bytes.appendField(2, domain.utf8) }
    for route in routes { bytes.appendField(3, route) }
    encoded = bytes
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
  fileprivate mutating func appendField(_ number: UInt8, _ content: some Collection<UInt8>) {
    append(number << 3 | 2)
    var rest = content.count
    while rest >= 0x80 {
      append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
    self += content
  }
}
