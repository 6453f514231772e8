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
/// A server that is ended no longer takes connections, nor requests from its connections. What comes in that moment, a
/// connection, or a request on one of HTTP/2, then trips a precondition of NIO ("Deinited NIOAsyncWriter without calling
/// finish()"), which ends the process of the tests.
struct ShuttableChannel<Base: ServerChildChannel>: ServerChildChannel {
  typealias Value = AcceptedConnection<Base>

  let base: Base
  let valve: Valve

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    do {
      try channel.pipeline.syncOperations.addHandler(ValveHandler(valve), position: .first)
    } catch {
      return channel.eventLoop.makeFailedFuture(error)
    }
    return base.setup(channel: channel, logger: logger).map { value in
      AcceptedConnection(value, of: base, channel: channel, logger: logger)
    }
  }

  @concurrent func handle(value: Value, logger: Logger) async {
    guard let connection = value.take() else { return }
    await base.handle(value: connection, logger: logger)
  }
}

/// A connection that was accepted, until somebody takes it.
final class AcceptedConnection<Base: ServerChildChannel>: ServerChildChannelValue {
  let channel: any Channel
  private let base: Base
  private let logger: Logger
  private let value: Mutex<Base.Value?>

  init(_ value: Base.Value, of base: Base, channel: any Channel, logger: Logger) {
    (self.channel, self.base, self.logger) = (channel, base, logger)
    self.value = Mutex(value)
  }

  func take() -> Base.Value? {
    value.withLock { value in
      defer { value = nil }
      return value
    }
  }

  deinit {
    // The server was ended before it took it. Nobody is left to wait for the end of this task, which is at hand.
    guard let value = take() else { return }
    Task { [channel, base, logger] in
      channel.close(promise: nil)
      await base.handle(value: value, logger: logger)
    }
  }
}

private final class ValveHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let valve: Valve

  init(_ valve: Valve) { self.valve = valve }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if valve.isOpen { context.fireChannelRead(data) }
  }
}
