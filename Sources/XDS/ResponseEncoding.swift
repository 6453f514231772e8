import NIOCore

/// The wire form of discovery responses, written field by field so that the resources' bytes are only copied.
///
/// `DiscoveryResponse` and `DeltaDiscoveryResponse` number the fields in use alike: 1 version, 2 resources, 4 type URL,
/// 5 nonce; 6 in the latter is the names of what was removed. The order of fields is free in protobuf, so the nonce,
/// which differs from stream to stream, goes first in a buffer of its own.
enum ResponseEncoding {
  /// The field that belongs to one stream.
  static func head(nonce: String) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.writeField(5, nonce)
    return buffer
  }

  /// The fields that streams share.
  static func body(of transition: Transition) -> ByteBuffer {
    let typeURL = transition.type.typeURL
    var length = 64 + typeURL.utf8.count
    for resource in transition.resources {
      length += resource.bytes.count + typeURL.utf8.count + resource.name.utf8.count + 64
    }
    for name in transition.removed {
      length += name.utf8.count + 12
    }
    var buffer = ByteBuffer()
    buffer.reserveCapacity(length)
    buffer.writeField(1, transition.version)
    for resource in transition.resources {
      switch transition.speaking {
      case .delta: buffer.writeResource(2, resource, typeURL)
      case .stateOfTheWorld: buffer.writeAny(2, resource, typeURL)
      }
    }
    buffer.writeField(4, typeURL)
    for name in transition.removed {
      buffer.writeField(6, name)
    }
    return buffer
  }

  /// The whole of a delta response of a type that is not served: nothing by these names exists.
  static func nothing(_ typeURL: String, names: [String], nonce: String) -> ByteBuffer {
    var buffer = head(nonce: nonce)
    buffer.writeField(4, typeURL)
    for name in names {
      buffer.writeField(6, name)
    }
    return buffer
  }
}

extension ByteBuffer {
  fileprivate mutating func writeField(_ number: Int, _ text: String) {
    writeKey(number, length: text.utf8.count)
    writeString(text)
  }

  /// `google.protobuf.Any`: 1 type URL, 2 value.
  fileprivate mutating func writeAny(_ number: Int, _ resource: EncodedResource, _ typeURL: String) {
    writeKey(number, length: Self.lengthOfAny(resource, typeURL))
    writeField(1, typeURL)
    writeKey(2, length: resource.bytes.count)
    writeBytes(resource.bytes)
  }

  /// `Resource` of the discovery service: 1 version, 2 resource, 3 name.
  fileprivate mutating func writeResource(_ number: Int, _ resource: EncodedResource, _ typeURL: String) {
    let version = resource.version
    let length =
      Self.lengthOfField(version.utf8.count) + Self.lengthOfField(Self.lengthOfAny(resource, typeURL))
      + Self.lengthOfField(resource.name.utf8.count)
    writeKey(number, length: length)
    writeField(1, version)
    writeAny(2, resource, typeURL)
    writeField(3, resource.name)
  }

  /// The key of a length-delimited field and its length.
  private mutating func writeKey(_ number: Int, length: Int) {
    writeInteger(UInt8(number << 3 | 2))
    var rest = length
    while rest >= 0x80 {
      writeInteger(UInt8(rest & 0x7F | 0x80))
      rest >>= 7
    }
    writeInteger(UInt8(rest))
  }

  private static func lengthOfAny(_ resource: EncodedResource, _ typeURL: String) -> Int {
    lengthOfField(typeURL.utf8.count) + lengthOfField(resource.bytes.count)
  }

  /// The length of a field with its key, for field numbers up to 15.
  private static func lengthOfField(_ length: Int) -> Int {
    1 + (Int.bitWidth - length.leadingZeroBitCount + 6) / 7 + length + (length == 0 ? 1 : 0)
  }
}
