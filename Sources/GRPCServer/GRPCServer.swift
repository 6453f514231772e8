package import Logging
package import NIOCore
import NIOHTTP2
import NIOPosix
package import NIOSSL
import Synchronization

/// A gRPC server: HTTP/2 in plain text or over TLS, on event loops that are given to it.
///
/// ```swift
/// let server = GRPCServer(configuration: .init(host: "127.0.0.1", port: 0), router: router, group: group, logger: logger)
/// let address = try await server.start()
/// try await server.run()  // until its task is cancelled, or `beginGracefulShutdown()`
/// ```
package final class GRPCServer: Sendable {
  private enum Phase {
    case idle
    case starting
    case listening(any Channel)
    case shuttingDown
    case closed
  }

  private struct State {
    var phase = Phase.idle
    var connections: [ObjectIdentifier: any Channel] = [:]
    /// How many connections each address has; kept where that is limited.
    var addresses: [String: Int] = [:]
    var isRefusing = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  /// How long after the grace of a shutdown a connection may take to close by itself.
  private static let closeAllowance = TimeAmount.milliseconds(200)

  private let configuration: Configuration
  private let router: GRPCRouter
  private let group: any EventLoopGroup
  private let logger: Logger
  private let state = Mutex(State())
  private let transport: TransportSecurity

  /// Makes a server that does not listen yet.
  ///
  /// - Parameter group: Where connections live, each on one loop. The server never shuts it down.
  package init(configuration: Configuration, router: GRPCRouter, group: any EventLoopGroup, logger: Logger) {
    self.configuration = configuration
    self.router = router
    self.group = group
    self.logger = logger
    transport = TransportSecurity(isRequired: configuration.requiresTLS || configuration.tls != nil)
  }

  /// Listens and serves.
  ///
  /// - Returns: The address that was bound, with the port that was free if 0 was asked for.
  /// - Throws: ``GRPCServerError``.
  package func start() async throws -> SocketAddress {
    try state.withLock {
      guard case .idle = $0.phase else { throw GRPCServerError.alreadyStarted }
      $0.phase = .starting
    }
    do {
      let listener = try await bind()
      guard let address = listener.localAddress else { throw ChannelError.unknownLocalAddress }
      begin(listener)
      return address
    } catch {
      settle { $0.phase = .closed }
      if let error = error as? GRPCServerError { throw error }
      throw GRPCServerError.cannotListen(host: configuration.host, port: configuration.port, error)
    }
  }

  /// Serves connections that come from now on with another certificate. Open ones go on with the one that they began
  /// with. May be called on any thread, before the server starts too.
  ///
  /// - Throws: ``GRPCServerError/unusableTLS(reason:)`` if the settings cannot be used, and the ones before stay in use;
  ///   the same for a server that serves plain text, which never changes what it speaks.
  package func replaceTLS(_ tls: TLSConfiguration) throws(GRPCServerError) {
    try transport.replace(tls)
  }

  /// Serves until the server is shut down gracefully, which the cancellation of this task begins too.
  ///
  /// Starts the server unless that was done before. To be the body of a service's `run()`, with
  /// ``beginGracefulShutdown()`` as its handler of a graceful shutdown.
  package func run() async throws {
    let isIdle = state.withLock { if case .idle = $0.phase { true } else { false } }
    if isIdle { _ = try await start() }
    await withTaskCancellationHandler {
      await waitUntilClosed()
    } onCancel: {
      beginGracefulShutdown()
    }
  }

  /// Stops listening and asks every client to go. Calls may go on for the configured grace time; those that are still
  /// open then end with UNAVAILABLE, and their connections are closed.
  package func beginGracefulShutdown() {
    let (listener, connections) = state.withLock { state -> ((any Channel)?, [any Channel]) in
      switch state.phase {
      case .idle: state.phase = .closed
      case .listening(let listener):
        state.phase = .shuttingDown
        return (listener, Array(state.connections.values))
      case .starting: state.phase = .shuttingDown
      case .shuttingDown, .closed: break
      }
      return (nil, [])
    }
    guard let listener else { return }
    logger.debug("the gRPC server shuts down", metadata: ["connections": "\(connections.count)"])
    for connection in connections {
      connection.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
      // For those that never came to speak HTTP/2, or whose client takes no bytes.
      connection.eventLoop.scheduleTask(in: configuration.shutdownGrace + Self.closeAllowance) {
        connection.close(promise: nil)
      }
    }
    listener.close(promise: nil)
  }

  /// Returns when the server no longer listens and its last connection is closed; at once if it never started.
  package func waitUntilClosed() async {
    await withCheckedContinuation { continuation in
      let isClosed = state.withLock { state in
        switch state.phase {
        case .idle, .closed: return true
        case .starting, .listening, .shuttingDown:
          state.waiters.append(continuation)
          return false
        }
      }
      if isClosed { continuation.resume() }
    }
  }

  // MARK: Listening

  private func bind() async throws -> any Channel {
    if let tls = configuration.tls { try transport.install(tls) }
    guard let bootstrap = ServerBootstrap(validatingGroup: group) else { throw ChannelError.operationUnsupported }
    return
      try await bootstrap
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in self.accept(channel) }
      .bind(host: configuration.host, port: configuration.port)
      .get()
  }

  private func begin(_ listener: any Channel) {
    let mayListen = state.withLock { state in
      guard case .starting = state.phase else { return false }
      state.phase = .listening(listener)
      return true
    }
    listener.closeFuture.whenComplete { _ in
      self.settle { $0.phase = $0.connections.isEmpty ? .closed : .shuttingDown }
    }
    // The shutdown may have begun while the address was being bound.
    if !mayListen { listener.close(promise: nil) }
  }

  /// Changes the state, and wakes who waits for the end if that makes it.
  private func settle(_ change: (inout State) -> Void) {
    let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      change(&state)
      guard case .closed = state.phase else { return [] }
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  // MARK: Connections

  private func accept(_ channel: any Channel) -> EventLoopFuture<Void> {
    let tls = transport.context
    guard admit(channel), tls != nil || !transport.isRequired else {
      channel.close(promise: nil)
      return channel.eventLoop.makeSucceededVoidFuture()
    }
    let handshakeTimer = channel.eventLoop.scheduleTask(in: configuration.handshakeTimeout) {
      channel.close(promise: nil)
    }
    channel.closeFuture.whenComplete { _ in handshakeTimer.cancel() }
    guard let tls else { return configure(channel, handshakeTimer: handshakeTimer) }
    do {
      try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
    } catch {
      return channel.eventLoop.makeFailedFuture(error)
    }
    return channel.configureHTTP2SecureUpgrade { channel in
      self.configure(channel, handshakeTimer: handshakeTimer)
    } http1ChannelConfigurator: { channel in
      channel.close()
    }
  }

  private func admit(_ channel: any Channel) -> Bool {
    let id = ObjectIdentifier(channel)
    let address = configuration.maximumConnectionsPerAddress.map { _ in channel.remoteAddress?.ipAddress ?? "" }
    let (isAdmitted, isFirstRefusal) = state.withLock { state in
      if case .shuttingDown = state.phase { return (false, false) }
      guard state.connections.count < configuration.maximumConnections else {
        defer { state.isRefusing = true }
        return (false, !state.isRefusing)
      }
      if let address, let limit = configuration.maximumConnectionsPerAddress {
        guard state.addresses[address, default: 0] < limit else { return (false, false) }
        state.addresses[address, default: 0] += 1
      }
      state.isRefusing = false
      state.connections[id] = channel
      return (true, false)
    }
    if isFirstRefusal {
      logger.warning(
        "the gRPC server is full and refuses connections", metadata: ["limit": "\(configuration.maximumConnections)"])
    }
    if isAdmitted {
      channel.closeFuture.whenComplete { _ in self.removeConnection(id, from: address) }
    }
    return isAdmitted
  }

  private func removeConnection(_ id: ObjectIdentifier, from address: String?) {
    settle { state in
      state.connections[id] = nil
      if let address {
        let left = state.addresses[address, default: 0] - 1
        state.addresses[address] = left > 0 ? left : nil
      }
      if case .shuttingDown = state.phase, state.connections.isEmpty { state.phase = .closed }
    }
  }

  private func configure(_ channel: any Channel, handshakeTimer: Scheduled<Void>) -> EventLoopFuture<Void> {
    channel.eventLoop.makeCompletedFuture {
      let connection = GRPCConnectionHandler(
        configuration: configuration, eventLoop: channel.eventLoop, handshakeTimer: handshakeTimer, logger: logger
      ) {
        self.state.withLock { if case .shuttingDown = $0.phase { true } else { false } }
      }
      try GRPCPipeline.configure(channel, connection: connection, configuration: configuration, router: router)
    }
  }
}
