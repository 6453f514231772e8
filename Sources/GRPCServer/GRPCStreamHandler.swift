import NIOCore
import NIOHPACK
import NIOHTTP2

/// Carries one call over one HTTP/2 stream channel: frames to the state machine, what it says to the call's handler
/// and back. Confined to the channel's event loop.
final class GRPCStreamHandler: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame.FramePayload
  typealias OutboundOut = HTTP2Frame.FramePayload

  private let router: GRPCRouter
  private let connection: GRPCConnectionHandler
  private var machine: GRPCStreamStateMachine
  private var context: ChannelHandlerContext?

  private var call: GRPCCall?
  private var handler: (any GRPCCallHandler)?
  private var deadline: Scheduled<Void>?

  /// How many callbacks of the call's handler are on the stack. What would follow from within one waits for its end.
  private var callbackDepth = 0
  private var closedIsDue = false
  private var isPaused = false
  private var isReading = false
  private var isSending = false
  private var needsFlush = false
  private var lastWritability = true

  init(router: GRPCRouter, limits: GRPCStreamStateMachine.Limits, connection: GRPCConnectionHandler) {
    self.router = router
    self.connection = connection
    self.machine = GRPCStreamStateMachine(limits: limits)
  }

  // MARK: Channel events

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    connection.streamOpened(self, id: try? context.channel.syncOptions?.getOption(HTTP2StreamChannelOptions.streamID))
    if context.channel.isActive { context.read() }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    ended()
    self.context = nil
    connection.streamClosed(self)
  }

  func channelActive(context: ChannelHandlerContext) {
    // Reading is on demand, so that a client can make the server hold no more than its window while a call is paused.
    context.read()
  }

  func channelInactive(context: ChannelHandlerContext) {
    machine.close()
    ended()
    self.context = nil
    if callbackDepth == 0 { deliverClosed() }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    isReading = true
    switch unwrapInboundIn(data) {
    case .headers(let frame):
      received(machine.receive(headers: frame.headers, endStream: frame.endStream), headers: frame.headers)
    case .data(let frame):
      guard case .byteBuffer(let bytes) = frame.data else { return }
      machine.receive(data: bytes, endStream: frame.endStream)
      deliver()
    default:
      // Window updates and the like are HTTP/2's own; resets arrive as the end of the channel.
      break
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReading = false
    if needsFlush { flush() }
    readMore()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    guard !isSending, lastWritability != isWritable else { return }
    lastWritability = isWritable
    guard machine.isOpen else { return }
    callBack { $0.writabilityChanged() }
    // The handler may have taken this as the moment to receive again.
    deliver()
    readMore()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // A stream error has been answered with RST_STREAM, a reset needs no answer: the channel closes by itself.
  }

  // MARK: To the call's handler

  private func received(_ action: GRPCStreamStateMachine.HeadersAction, headers: HPACKHeaders) {
    switch action {
    case .open(let path, let timeout):
      open(path: path, timeout: timeout, headers: headers)
      deliver()
    case .refuse(let answer): end(with: answer)
    case .end: deliver()
    }
  }

  private func open(path: String, timeout: TimeAmount?, headers: HPACKHeaders) {
    guard let context else { return }
    guard let method = router.method(at: path) else {
      finish(GRPCStatus(.unimplemented, "there is no method \(path)"))
      return
    }
    let eventLoop = context.eventLoop
    let request = GRPCRequest(
      path: path, metadata: headers, deadline: timeout.map { eventLoop.now + $0 }, peer: context.channel.remoteAddress)
    if let deadline = request.deadline {
      self.deadline = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.deadlineExceeded() }
    }
    let call = GRPCCall(request: request, eventLoop: eventLoop, logger: connection.logger, stream: self)
    self.call = call
    callbackDepth += 1
    handler = method(call)
    callbackDepth -= 1
    if closedIsDue { deliverClosed() }
  }

  private func callBack(_ body: (any GRPCCallHandler) -> Void) {
    guard let handler else { return }
    callbackDepth += 1
    body(handler)
    callbackDepth -= 1
    if closedIsDue, callbackDepth == 0 { deliverClosed() }
  }

  /// Hands over what has arrived, unless a callback is running: then its caller goes on with this.
  private func deliver() {
    while !isPaused, callbackDepth == 0 {
      switch machine.next() {
      case .message(let message): callBack { $0.received(message) }
      case .end: callBack { $0.receivedEnd() }
      case .refuse(let status): finish(status)
      case .wait: return
      }
    }
  }

  private func readMore() {
    guard !isPaused, !isReading, !machine.clientHasEnded else { return }
    context?.read()
  }

  private func deadlineExceeded() {
    if isWritable {
      finish(GRPCStatus(.deadlineExceeded, "the deadline of the call has passed"))
    } else {
      // A status would wait behind what the client does not read.
      context?.close(promise: nil)
    }
  }

  // MARK: For the call

  var isWritable: Bool {
    machine.isOpen && context?.channel.isWritable == true
  }

  func send(head: ByteBuffer?, body: ByteBuffer) {
    guard let context else { return }
    guard let message = GRPCMessageFramer.frame(head: head, body: body, allocator: context.channel.allocator) else {
      finish(GRPCStatus(.internal, "an answer was too long for gRPC"))
      return
    }
    isSending = true
    switch machine.send() {
    case .drop: break
    case .headersThenMessage(let headers):
      context.write(wrapOutboundOut(.headers(.init(headers: headers))), promise: nil)
      fallthrough
    case .message:
      context.write(wrapOutboundOut(.data(.init(data: .byteBuffer(message.first)))), promise: nil)
      if let shared = message.shared {
        context.write(wrapOutboundOut(.data(.init(data: .byteBuffer(shared)))), promise: nil)
      }
      scheduleFlush()
    }
    isSending = false
    lastWritability = isWritable
  }

  func finish(_ status: GRPCStatus) {
    guard let trailers = machine.finish(status) else { return }
    end(with: trailers)
  }

  func pauseReceiving() {
    isPaused = true
  }

  func resumeReceiving() {
    isPaused = false
    deliver()
    if callbackDepth == 0 { readMore() }
  }

  // MARK: The end

  private func end(with headers: HPACKHeaders) {
    guard let context else { return }
    let payload = HTTP2Frame.FramePayload.headers(.init(headers: headers, endStream: true))
    if machine.clientHasEnded {
      context.write(wrapOutboundOut(payload), promise: nil)
    } else {
      // The client may stop sending once it has the whole answer (RFC 9113 section 8.1); before that a reset would
      // overtake what waits for its flow control window.
      let written = context.eventLoop.makePromise(of: Void.self)
      written.futureResult.assumeIsolated().whenSuccess { self.resetUnlessEnded() }
      context.write(wrapOutboundOut(payload), promise: written)
    }
    scheduleFlush()
    ended()
    if callbackDepth == 0, handler != nil {
      context.eventLoop.assumeIsolated().execute { self.deliverClosed() }
    }
  }

  private func resetUnlessEnded() {
    guard let context, !machine.clientHasEnded else { return }
    context.writeAndFlush(wrapOutboundOut(.rstStream(.noError)), promise: nil)
  }

  /// The call is over, for whatever reason.
  private func ended() {
    deadline?.cancel()
    deadline = nil
    call?.detach()
    call = nil
    closedIsDue = true
  }

  private func deliverClosed() {
    let handler = self.handler
    self.handler = nil
    handler?.closed()
  }

  // MARK: Flushing

  /// All that is sent in one turn of the event loop, or in answer to one burst of reads, goes out with one flush.
  private func scheduleFlush() {
    guard !needsFlush else { return }
    needsFlush = true
    if !isReading { context?.eventLoop.assumeIsolated().execute { self.flush() } }
  }

  /// Flushes now what was sent.
  func flush() {
    guard needsFlush else { return }
    needsFlush = false
    context?.flush()
  }
}
