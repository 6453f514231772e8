import FoundationEssentials
package import SwiftProtobuf

extension Google_Protobuf_Any {
  /// Packs a message, always into the same bytes: `Google_Protobuf_Any(message:)` would leave the order of map fields
  /// to chance.
  package init(packing message: some Message) {
    self.init()
    var options = BinaryEncodingOptions()
    options.useDeterministicOrdering = true
    typeURL = "type.googleapis.com/\(type(of: message).protoMessageName)"
    // Encoding fails only for a message of over 2 GiB; Envoy would refuse the empty one by its name.
    value = (try? message.serializedBytes(partial: true, options: options)) ?? Data()
  }
}
