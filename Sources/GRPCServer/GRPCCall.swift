package import Logging
package import NIOCore

/// The server's side of one open call: what a ``GRPCCallHandler`` answers with.
///
/// A call belongs to its event loop: every member is to be used there, and it is not `Sendable`. After the call has
/// ended, sending and finishing do nothing.
package final class GRPCCall {
  /// What the client asked for.
  package let request: GRPCRequest

  /// The event loop that the call lives on.
  package let eventLoop: any EventLoop

  /// The server's logger.
  package let logger: Logger

  /// Cut when the call has ended, which also breaks the cycle call → stream → handler → call.
  private var stream: GRPCStreamHandler?

  init(request: GRPCRequest, eventLoop: any EventLoop, logger: Logger, stream: GRPCStreamHandler) {
    self.request = request
    self.eventLoop = eventLoop
    self.logger = logger
    self.stream = stream
  }

  /// Whether the client keeps up. While this is false, what is sent waits in memory; a handler that holds back until
  /// ``GRPCCallHandler/writabilityChanged()`` keeps a slow client from costing anything. False after the call's end.
  package var isWritable: Bool {
    stream?.isWritable ?? false
  }

  /// Sends one message. Small ones are copied behind their length prefix; the bytes of large ones are shared.
  ///
  /// What is sent within one turn of the event loop goes out together.
  package func send(_ message: ByteBuffer) {
    stream?.send(head: nil, body: message)
  }

  /// Sends one message made of `head` followed by `sharedBody`, such as a few fields of this stream before a body
  /// that many streams share. A large body is not copied.
  package func send(head: ByteBuffer, sharedBody: ByteBuffer) {
    stream?.send(head: head, body: sharedBody)
  }

  /// Ends the call; what was sent before still goes out. ``GRPCCallHandler/closed()`` follows, never from within
  /// this function.
  package func finish(_ status: GRPCStatus) {
    stream?.finish(status)
  }

  /// Delivers no further message until ``resumeReceiving()``. What the client sends meanwhile is bounded by its flow
  /// control window.
  package func pauseReceiving() {
    stream?.pauseReceiving()
  }

  /// Delivers messages again, those that waited first. They may arrive from within this function, unless it is
  /// called from a callback of the handler: then they follow it.
  package func resumeReceiving() {
    stream?.resumeReceiving()
  }

  /// Cuts the call from its stream.
  func detach() {
    stream = nil
  }
}

/// What happens on one call. All of it is called on the call's event loop and must not block.
package protocol GRPCCallHandler: AnyObject {
  /// The client's next message, whole and uncompressed.
  func received(_ message: ByteBuffer)

  /// The client has sent all it will send; the call is still open for answers.
  func receivedEnd()

  /// ``GRPCCall/isWritable`` changed, other than by the handler's own sending.
  func writabilityChanged()

  /// The call has ended: finished, reset, over its deadline, or its connection was lost. Called exactly once, last.
  func closed()
}
