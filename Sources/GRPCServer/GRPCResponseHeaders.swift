import NIOHPACK

/// The header blocks that a gRPC server sends.
enum GRPCResponseHeaders {
  /// What comes before the first message.
  static let initial = headers(httpStatus: "200")

  /// What ends an answer that has begun.
  static func trailers(_ status: GRPCStatus) -> HPACKHeaders {
    var headers = HPACKHeaders()
    add(status, to: &headers)
    return headers
  }

  /// An answer without messages, as one block ("Trailers-Only").
  static func trailersOnly(_ status: GRPCStatus, httpStatus: String = "200") -> HPACKHeaders {
    var headers = headers(httpStatus: httpStatus)
    add(status, to: &headers)
    return headers
  }

  private static func headers(httpStatus: String) -> HPACKHeaders {
    [":status": httpStatus, "content-type": "application/grpc"]
  }

  private static func add(_ status: GRPCStatus, to headers: inout HPACKHeaders) {
    headers.add(name: "grpc-status", value: String(status.code.rawValue))
    if !status.message.isEmpty {
      headers.add(name: "grpc-message", value: encoded(message: status.message), indexing: .nonIndexable)
    }
    if status.code == .unimplemented {
      // A client whose compression was refused learns from this what it may use instead.
      headers.add(name: "grpc-accept-encoding", value: "identity")
    }
  }

  /// Trailers stay well below the 8 KiB of headers that clients take by default.
  static let maximumEncodedMessageLength = 4096

  /// A status message as `grpc-message` carries it: printable ASCII but `%` as it is, all else as `%XX` of its UTF-8
  /// bytes (gRPC over HTTP/2, "Percent-Encoded"). Cut between characters when it would be too long.
  static func encoded(message: String) -> String {
    var encoded: [UInt8] = []
    for character in message {
      let start = encoded.count
      for byte in character.utf8 { append(byte, to: &encoded) }
      if encoded.count > maximumEncodedMessageLength {
        encoded.removeSubrange(start...)
        break
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  private static func append(_ byte: UInt8, to encoded: inout [UInt8]) {
    if 0x20...0x7E ~= byte, byte != UInt8(ascii: "%") {
      encoded.append(byte)
    } else {
      encoded += [UInt8(ascii: "%"), hexadecimalDigit(byte >> 4), hexadecimalDigit(byte & 0xF)]
    }
  }

  private static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
  }
}
