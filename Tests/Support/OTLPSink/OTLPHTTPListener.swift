import GRPCServer
import NIOCore
import NIOPosix
import Synchronization

/// Listens for OTLP over HTTP/1.1.
final class OTLPHTTPListener: Sendable {
  private let listener: any Channel
  private let connections: Connections

  private init(listener: any Channel, connections: Connections) {
    self.listener = listener
    self.connections = connections
  }

  /// - Parameter port: 0 takes a free one.
  /// - Throws: `GRPCServerError` if the address cannot be listened on.
  static func start(
    host: String, port: Int, store: OTLPStore, group: any EventLoopGroup
  ) async throws -> OTLPHTTPListener {
    let connections = Connections()
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try OTLPHTTPHandler.configure(channel, store: store)
          connections.add(channel)
        }
      }
    do {
      return OTLPHTTPListener(
        listener: try await bootstrap.bind(host: host, port: port).get(), connections: connections)
    } catch {
      throw GRPCServerError.cannotListen(host: host, port: port, reason: "\(error)")
    }
  }

  var port: Int { listener.localAddress?.port ?? 0 }

  /// Stops listening and closes what is open.
  func stop() async {
    try? await listener.close()
    await connections.closeAll()
  }
}

/// The open connections.
private final class Connections: Sendable {
  private struct State {
    var channels: [ObjectIdentifier: any Channel] = [:]
    var isClosed = false
  }

  private let state = Mutex(State())

  func add(_ channel: any Channel) {
    let id = ObjectIdentifier(channel)
    let isTooLate = state.withLock { state in
      state.channels[id] = channel
      return state.isClosed
    }
    if isTooLate { channel.close(promise: nil) }
    channel.closeFuture.whenComplete { _ in self.state.withLock { $0.channels[id] = nil } }
  }

  func closeAll() async {
    let channels = state.withLock { state in
      state.isClosed = true
      return Array(state.channels.values)
    }
    for channel in channels { try? await channel.close() }
  }
}
