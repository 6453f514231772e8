import FoundationEssentials

/// Reads protobuf's wire format as far as messages, strings and bytes go.
enum ProtobufReader {
  struct Field {
    let number: Int
    let bytes: ArraySlice<UInt8>

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var base64: String { Data(bytes).base64EncodedString() }
  }

  /// The length-delimited fields of a message, in order; others are passed over. nil if the bytes are no message.
  static func lengthDelimited(_ bytes: ArraySlice<UInt8>) -> [Field]? {
    var rest = bytes
    var fields: [Field] = []
    while !rest.isEmpty {
      guard let tag = varint(&rest) else { return nil }
      switch tag & 7 {
      case 0:
        guard varint(&rest) != nil else { return nil }
      case 1:
        guard rest.count >= 8 else { return nil }
        rest = rest.dropFirst(8)
      case 2:
        guard let length = varint(&rest), length <= UInt64(rest.count) else { return nil }
        fields.append(Field(number: Int(truncatingIfNeeded: tag >> 3), bytes: rest.prefix(Int(length))))
        rest = rest.dropFirst(Int(length))
      case 5:
        guard rest.count >= 4 else { return nil }
        rest = rest.dropFirst(4)
      default:
        return nil
      }
    }
    return fields
  }

  private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: 0, through: 63, by: 7) {
      guard let byte = bytes.popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return value }
    }
    return nil
  }
}
