import Logging
import NIOCore
import NIOHTTP2

/// Watches over one HTTP/2 connection: keepalive, age, the graceful end. Sits behind the HTTP/2 handler, and is
/// confined to the channel's event loop.
///
/// NIOHTTP2's own connection management waits for a PING's answer before a grace time starts, so a dead client would
/// stay; and it can end streams only by closing, where gRPC's clients deserve a status.
final class GRPCConnectionHandler: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame
  typealias InboundOut = HTTP2Frame
  typealias OutboundOut = HTTP2Frame

  /// How long a close waits for what was written before, and for the client's close.
  private static let closeDelay = TimeAmount.milliseconds(100)

  private let configuration: GRPCServer.Configuration
  let logger: Logger
  private let isShuttingDown: @Sendable () -> Bool
  private var machine: GRPCConnectionStateMachine
  private var streams: [ObjectIdentifier: GRPCStreamHandler] = [:]
  private var context: ChannelHandlerContext?

  private var handshakeTimer: Scheduled<Void>?
  private var keepaliveTimer: Scheduled<Void>?
  private var ageTimer: Scheduled<Void>?
  private var graceTimer: Scheduled<Void>?
  private var graceEndsAt: NIODeadline?
  private var hasStarted = false

  /// - Parameters:
  ///   - handshakeTimer: Closes the connection unless the client greets in HTTP/2 before; cancelled when it does.
  ///   - isShuttingDown: Asked once at the start, for a connection that was in its handshake when the shutdown began.
  init(
    configuration: GRPCServer.Configuration, eventLoop: any EventLoop, handshakeTimer: Scheduled<Void>, logger: Logger,
    isShuttingDown: @escaping @Sendable () -> Bool
  ) {
    self.configuration = configuration
    self.handshakeTimer = handshakeTimer
    self.logger = logger
    self.isShuttingDown = isShuttingDown
    self.machine = GRPCConnectionStateMachine(
      keepaliveInterval: configuration.keepaliveInterval ?? .nanoseconds(.max),
      keepaliveTimeout: configuration.keepaliveTimeout, now: eventLoop.now)
  }

  // MARK: Channel events

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if context.channel.isActive { start(context) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
  }

  func channelActive(context: ChannelHandlerContext) {
    start(context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    for timer in [keepaliveTimer, ageTimer, graceTimer] { timer?.cancel() }
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // The first frame of a client is its SETTINGS.
    handshakeTimer?.cancel()
    handshakeTimer = nil
    if case .ping(let data, ack: true) = unwrapInboundIn(data).payload {
      perform(machine.receivedPingAnswer(data))
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    // Frames of streams do not come this way, but the end of each read does.
    machine.received(at: context.eventLoop.now)
    context.fireChannelReadComplete()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent { drain(grace: configuration.shutdownGrace) }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard HTTP2ErrorScope.endsConnection(error) else { return }
    logger.debug("a gRPC connection failed", metadata: ["error": "\(error)"])
    context.close(promise: nil)
  }

  // MARK: Streams

  func streamOpened(_ stream: GRPCStreamHandler, id: HTTP2StreamID?) {
    streams[ObjectIdentifier(stream)] = stream
    machine.streamOpened(id)
  }

  func streamClosed(_ stream: GRPCStreamHandler) {
    streams[ObjectIdentifier(stream)] = nil
    perform(machine.streamClosed())
  }

  // MARK: Timers

  private func start(_ context: ChannelHandlerContext) {
    guard !hasStarted else { return }
    hasStarted = true
    if configuration.keepaliveInterval != nil { checkKeepalive() }
    if let age = configuration.maximumConnectionAge {
      let jittered = TimeAmount.nanoseconds(Int64(Double(age.nanoseconds) * .random(in: 0.9...1.1)))
      ageTimer = context.eventLoop.assumeIsolated().scheduleTask(in: jittered) {
        self.drain(grace: self.configuration.maximumConnectionAgeGrace)
      }
    }
    if isShuttingDown() { drain(grace: configuration.shutdownGrace) }
  }

  private func checkKeepalive() {
    guard let context else { return }
    let next: NIODeadline
    switch machine.checkKeepalive(at: context.eventLoop.now) {
    case .check(let at): next = at
    case .ping(let data, let checkAt):
      write(.ping(data, ack: false), context: context)
      context.flush()
      next = checkAt
    case .close:
      logger.debug("a gRPC client answers no ping and is taken for dead")
      context.close(promise: nil)
      return
    }
    keepaliveTimer = context.eventLoop.assumeIsolated().scheduleTask(deadline: next) { self.checkKeepalive() }
  }

  private func drain(grace: TimeAmount) {
    perform(machine.drain(grace: grace))
  }

  private func startGrace(_ grace: TimeAmount, context: ChannelHandlerContext) {
    let end = context.eventLoop.now + grace
    if let graceEndsAt, graceEndsAt <= end { return }
    graceEndsAt = end
    graceTimer?.cancel()
    graceTimer = context.eventLoop.assumeIsolated().scheduleTask(deadline: end) {
      self.perform(self.machine.graceEnded())
    }
  }

  // MARK: Actions

  private func perform(_ actions: [GRPCConnectionStateMachine.Action]) {
    guard let context, !actions.isEmpty else { return }
    for action in actions {
      switch action {
      case .goAway(let lastStream):
        write(.goAway(lastStreamID: lastStream, errorCode: .noError, opaqueData: nil), context: context)
      case .ping(let data): write(.ping(data, ack: false), context: context)
      case .startGrace(let grace): startGrace(grace, context: context)
      case .finishCalls: finishCalls()
      case .close: close(context)
      }
    }
    context.flush()
  }

  private func write(_ payload: HTTP2Frame.FramePayload, context: ChannelHandlerContext) {
    context.write(wrapOutboundOut(HTTP2Frame(streamID: .rootStream, payload: payload)), promise: nil)
  }

  private func finishCalls() {
    for stream in streams.values {
      stream.finish(GRPCStatus(.unavailable, "the server closes this connection; connect again"))
      stream.flush()
    }
  }

  /// Closes behind what is written: a PING's promise is fulfilled when all before it has left for the client.
  ///
  /// Only the sending side at first. To close both while the client still sends makes TCP discard what the client has
  /// not read yet, its calls' statuses too; so the client's own close is waited for, for a little while.
  private func close(_ context: ChannelHandlerContext) {
    let written = context.eventLoop.makePromise(of: Void.self)
    let ping = HTTP2Frame(
      streamID: .rootStream, payload: .ping(GRPCConnectionStateMachine.drainPing, ack: false))
    context.write(wrapOutboundOut(ping), promise: written)
    written.futureResult.assumeIsolated().whenComplete { _ in self.context?.close(mode: .output, promise: nil) }
    context.eventLoop.assumeIsolated().scheduleTask(in: Self.closeDelay) { self.context?.close(promise: nil) }
  }
}
