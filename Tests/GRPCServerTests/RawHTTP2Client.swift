import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL
import RealComponents
import Synchronization
import Testing

/// An HTTP/2 client that can say what no gRPC client would.
struct RawHTTP2Client: Sendable {
  let channel: any Channel
  let frames: ConnectionLog
  private let multiplexer: NIOHTTP2Handler.StreamMultiplexer

  /// - Parameters:
  ///   - tls: whom to trust; nil speaks plain text.
  ///   - address: the client's own, one of the loopback.
  static func connect(
    port: Int, tls: TLSConfiguration? = nil, from address: String = "127.0.0.1"
  ) async throws -> RawHTTP2Client {
    let context = try tls.map { try NIOSSLContext(configuration: $0) }
    let frames = ConnectionLog()
    let (channel, multiplexer) = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(to: SocketAddress(ipAddress: address, port: 0))
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          let sync = channel.pipeline.syncOperations
          if let context { try sync.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil)) }
          var connection = NIOHTTP2Handler.ConnectionConfiguration()
          connection.headerBlockValidation = .disabled
          var streams = NIOHTTP2Handler.StreamConfiguration()
          // A server that refuses calls is no attacker.
          streams.streamResetFrameRateLimit.maximumCount = 1_000_000
          let multiplexer = try sync.configureHTTP2Pipeline(
            mode: .client, connectionConfiguration: connection, streamConfiguration: streams
          ) { $0.eventLoop.makeSucceededVoidFuture() }
          try sync.addHandler(ConnectionLog.Handler(log: frames))
          return (channel, multiplexer)
        }
      }
    return RawHTTP2Client(channel: channel, frames: frames, multiplexer: multiplexer)
  }

  /// Opens a stream.
  ///
  /// - Parameter reads: Whether what the server sends is taken; otherwise its window fills.
  func openStream(reads: Bool = true) async throws -> RawStream {
    let log = StreamLog()
    let channel = try await multiplexer.createStreamChannel { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.syncOptions?.setOption(.autoRead, value: reads)
        try channel.pipeline.syncOperations.addHandler(StreamLog.Handler(log: log))
      }
    }.get()
    return RawStream(channel: channel, log: log)
  }

  /// A call that must succeed. After it all that was sent before has been read by the server, its SETTINGS are
  /// acknowledged.
  func exchange() async throws {
    let stream = try await openStream()
    try await stream.send(headers: .request("/test.Test/Unary"))
    try await stream.send(.framed("x"), endStream: true)
    try await eventually("the call is answered") { stream.log.now.isClosed }
    #expect(stream.log.now.status == 0)
  }

  func send(_ payload: HTTP2Frame.FramePayload) async throws {
    try await channel.writeAndFlush(HTTP2Frame(streamID: .rootStream, payload: payload))
  }

  func close() async {
    try? await channel.close()
  }
}

/// One stream of a ``RawHTTP2Client``.
struct RawStream: Sendable {
  let channel: any Channel
  let log: StreamLog

  func send(headers: HPACKHeaders, endStream: Bool = false) async throws {
    try await channel.writeAndFlush(HTTP2Frame.FramePayload.headers(.init(headers: headers, endStream: endStream)))
  }

  func send(_ data: ByteBuffer, endStream: Bool = false) async throws {
    try await channel.writeAndFlush(
      HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(data), endStream: endStream)))
  }

  /// Sends without waiting until it is out.
  func enqueue(_ data: ByteBuffer, endStream: Bool = false) {
    channel.writeAndFlush(
      HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(data), endStream: endStream)), promise: nil)
  }

  func reset(_ code: HTTP2ErrorCode) async throws {
    try await channel.writeAndFlush(HTTP2Frame.FramePayload.rstStream(code))
  }

  /// Takes from now on what the server sends.
  func startReading() async throws {
    try await channel.setOption(.autoRead, value: true).get()
    channel.read()
  }
}

/// What a stream's client received.
final class StreamLog: Sendable {
  struct Received {
    var headers: [HPACKHeaders] = []
    var bytes = 0
    var data = ByteBuffer()
    var isEnded = false
    var resetCode: HTTP2ErrorCode?
    var isClosed = false

    /// The status that ended the call.
    var status: Int? { headers.last?.first(name: "grpc-status").flatMap { Int($0) } }
  }

  private let received = Mutex(Received())

  var now: Received { received.withLock { $0 } }

  final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    private let log: StreamLog

    init(log: StreamLog) {
      self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let payload = unwrapInboundIn(data)
      log.received.withLock {
        switch payload {
        case .headers(let frame):
          $0.headers.append(frame.headers)
          if frame.endStream { $0.isEnded = true }
        case .data(let frame):
          if case .byteBuffer(let bytes) = frame.data {
            $0.bytes += bytes.readableBytes
            if $0.bytes < 1 << 16 { $0.data.writeImmutableBuffer(bytes) }
          }
          if frame.endStream { $0.isEnded = true }
        case .rstStream(let code): $0.resetCode = code
        default: break
        }
      }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      if let error = error as? NIOHTTP2Errors.StreamClosed {
        log.received.withLock { $0.resetCode = error.errorCode }
      }
    }

    func channelInactive(context: ChannelHandlerContext) {
      log.received.withLock { $0.isClosed = true }
    }
  }
}

/// What a connection's client received beside its streams.
final class ConnectionLog: Sendable {
  struct Received {
    var goAways: [HTTP2StreamID] = []
    var goAwayCodes: [HTTP2ErrorCode] = []
    var pings = 0
    var pingAnswers = 0
    var isClosed = false
  }

  private let received = Mutex(Received())

  var now: Received { received.withLock { $0 } }

  final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    private let log: ConnectionLog

    init(log: ConnectionLog) {
      self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let payload = unwrapInboundIn(data).payload
      log.received.withLock {
        switch payload {
        case .goAway(let lastStream, let code, _):
          $0.goAways.append(lastStream)
          $0.goAwayCodes.append(code)
        case .ping(_, let isAnswer):
          if isAnswer { $0.pingAnswers += 1 } else { $0.pings += 1 }
        default: break
        }
      }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    func channelInactive(context: ChannelHandlerContext) {
      log.received.withLock { $0.isClosed = true }
    }
  }
}
