import NIOCore
import NIOPosix
import Synchronization

/// A port of a Service on this machine: each connection goes to one of the pods that are ready when it comes, one after
/// the other, as kube-proxy sends it. A connection stays with its pod.
package struct ServiceRelay: Sendable {
  /// The port of 127.0.0.1 that clients connect to.
  package let port: Int

  /// Relays for the time of the body.
  ///
  /// - Parameter listenPort: 0 takes a free one.
  package static func withRunning<Result>(
    to service: String, in namespace: String, port: Int, of kubelet: KubeletDouble, listenPort: Int = 0,
    _ body: (ServiceRelay) async throws -> Result
  ) async throws -> Result {
    let turns = Turns()
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.autoRead, value: false)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { client in
        client.eventLoop.makeFutureWithTask {
          let endpoints = await kubelet.endpoints(of: service, in: namespace, port: port)
          guard !endpoints.isEmpty else { throw NoEndpoint() }
          return endpoints[turns.next() % endpoints.count]
        }.flatMap { endpoint in
          connect(client, to: endpoint)
        }
      }
      .bind(host: "127.0.0.1", port: listenPort).get()
    do {
      let result = try await body(ServiceRelay(port: listener.localAddress?.port ?? 0))
      try await listener.close()
      return result
    } catch {
      try? await listener.close()
      throw error
    }
  }

  /// No pod is ready: the connection is refused.
  private struct NoEndpoint: Error {}

  private static func connect(
    _ client: any Channel, to endpoint: (address: String, port: Int)
  ) -> EventLoopFuture<Void> {
    ClientBootstrap(group: client.eventLoop)
      .channelOption(.autoRead, value: false)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .connect(host: endpoint.address, port: endpoint.port)
      .flatMapThrowing { server in
        let (one, other) = GlueHandler.pair()
        try client.pipeline.syncOperations.addHandler(one)
        try server.pipeline.syncOperations.addHandler(other)
        for channel in [client, server] { _ = channel.setOption(.autoRead, value: true) }
      }
  }
}

/// Takes turns.
private final class Turns: Sendable {
  private let count = Atomic(0)

  func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).oldValue }
}

/// Hands all that one channel reads to another of the same event loop, and its end.
private final class GlueHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var partner: GlueHandler?
  private var context: ChannelHandlerContext?

  static func pair() -> (GlueHandler, GlueHandler) {
    let (one, other) = (GlueHandler(), GlueHandler())
    one.partner = other
    other.partner = one
    return (one, other)
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    partner = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    partner?.context?.write(NIOAny(unwrapInboundIn(data)), promise: nil)
  }

  func channelReadComplete(context: ChannelHandlerContext) { partner?.context?.flush() }

  func channelInactive(context: ChannelHandlerContext) { partner?.context?.close(promise: nil) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
