import NIOCore
import NIOPosix
import Synchronization

/// The network between one client and one server of this machine: a relay of TCP that can be cut in the ways in which
/// networks fail, and comes back.
package final class NetworkLink: Sendable {
  package enum Cut: Sendable, CaseIterable, Equatable {
    package static let allCases: [Cut] = [.swallowed, .refused, .requestsLost, .answersLost]

    /// Packets get lost both ways. Connections stay open, new ones are made, and nothing passes.
    case swallowed
    /// Connections are reset, and new ones refused.
    case refused
    /// What the client sends gets lost; what the server sends arrives.
    case requestsLost
    /// What the server sends gets lost; what the client sends arrives, and is carried out.
    case answersLost
    /// What the server sends arrives, so many bytes a second on each connection.
    case slow(bytesPerSecond: Int)
    /// Each connection is reset when so many more bytes of the server have arrived on it.
    case resetAfter(bytes: Int)

    func loses(_ direction: Direction) -> Bool {
      switch (self, direction) {
      case (.swallowed, _), (.requestsLost, .toServer), (.answersLost, .toClient): true
      default: false
      }
    }
  }

  /// What becomes of connections that have lost something when the network is back. Those that have not go on.
  package enum Aftermath: Sendable {
    /// Both sides are told that they have ended.
    case reset
    /// Nobody is told, and nothing passes any more: a firewall between has forgotten them.
    case silence
  }

  enum Direction: Sendable {
    case toServer, toClient
  }

  private struct State {
    var cut: Cut?
    var listener: (any Channel)?
    var connections: [ObjectIdentifier: RelayedConnection] = [:]
  }

  /// Where the client connects, on 127.0.0.1.
  package let port: Int
  private let serverPort: Int
  private let source: SocketAddress
  private let state = Mutex(State())

  private init(port: Int, serverPort: Int, source: SocketAddress) {
    (self.port, self.serverPort, self.source) = (port, serverPort, source)
  }

  /// Relays for the time of the body.
  ///
  /// - Parameters:
  ///   - serverPort: where the server listens, on 127.0.0.1.
  ///   - address: which the server sees the client come from, one of 127.0.0.0/8.
  package static func withRunning<Result>(
    to serverPort: Int, from address: String, _ body: (NetworkLink) async throws -> Result
  ) async throws -> Result {
    let source = try SocketAddress(ipAddress: address, port: 0)
    // The port is chosen before the link knows it.
    let chosen = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(host: "127.0.0.1", port: 0).get()
    let port = chosen.localAddress?.port ?? 0
    try await chosen.close()
    let link = NetworkLink(port: port, serverPort: serverPort, source: source)
    try await link.listen()
    do {
      let result = try await body(link)
      await link.end()
      return result
    } catch {
      await link.end()
      throw error
    }
  }

  // MARK: Cutting

  /// Cuts the network until it is restored.
  package func cut(_ cut: Cut) async {
    let (listener, connections) = state.withLock { state in
      state.cut = cut
      guard cut == .refused else { return (nil as (any Channel)?, [RelayedConnection]()) }
      defer { state.listener = nil }
      return (state.listener, Array(state.connections.values))
    }
    try? await listener?.close()
    for connection in connections { connection.reset() }
  }

  /// Lets everything pass again.
  package func restore(_ aftermath: Aftermath = .reset) async throws {
    let (isListening, connections) = state.withLock { state in
      state.cut = nil
      return (state.listener != nil, Array(state.connections.values))
    }
    // Not under the lock: a connection asks the link while it holds its own.
    for connection in connections where connection.isTorn {
      switch aftermath {
      case .reset: connection.reset()
      case .silence: connection.tear()
      }
    }
    if !isListening { try await listen() }
  }

  /// Whether every connection that is open has lost something.
  package var hasTornAll: Bool { state.withLock { Array($0.connections.values) }.allSatisfy(\.isTorn) }

  private func end() async {
    let (listener, connections) = state.withLock { ($0.listener, Array($0.connections.values)) }
    try? await listener?.close()
    for connection in connections { connection.reset() }
  }

  // MARK: Relaying

  func loses(_ direction: Direction) -> Bool { state.withLock { $0.cut?.loses(direction) ?? false } }

  /// How fast the server's bytes arrive; nil for at once.
  var pace: Int? {
    state.withLock { if case .slow(let bytesPerSecond) = $0.cut { bytesPerSecond } else { nil } }
  }

  /// How many bytes of the server still arrive on a connection, before it is reset; nil where it is not.
  var resetLimit: Int? {
    state.withLock { if case .resetAfter(let bytes) = $0.cut { bytes } else { nil } }
  }

  private func listen() async throws {
    let (serverPort, source) = (serverPort, source)
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.autoRead, value: false)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { client in
        ClientBootstrap(group: client.eventLoop)
          .channelOption(.autoRead, value: false)
          .channelOption(.tcpOption(.tcp_nodelay), value: 1)
          .bind(to: source)
          .connect(host: "127.0.0.1", port: serverPort)
          .flatMapThrowing { server in try self.relay(client, server) }
      }
      .bind(host: "127.0.0.1", port: port).get()
    state.withLock { $0.listener = listener }
  }

  private func relay(_ client: any Channel, _ server: any Channel) throws {
    let connection = RelayedConnection(client: client, server: server, link: self)
    let id = ObjectIdentifier(connection)
    state.withLock { $0.connections[id] = connection }
    try client.pipeline.syncOperations.addHandler(RelayHandler(connection, .toServer))
    try server.pipeline.syncOperations.addHandler(RelayHandler(connection, .toClient))
    client.closeFuture.and(server.closeFuture).whenComplete { _ in
      self.state.withLock { $0.connections[id] = nil }
    }
    for channel in [client, server] { _ = channel.setOption(.autoRead, value: true) }
  }
}

