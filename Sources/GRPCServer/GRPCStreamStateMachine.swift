import NIOCore
import NIOHPACK

/// gRPC's protocol on one HTTP/2 stream, server side, without any I/O: what the client sent goes in, what is to be
/// done comes out.
struct GRPCStreamStateMachine {
  /// What a client may make a stream hold, in bytes.
  struct Limits {
    var message: Int
    var headerList: Int
  }

  private enum Inbound {
    case expectingHeaders
    case open
    /// The client's END_STREAM came; whole messages and the end itself may still wait to be taken.
    case ended
    case endTaken
  }

  private enum Outbound {
    case idle
    case streaming
    case ended
  }

  private let limits: Limits
  private var deframer: GRPCMessageDeframer
  private var inbound = Inbound.expectingHeaders
  private var outbound = Outbound.idle

  init(limits: Limits) {
    self.limits = limits
    self.deframer = GRPCMessageDeframer(maximumMessageLength: limits.message)
  }

  /// Whether answers can still be sent.
  var isOpen: Bool { outbound != .ended }

  /// Whether the client has sent its last frame.
  var clientHasEnded: Bool { inbound == .ended || inbound == .endTaken }

  // MARK: From the client

  enum HeadersAction: Equatable {
    /// A request for a method, which the caller routes.
    case open(path: String, timeout: TimeAmount?)
    /// Not a request that can be served: this block is the whole answer.
    case refuse(HPACKHeaders)
    /// Trailers of the client: gRPC gives them no meaning beyond the end of the stream.
    case end
  }

  /// The client sent a header block.
  mutating func receive(headers: HPACKHeaders, endStream: Bool) -> HeadersAction {
    guard inbound == .expectingHeaders else {
      if endStream, inbound == .open { inbound = .ended }
      return .end
    }
    inbound = endStream ? .ended : .open
    guard isOpen else { return .end }
    switch GRPCRequestHeaders.check(headers, maximumLength: limits.headerList) {
    case .success(let request):
      return .open(path: request.path, timeout: request.timeout)
    case .failure(let refusal):
      end()
      return .refuse(GRPCResponseHeaders.trailersOnly(refusal.status, httpStatus: refusal.httpStatus))
    }
  }

  /// The client sent the content of a DATA frame.
  mutating func receive(data: ByteBuffer, endStream: Bool) {
    guard inbound == .open else { return }
    if endStream { inbound = .ended }
    // After the answer's end the rest of the request is of no interest.
    if isOpen { deframer.append(data) }
  }

  enum InboundAction: Equatable {
    case message(ByteBuffer)
    /// The client has half-closed, and all its messages are taken.
    case end
    /// Nothing to deliver before the client sends more.
    case wait
    /// The request cannot be served further; the call is to be finished with this.
    case refuse(GRPCStatus)
  }

  /// What is to be delivered next of what the client sent.
  mutating func next() -> InboundAction {
    guard isOpen, inbound == .open || inbound == .ended else { return .wait }
    switch deframer.next() {
    case .message(let message): return .message(message)
    case .refused(let status): return .refuse(status)
    case .incomplete: break
    }
    guard inbound == .ended else { return .wait }
    inbound = .endTaken
    guard !deframer.holdsPartialMessage else {
      return .refuse(GRPCStatus(.internal, "the request ended in the middle of a message"))
    }
    return .end
  }

  // MARK: To the client

  enum SendAction: Equatable {
    /// The answer has ended: what was to be sent goes nowhere.
    case drop
    case message
    case headersThenMessage(HPACKHeaders)
  }

  /// A message is to be sent.
  mutating func send() -> SendAction {
    switch outbound {
    case .idle:
      outbound = .streaming
      return .headersThenMessage(GRPCResponseHeaders.initial)
    case .streaming: return .message
    case .ended: return .drop
    }
  }

  /// The call is to end with a status: the block that ends the stream, `nil` if it has ended before.
  mutating func finish(_ status: GRPCStatus) -> HPACKHeaders? {
    let begun = outbound == .streaming
    guard isOpen else { return nil }
    end()
    return begun ? GRPCResponseHeaders.trailers(status) : GRPCResponseHeaders.trailersOnly(status)
  }

  /// The stream is gone: reset by the client, or its connection lost.
  mutating func close() {
    end()
    inbound = .endTaken
  }

  private mutating func end() {
    outbound = .ended
    deframer.discard()
  }
}
