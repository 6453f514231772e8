import NIOCore
import Testing

@testable import GRPCServer

@Suite("Putting the prefix before a message")
struct MessageFramerTests {
  private func address(of buffer: ByteBuffer) -> UnsafeRawPointer? {
    buffer.withUnsafeReadableBytes { $0.baseAddress }
  }

  @Test("a small message is one buffer with its prefix", arguments: [0, 1, 100, GRPCMessageFramer.copyLimit])
  func small(length: Int) throws {
    let body = ByteBuffer(repeating: 7, count: length)
    let frame = try #require(GRPCMessageFramer.frame(head: nil, body: body, allocator: ByteBufferAllocator()))
    #expect(frame.shared == nil)
    #expect(frame.first.readableBytes == 5 + length)
    #expect(frame.first.getBytes(at: 0, length: 5) == [0, 0, 0, UInt8(length >> 8), UInt8(length & 0xFF)])
    #expect(frame.first.getSlice(at: 5, length: length) == body)
  }

  @Test("a small head and body are one message")
  func headAndBody() throws {
    let frame = try #require(
      GRPCMessageFramer.frame(
        head: ByteBuffer(string: "nonce"), body: ByteBuffer(string: "body"), allocator: ByteBufferAllocator()))
    #expect(frame.first == .framed("noncebody"))
    #expect(frame.shared == nil)
  }

  @Test("the body of a large message is shared, not copied")
  func large() throws {
    let body = ByteBuffer(repeating: 7, count: 1 << 20)
    let head = ByteBuffer(string: "head")
    let frame = try #require(GRPCMessageFramer.frame(head: head, body: body, allocator: ByteBufferAllocator()))
    let shared = try #require(frame.shared)
    #expect(address(of: shared) == address(of: body))
    #expect(shared == body)
    #expect(frame.first == .framed("head", length: (1 << 20) + 4))
  }
}
