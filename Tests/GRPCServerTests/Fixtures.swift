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

/// The same numbers in every run, so that a failure can be repeated (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
