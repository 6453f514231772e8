import HummingbirdCore
import Logging
import NIOCore
import Synchronization

/// Whether anything of the clients is still listened to.
final class Valve: Sendable {
  private let isShut = Atomic(false)

  var isOpen: Bool { !isShut.load(ordering: .acquiring) }

  func shut() { isShut.store(true, ordering: .releasing) }
  func open() { isShut.store(false, ordering: .releasing) }
}

/// A server's connections, which hear nothing more once the valve is shut.
///
/// A server that is ended no longer takes requests from its connections, and a request that comes on one of HTTP/2 then
/// trips a precondition of NIO ("Deinited NIOAsyncWriter without calling finish()"), which ends the process of the tests.
struct ShuttableChannel<Base: ServerChildChannel>: ServerChildChannel {
  typealias Value = Base.Value

  let base: Base
  let valve: Valve

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
    do {
      try channel.pipeline.syncOperations.addHandler(ValveHandler(valve), position: .first)
    } catch {
      return channel.eventLoop.makeFailedFuture(error)
    }
    return base.setup(channel: channel, logger: logger)
  }

  @concurrent func handle(value: Base.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}

private final class ValveHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let valve: Valve

  init(_ valve: Valve) { self.valve = valve }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if valve.isOpen { context.fireChannelRead(data) }
  }
}
