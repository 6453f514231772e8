import NIOCore

/// Puts the length prefix before a message (gRPC over HTTP/2, "Length-Prefixed-Message").
enum GRPCMessageFramer {
  /// Messages up to this length are copied behind their prefix: one small copy is cheaper than a frame of its own.
  /// The body of a longer one is shared, so that a message that waits for many slow clients is in memory once.
  static let copyLimit = 8 << 10

  /// The bytes of a message made of `head` and `body`: one buffer, or one that ends with the head and the body as it
  /// is. `nil` for a message that is too long for gRPC's 32-bit length.
  static func frame(
    head: ByteBuffer?, body: ByteBuffer, allocator: ByteBufferAllocator
  ) -> (first: ByteBuffer, shared: ByteBuffer?)? {
    let headLength = head?.readableBytes ?? 0
    guard let length = UInt32(exactly: headLength + body.readableBytes) else { return nil }
    let copiesBody = length <= copyLimit
    var first = allocator.buffer(
      capacity: GRPCMessageDeframer.prefixLength + (copiesBody ? Int(length) : headLength))
    first.writeInteger(UInt8(0))
    first.writeInteger(length)
    if let head { first.writeImmutableBuffer(head) }
    if copiesBody { first.writeImmutableBuffer(body) }
    return (first, copiesBody ? nil : body)
  }
}
