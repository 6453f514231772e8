import NIOCore

/// Cuts the bytes of a request into messages, however the bytes are split: each message is one flag byte (1 means
/// compressed), its length as four bytes in network order, and its content (gRPC over HTTP/2, "Length-Prefixed-Message").
struct GRPCMessageDeframer {
  enum Step: Equatable {
    case message(ByteBuffer)
    /// The bytes so far hold no further whole message.
    case incomplete
    case refused(GRPCStatus)
  }

  static let prefixLength = 5

  private let maximumMessageLength: Int
  private var pending = ByteBuffer()

  init(maximumMessageLength: Int) {
    self.maximumMessageLength = maximumMessageLength
  }

  /// Whether the bytes so far end in the middle of a message.
  var holdsPartialMessage: Bool { pending.readableBytes > 0 }

  /// Takes further bytes; `next()` cuts them.
  mutating func append(_ bytes: ByteBuffer) {
    if pending.readableBytes == 0 {
      pending = bytes
      return
    }
    // At most once a message, since a message that is still incomplete starts at the reader index from then on.
    pending.discardReadBytes()
    pending.writeImmutableBuffer(bytes)
  }

  /// The next whole message. A message in one piece shares the memory that it came in.
  mutating func next() -> Step {
    guard
      let flag: UInt8 = pending.getInteger(at: pending.readerIndex),
      let length: UInt32 = pending.getInteger(at: pending.readerIndex + 1)
    else { return .incomplete }
    switch flag {
    case 0: break
    case 1: return .refused(GRPCStatus(.unimplemented, "compressed messages are not supported; send them as identity"))
    default: return .refused(GRPCStatus(.internal, "a message starts with the flag \(flag); 0 was expected"))
    }
    // Checked before the content arrives, so that a prefix alone never makes the server hold more than the limit.
    guard length <= maximumMessageLength else {
      return .refused(
        GRPCStatus(
          .resourceExhausted, "a message of \(length) bytes is over the limit of \(maximumMessageLength) bytes"))
    }
    guard pending.readableBytes >= Self.prefixLength + Int(length) else { return .incomplete }
    pending.moveReaderIndex(forwardBy: Self.prefixLength)
    guard let message = pending.readSlice(length: Int(length)) else { return .incomplete }
    if pending.readableBytes == 0 { pending = ByteBuffer() }
    return .message(message)
  }

  /// Lets go of everything that was taken.
  mutating func discard() {
    pending = ByteBuffer()
  }
}
