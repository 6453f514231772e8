import NIOCore
import NIOPosix

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Raw bytes over a connection of their own to a server on the loopback.
package enum LoopbackExchange {
  /// Connects, sends the pieces, and reads until the server closes.
  ///
  /// - Parameters:
  ///   - limit: when it is enough; the server may as well wait for more of a request.
  /// - Returns: what the server sent, at most a mebibyte, and whether it closed by itself.
  package static func send(
    _ pieces: [[UInt8]], toPort port: Int, within limit: Duration
  ) async throws -> (answer: [UInt8], isClosed: Bool) {
    let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    let done = eventLoop.makePromise(of: (ByteBuffer, Bool).self)
    let channel = try await ClientBootstrap(group: eventLoop)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          // The end is a reset, so that a million connections leave no port behind that waits to be free again.
          _ = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
          let collector = Collector(pieces: pieces, done: done, limit: TimeAmount(limit))
          try channel.pipeline.syncOperations.addHandler(collector)
        }
      }
      .connect(host: "127.0.0.1", port: port).get()
    let (answer, isClosed) = try await done.futureResult.get()
    try? await channel.close()
    return (Array(answer.readableBytesView), isClosed)
  }

  private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private static let maximumLength = 1 << 20

    private let pieces: [[UInt8]]
    private let done: EventLoopPromise<(ByteBuffer, Bool)>
    private let limit: TimeAmount
    private var received = ByteBuffer()

    init(pieces: [[UInt8]], done: EventLoopPromise<(ByteBuffer, Bool)>, limit: TimeAmount) {
      self.pieces = pieces
      self.done = done
      self.limit = limit
    }

    func channelActive(context: ChannelHandlerContext) {
      for piece in pieces { context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: piece)), promise: nil) }
      context.eventLoop.assumeIsolated().scheduleTask(in: limit) { self.done.succeed((self.received, false)) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let bytes = unwrapInboundIn(data)
      if received.readableBytes < Self.maximumLength { received.writeImmutableBuffer(bytes) }
    }

    func channelInactive(context: ChannelHandlerContext) { done.succeed((received, true)) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }
}
