import NIOCore
import NIOPosix

/// A server that takes connections and never says anything.
enum SilentListener {
  /// Listens on that port of 127.0.0.1 while the body runs.
  static func with<Result: Sendable>(port: Int, _ body: () async throws -> Result) async throws -> Result {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .bind(host: "127.0.0.1", port: port).get()
    do {
      let result = try await body()
      try await server.close()
      return result
    } catch {
      try? await server.close()
      throw error
    }
  }
}
