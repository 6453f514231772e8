import GRPCServer
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// A server on a free port of the loopback, while a test runs.
struct TestServer: Sendable {
  let server: GRPCServer
  let calls: CallLog
  let port: Int
}

/// Runs a server with the methods of ``TestMethods`` around the body, and shuts it down after.
func withServer<Result>(
  _ change: (inout GRPCServer.Configuration) -> Void = { _ in },
  _ body: (TestServer) async throws -> Result
) async throws -> Result {
  var configuration = GRPCServer.Configuration(host: "127.0.0.1", port: 0)
  configuration.shutdownGrace = .milliseconds(50)
  change(&configuration)
  let calls = CallLog()
  var logger = Logger(label: "test")
  logger.logLevel = .critical
  let server = GRPCServer(
    configuration: configuration, router: TestMethods.router(calls), group: MultiThreadedEventLoopGroup.singleton,
    logger: logger)
  let address = try await server.start()
  do {
    let result = try await body(TestServer(server: server, calls: calls, port: address.port ?? 0))
    server.beginGracefulShutdown()
    await server.waitUntilClosed()
    return result
  } catch {
    server.beginGracefulShutdown()
    await server.waitUntilClosed()
    throw error
  }
}

/// What happened on the server's side of all calls of a test.
final class CallLog: Sendable {
  struct Counts {
    var opened = 0
    var messages = 0
    var messagesSent = 0
    var ends = 0
    var closed = 0
    var writabilityChanges = 0
    var peers: Set<String> = []
    var eventsAfterClosed = 0
    var cancelledTasks = 0
  }

  private let counts = Mutex(Counts())
  private let paused = Mutex<(@Sendable () -> Void)?>(nil)

  var now: Counts { counts.withLock { $0 } }

  func note(_ change: (inout Counts) -> Void) {
    counts.withLock { change(&$0) }
  }

  func whenResumed(_ action: @escaping @Sendable () -> Void) {
    paused.withLock { $0 = action }
  }

  /// Lets the paused call go on.
  func resume() {
    paused.withLock { $0.take() }?()
  }
}