/// One connection of the client, and the one to the server that belongs to it.
private final class RelayedConnection: Sendable {
  private let client: any Channel
  private let server: any Channel
  private let link: NetworkLink
  /// The bytes of the server that have arrived since connections are reset after a number of them.
  private let arrived = Mutex(0)
  /// The directions in which something was lost, so that nothing after it may arrive.
  private let torn = Mutex<Set<NetworkLink.Direction>>([])

  init(client: any Channel, server: any Channel, link: NetworkLink) {
    (self.client, self.server, self.link) = (client, server, link)
  }

  var isTorn: Bool { torn.withLock { !$0.isEmpty } }

  func target(_ direction: NetworkLink.Direction) -> any Channel { direction == .toServer ? server : client }

  /// Whether what goes in this direction arrives; otherwise it is lost.
  func passes(_ direction: NetworkLink.Direction) -> Bool {
    torn.withLock { torn in
      if link.loses(direction) { torn.insert(direction) }
      return !torn.contains(direction)
    }
  }

  /// How many of these bytes of the server arrive before the connection is reset; all of them where it is not.
  func arrival(of count: Int) -> Int {
    guard let limit = link.resetLimit else {
      arrived.withLock { $0 = 0 }
      return count
    }
    return arrived.withLock { arrived in
      defer { arrived += count }
      return max(0, min(count, limit - arrived))
    }
  }

  var pace: Int? { link.pace }

  func tear() { torn.withLock { $0 = [.toServer, .toClient] } }

  /// Ends it on both sides with RST.
  func reset() {
    for channel in [client, server] {
      channel.eventLoop.execute {
        if let socket = channel as? any SocketOptionProvider {
          _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        channel.close(promise: nil)
      }
    }
  }
}

/// Hands on what one side reads, and its end, as far and as fast as the network lets it pass.
private final class RelayHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let connection: RelayedConnection
  private let direction: NetworkLink.Direction
  /// What waits because the network is slow, in order.
  private var held = ByteBuffer()
  private var hasEnded = false
  private var isWaiting = false

  /// How often something arrives where the network is slow.
  private static let interval = TimeAmount.milliseconds(20)

  init(_ connection: RelayedConnection, _ direction: NetworkLink.Direction) {
    (self.connection, self.direction) = (connection, direction)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard connection.passes(direction) else { return }
    var bytes = unwrapInboundIn(data)
    guard direction == .toClient else { return send(bytes) }
    let whole = bytes.readableBytes
    let arriving = connection.arrival(of: whole)
    if arriving < whole {
      if let part = bytes.readSlice(length: arriving) { send(part) }
      return connection.reset()
    }
    if connection.pace == nil, held.readableBytes == 0 { return send(bytes) }
    held.writeBuffer(&bytes)
    // Nothing more is read than can be handed on, as where a window is full.
    if held.readableBytes > 64 * 1024 { _ = context.channel.setOption(.autoRead, value: false) }
    drip(context)
  }

  private func send(_ bytes: ByteBuffer) { connection.target(direction).writeAndFlush(bytes, promise: nil) }

  /// Hands on what the pace allows, and waits with the rest.
  private func drip(_ context: ChannelHandlerContext) {
    guard !isWaiting else { return }
    let share = connection.pace.map { max(1, $0 / 50) } ?? held.readableBytes
    if connection.passes(direction), let part = held.readSlice(length: min(share, held.readableBytes)) { send(part) }
    held.discardReadBytes()
    guard held.readableBytes > 0 else {
      if hasEnded { connection.target(direction).close(promise: nil) }
      _ = context.channel.setOption(.autoRead, value: true)
      return
    }
    isWaiting = true
    context.eventLoop.assumeIsolated().scheduleTask(in: Self.interval) {
      self.isWaiting = false
      self.drip(context)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    // The end of a connection is a packet like others.
    guard connection.passes(direction) else { return }
    hasEnded = true
    if held.readableBytes == 0 { connection.target(direction).close(promise: nil) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
