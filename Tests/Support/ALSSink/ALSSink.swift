import GRPCServer
package import Logging
package import NIOCore
import NIOPosix

/// An access log service for tests: takes what Envoy's gRPC access logs send, and keeps the newest of it.
/// Entries of TCP connections are accepted and dropped.
package final class ALSSink: Sendable {
  /// Where it listens.
  package let address: SocketAddress

  private let server: GRPCServer
  private let store: ALSStore

  private init(server: GRPCServer, address: SocketAddress, store: ALSStore) {
    self.server = server
    self.address = address
    self.store = store
  }

  /// Starts a sink.
  ///
  /// - Parameters:
  ///   - port: 0 takes a free one.
  ///   - capacity: How many streams, and how many entries of all of them, are kept; older ones are dropped.
  /// - Throws: `GRPCServerError` if the address cannot be listened on.
  package static func start(
    host: String = "127.0.0.1", port: Int = 0, capacity: Int = 10_000,
    group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, logger: Logger = Logger(label: "als-sink")
  ) async throws -> ALSSink {
    let store = ALSStore(capacity: capacity)
    var configuration = GRPCServer.Configuration(host: host, port: port)
    configuration.shutdownGrace = .milliseconds(100)
    configuration.maximumConnectionAge = nil
    var router = GRPCRouter()
    router.stream("/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs") { call in
      ALSStreamHandler(call: call, store: store)
    }
    let server = GRPCServer(configuration: configuration, router: router, group: group, logger: logger)
    return ALSSink(server: server, address: try await server.start(), store: store)
  }

  /// The port of ``address``.
  package var port: Int { address.port ?? 0 }

  /// Ends what is open and stops listening. What was received stays.
  package func stop() async {
    server.beginGracefulShutdown()
    await server.waitUntilClosed()
  }

  /// Answers the next calls with UNAVAILABLE, at once and without reading them. Envoy 1.40 makes such a call again where
  /// the retry policy of the `GrpcService` names `unavailable`; that of the log itself (`grpc_stream_retry_policy`) is
  /// for connections that cannot be made.
  package func refuse(next count: Int) {
    store.refuse(next: count)
  }

  /// How many calls were refused so far.
  package var refusedCalls: Int { store.refusedCalls }

  /// The streams so far that were not refused, open or ended, in the order of their beginning.
  package var streams: [ALSStream] { store.streams }

  /// The entries so far, in the order of their arrival.
  package var entries: [ALSEntry] { store.entries }

  /// Forgets what was received; open streams begin anew, without an identifier.
  package func removeAll() {
    store.removeAll()
  }

  // MARK: Waiting

  /// Entries that were waited for and did not come.
  package struct NothingCame: Error, CustomStringConvertible {
    /// What was waited for, how long, and what came instead.
    package let description: String
  }

  /// Waits for entries.
  ///
  /// - Parameters:
  ///   - count: How many must match at least.
  ///   - limit: How long to wait.
  /// - Returns: All that match by then, in the order of their arrival.
  /// - Throws: ``NothingCame``, or `CancellationError`.
  @discardableResult
  package func waitForEntries(
    _ count: Int = 1, within limit: Duration = .seconds(10), where matches: (ALSEntry) -> Bool = { _ in true }
  ) async throws -> [ALSEntry] {
    let clock = ContinuousClock()
    let end = clock.now + limit
    while true {
      let found = entries.filter(matches)
      if found.count >= count { return found }
      guard clock.now < end else {
        throw NothingCame(
          description: "\(count) entries that match did not come within \(limit); came: \(store.summary)")
      }
      try await Task.sleep(for: .milliseconds(10))
    }
  }
}
