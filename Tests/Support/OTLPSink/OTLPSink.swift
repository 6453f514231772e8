import GRPCServer
package import Logging
package import NIOCore
import NIOPosix

/// What a sink received: one span, or one log record.
package enum OTLPItem: Sendable, Hashable {
  case span(OTLPSpan)
  case logRecord(OTLPLogRecord)
}

/// A collector for tests and demos: takes spans and log records over OTLP's gRPC and over HTTP, and keeps the newest of
/// each. Metrics are accepted and dropped.
package final class OTLPSink: Sendable {
  /// Where it listens for gRPC.
  package let address: SocketAddress

  private let server: GRPCServer
  private let httpListener: OTLPHTTPListener
  private let store: OTLPStore

  private init(server: GRPCServer, address: SocketAddress, httpListener: OTLPHTTPListener, store: OTLPStore) {
    self.server = server
    self.address = address
    self.httpListener = httpListener
    self.store = store
  }

  /// Starts a sink.
  ///
  /// - Parameters:
  ///   - port: For gRPC; 0 takes a free one.
  ///   - httpPort: For HTTP/1.1; 0 takes a free one.
  ///   - capacity: How many spans, log records and requests are kept, of each; older ones are dropped.
  ///   - observer: Called with each item as it arrives, in order; must be quick.
  /// - Throws: `GRPCServerError` if the address cannot be listened on.
  package static func start(
    host: String = "127.0.0.1", port: Int = 0, httpPort: Int = 0, capacity: Int = 10_000,
    group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    logger: Logger = Logger(label: "otlp-sink"), observer: (@Sendable (OTLPItem) -> Void)? = nil
  ) async throws -> OTLPSink {
    let store = OTLPStore(capacity: capacity, observer: observer)
    var configuration = GRPCServer.Configuration(host: host, port: port)
    configuration.shutdownGrace = .milliseconds(100)
    configuration.maximumConnectionAge = nil
    let server = GRPCServer(
      configuration: configuration, router: OTLPServices.router(store), group: group, logger: logger)
    let address = try await server.start()
    do {
      let httpListener = try await OTLPHTTPListener.start(host: host, port: httpPort, store: store, group: group)
      return OTLPSink(server: server, address: address, httpListener: httpListener, store: store)
    } catch {
      server.beginGracefulShutdown()
      await server.waitUntilClosed()
      throw error
    }
  }

  /// The port of ``address``.
  package var port: Int { address.port ?? 0 }

  /// The port of the same host where it listens for HTTP.
  package var httpPort: Int { httpListener.port }

  /// Ends what is open and stops listening. What was received stays.
  package func stop() async {
    server.beginGracefulShutdown()
    await httpListener.stop()
    await server.waitUntilClosed()
  }

  /// The exports so far, in the order of their arrival, refused ones included.
  package var requests: [OTLPRequest] {
    get async { await store.requests }
  }

  /// The spans so far, in the order of their arrival.
  package var spans: [OTLPSpan] {
    get async { await store.spans }
  }

  /// The log records so far, in the order of their arrival.
  package var logRecords: [OTLPLogRecord] {
    get async { await store.logRecords }
  }

  /// Forgets what was received.
  package func removeAll() async {
    await store.removeAll()
  }

  // MARK: Waiting

  /// Spans or log records that were waited for and did not come.
  package struct NothingCame: Error, CustomStringConvertible {
    /// What was waited for, how long, and what came instead.
    package let description: String
  }

  /// Waits for spans.
  ///
  /// - Parameters:
  ///   - count: How many must match at least.
  ///   - limit: How long to wait.
  /// - Returns: All that match by then, in the order of their arrival.
  /// - Throws: ``NothingCame``, or `CancellationError`.
  @discardableResult
  package func waitForSpans(
    _ count: Int = 1, within limit: Duration = .seconds(10), where matches: (OTLPSpan) -> Bool = { _ in true }
  ) async throws -> [OTLPSpan] {
    try await wait(for: "\(count) spans", within: limit) {
      let found = await spans.filter(matches)
      return found.count >= count ? found : nil
    }
  }

  /// Waits for log records, as ``waitForSpans(_:within:where:)`` does for spans.
  @discardableResult
  package func waitForLogRecords(
    _ count: Int = 1, within limit: Duration = .seconds(10), where matches: (OTLPLogRecord) -> Bool = { _ in true }
  ) async throws -> [OTLPLogRecord] {
    try await wait(for: "\(count) log records", within: limit) {
      let found = await logRecords.filter(matches)
      return found.count >= count ? found : nil
    }
  }

  private func wait<Value>(
    for what: String, within limit: Duration, _ value: () async -> Value?
  ) async throws -> Value {
    let clock = ContinuousClock()
    let end = clock.now + limit
    while true {
      if let found = await value() { return found }
      guard clock.now < end else {
        throw NothingCame(
          description: "\(what) that match did not come within \(limit); came: \(await store.summary)")
      }
      try await Task.sleep(for: .milliseconds(10))
    }
  }
}
