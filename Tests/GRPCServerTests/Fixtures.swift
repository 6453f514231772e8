import NIOCore
import NIOHPACK

extension HPACKHeaders {
  /// A well-formed gRPC request.
  static func request(_ path: String) -> HPACKHeaders {
    [
      ":method": "POST", ":scheme": "http", ":path": path, ":authority": "test", "content-type": "application/grpc",
      "te": "trailers",
    ]
  }
}

extension ByteBuffer {
  /// A message as it goes over the wire.
  static func framed(_ message: String, flag: UInt8 = 0, length: UInt32? = nil) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.writeInteger(flag)
    buffer.writeInteger(length ?? UInt32(message.utf8.count))
    buffer.writeString(message)
    return buffer
  }

  static func + (left: ByteBuffer, right: ByteBuffer) -> ByteBuffer {
    var joined = left
    joined.writeImmutableBuffer(right)
    return joined
  }
}
