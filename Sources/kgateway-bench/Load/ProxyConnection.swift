import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL
import XDS

/// One proxy: a connection with one ADS stream, opened again when it breaks. Lives on its event loop.
final class ProxyConnection: Sendable {
  struct Settings: Sendable {
    var port: Int
    var dialect: Dialect
    var types: [String]
    var window: Int
    var remembers: Bool
    var tls: Bool
  }

  static let allTypes = ResourceType.allCases.map(\.typeURL)
  static let twoTypes = [ResourceType.cluster.typeURL, ResourceType.listener.typeURL]

  private let settings: Settings
  private let gateway: String
  private let id: String
  private let eventLoop: any EventLoop
  /// What the proxy has, for the next stream.
  private let memory: NIOLoopBoundBox<ProxyMemory>

  init(settings: Settings, gateway: String, id: String, eventLoop: any EventLoop) {
    self.settings = settings
    self.gateway = gateway
    self.id = id
    self.eventLoop = eventLoop
    memory = .makeBoxSendingValue(ProxyMemory(), eventLoop: eventLoop)
  }

  /// Connects, and again whenever that fails or ends.
  func start() {
    let connected = ClientBootstrap(group: eventLoop)
      .channelOption(.socketOption(.tcp_nodelay), value: 1)
      .connectTimeout(.seconds(30))
      .channelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture { try configure(channel) }
      }
      .connect(host: "127.0.0.1", port: settings.port)
    connected.whenComplete { [self] result in
      switch result {
      case .success(let channel):
        channel.closeFuture.whenComplete { _ in self.startSoon() }
        openStream(on: channel)
      case .failure: startSoon()
      }
    }
  }

  private func startSoon() {
    eventLoop.scheduleTask(in: .milliseconds(20)) { [self] in start() }
  }

  private func configure(_ channel: any Channel) throws {
    if settings.tls {
      var tls = TLSConfiguration.makeClientConfiguration()
      tls.certificateVerification = .none
      tls.applicationProtocols = ["h2"]
      try channel.pipeline.syncOperations.addHandler(
        NIOSSLClientHandler(context: NIOSSLContext(configuration: tls), serverHostname: nil))
    }
    var connection = NIOHTTP2Handler.ConnectionConfiguration()
    connection.initialSettings = [
      HTTP2Setting(parameter: .enablePush, value: 0),
      HTTP2Setting(parameter: .initialWindowSize, value: settings.window),
    ]
    connection.targetWindowSize = max(settings.window, 65_535)
    var stream = NIOHTTP2Handler.StreamConfiguration()
    stream.targetWindowSize = settings.window
    _ = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
      mode: .client, connectionConfiguration: connection, streamConfiguration: stream
    ) { $0.close() }
  }

  /// Not before the connection is there: what is opened on one that never will be stays for ever.
  private func openStream(on channel: any Channel) {
    guard let handler = try? channel.pipeline.syncOperations.handler(type: NIOHTTP2Handler.self),
      let multiplexer = try? handler.syncMultiplexer()
    else {
      channel.close(promise: nil)
      return
    }
    multiplexer.createStreamChannel(promise: nil) { [settings, gateway, id, memory] stream in
      stream.closeFuture.whenComplete { _ in channel.close(promise: nil) }
      return stream.eventLoop.makeCompletedFuture {
        try stream.pipeline.syncOperations.addHandler(
          ProxyStream(settings: settings, gateway: gateway, id: id, memory: memory))
      }
    }
  }
}

/// By type, the versions of what a proxy has.
struct ProxyMemory {
  var versions: [String: [String: String]] = [:]
}

/// The stream of a proxy: subscribes, and acknowledges each response as soon as it is there.
final class ProxyStream: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame.FramePayload
  typealias OutboundOut = HTTP2Frame.FramePayload

  private let settings: ProxyConnection.Settings
  private let gateway: String
  private let id: String
  private let memory: NIOLoopBoundBox<ProxyMemory>
  private var skimmer = ResponseSkimmer()

  init(
    settings: ProxyConnection.Settings, gateway: String, id: String, memory: NIOLoopBoundBox<ProxyMemory>
  ) {
    self.settings = settings
    self.gateway = gateway
    self.id = id
    self.memory = memory
    skimmer.keepsResources = settings.remembers
  }

  func channelActive(context: ChannelHandlerContext) {
    let headers = HPACKHeaders([
      (":method", "POST"), (":scheme", "http"), (":path", settings.dialect.path), (":authority", "127.0.0.1"),
      ("content-type", "application/grpc"), ("te", "trailers"),
    ])
    context.write(wrapOutboundOut(.headers(.init(headers: headers))), promise: nil)
    for type in settings.types {
      send(
        ProxyRequest.first(
          type, settings.dialect, gateway: gateway, id: id, versions: memory.value.versions[type] ?? [:]), context)
    }
    context.flush()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .data(let frame) = unwrapInboundIn(data), case .byteBuffer(let bytes) = frame.data else { return }
    skimmer.append(bytes)
    while let response = skimmer.next() {
      remember(response)
      send(ProxyRequest.acknowledgement(of: response, settings.dialect), context)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func remember(_ response: ResponseSkimmer.Response) {
    guard settings.remembers else { return }
    for (name, version) in response.versions { memory.value.versions[response.typeURL, default: [:]][name] = version }
    for name in response.removed { memory.value.versions[response.typeURL]?[name] = nil }
  }

  private func send(_ message: [UInt8], _ context: ChannelHandlerContext) {
    var buffer = context.channel.allocator.buffer(capacity: 5 + message.count)
    buffer.writeInteger(UInt8(0))
    buffer.writeInteger(UInt32(message.count))
    buffer.writeBytes(message)
    context.write(wrapOutboundOut(.data(.init(data: .byteBuffer(buffer)))), promise: nil)
  }
}
