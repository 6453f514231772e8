import NIOCore
import NIOHPACK
import NIOHTTP2

/// The channel handler of one stream: takes messages apart, keeps those that nobody waits for, answers by itself when
/// told to.
final class ADSClientHandler: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame.FramePayload
  typealias OutboundOut = HTTP2Frame.FramePayload

  private struct Waiter {
    let promise: EventLoopPromise<ADSResponse>
    let timeout: Scheduled<Void>
  }

  /// Older responses than this many are dropped when nobody takes them.
  private let capacity = 4096

  private let speaking: ADSProtocol
  private let eventLoop: any EventLoop
  private var context: ChannelHandlerContext?
  private var buffer = ByteBuffer()
  private var responses: CircularBuffer<ADSResponse> = []
  private var waiters: [Int: Waiter] = [:]
  private var order: CircularBuffer<Int> = []
  private var lastWaiter = 0
  private var end: ADSClientError?
  private(set) var received = 0

  /// Called with each response before it is kept.
  var onResponse: ((ADSResponse) -> Void)?

  init(speaking: ADSProtocol, eventLoop: any EventLoop) {
    self.speaking = speaking
    self.eventLoop = eventLoop
  }

  // MARK: The stream's side

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    onResponse = nil
    finish(.ended(status: nil, message: "the stream is closed"))
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .data(let frame):
      guard case .byteBuffer(var bytes) = frame.data else { return }
      buffer.writeBuffer(&bytes)
      readMessages()
    case .headers(let frame):
      guard let status = frame.headers.first(name: "grpc-status") else { return }
      finish(.ended(status: Int(status), message: frame.headers.first(name: "grpc-message") ?? ""))
    case .rstStream(let code):
      finish(.ended(status: nil, message: "reset with \(code)"))
    default: break
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    finish(.ended(status: nil, message: "\(error)"))
    context.close(promise: nil)
  }

  private func readMessages() {
    while let length = buffer.getInteger(at: buffer.readerIndex + 1, as: UInt32.self),
      buffer.readableBytes >= 5 + Int(length)
    {
      buffer.moveReaderIndex(forwardBy: 5)
      guard let message = buffer.readSlice(length: Int(length)) else { return }
      do {
        take(try speaking.read(message, at: .now))
      } catch {
        finish(.malformed("a message is not a discovery response: \(error)"))
      }
    }
    buffer.discardReadBytes()
  }

  private func take(_ response: ADSResponse) {
    received += 1
    onResponse?(response)
    while let id = order.popFirst() {
      guard let waiter = waiters.removeValue(forKey: id) else { continue }
      waiter.timeout.cancel()
      return waiter.promise.succeed(response)
    }
    if responses.count == capacity { responses.removeFirst() }
    responses.append(response)
  }

  private func finish(_ error: ADSClientError) {
    guard end == nil else { return }
    end = error
    for waiter in waiters.values {
      waiter.timeout.cancel()
      waiter.promise.fail(error)
    }
    waiters = [:]
  }

  // MARK: The script's side

  func send(_ message: [UInt8]) {
    guard let context else { return }
    var buffer = ByteBuffer()
    buffer.reserveCapacity(5 + message.count)
    buffer.writeInteger(UInt8(0))
    buffer.writeInteger(UInt32(message.count))
    buffer.writeBytes(message)
    context.writeAndFlush(wrapOutboundOut(.data(.init(data: .byteBuffer(buffer)))), promise: nil)
  }

  func sendEnd() {
    let empty = HTTP2Frame.FramePayload.Data(data: .byteBuffer(ByteBuffer()), endStream: true)
    context?.writeAndFlush(wrapOutboundOut(.data(empty)), promise: nil)
  }

  func next(within limit: Duration) -> EventLoopFuture<ADSResponse> {
    if let response = responses.popFirst() { return eventLoop.makeSucceededFuture(response) }
    if let end { return eventLoop.makeFailedFuture(end) }
    lastWaiter += 1
    let id = lastWaiter
    let promise = eventLoop.makePromise(of: ADSResponse.self)
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    let timeout = eventLoop.scheduleTask(in: TimeAmount(limit)) {
      bound.value.waiters.removeValue(forKey: id)?.promise.fail(ADSClientError.timedOut(after: limit))
      return
    }
    waiters[id] = Waiter(promise: promise, timeout: timeout)
    order.append(id)
    return promise.futureResult
  }
}
