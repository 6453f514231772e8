import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// What is answered to a GET.
struct HTTPAnswer: Sendable {
  var status: HTTPResponse.Status
  var contentType: String
  var body: ByteBuffer

  init(status: HTTPResponse.Status, contentType: String = "text/plain; charset=utf-8", body: ByteBuffer) {
    self.status = status
    self.contentType = contentType
    self.body = body
  }

  init(status: HTTPResponse.Status, text: String) { self.init(status: status, body: ByteBuffer(string: text)) }
}

/// One address that answers GET requests by their path.
///
/// On the core of Hummingbird alone: the framework above it brings all of Foundation, with the data of every language,
/// which is more than the rest of the program.
struct HTTPListener: Sendable {
  /// What it is for, as a word of messages: `metrics`.
  let purpose: String
  let address: ListenAddress
  /// More wait until one of them ends.
  let maximumConnections: Int
  let logger: Logger
  /// Called with the port once it is listened on.
  let onListening: @Sendable (Int) async -> Void
  /// The answer for a path and what the client wants to get, nil if there is nothing at it.
  let answer: @Sendable (String, AcceptHeader) async -> HTTPAnswer?

  /// A scraper that comes every minute keeps its connection.
  private static let idleTimeout = TimeAmount.seconds(90)

  /// Serves until the task is cancelled or a graceful shutdown is begun.
  func run() async throws {
    let isListening = Atomic(false)
    let server = try HTTPServerBuilder.http1(
      configuration: HTTP1Channel.Configuration(idleTimeout: Self.idleTimeout)
    ).buildServer(
      configuration: ServerConfiguration(
        address: .hostname(address.host, port: address.port),
        availableConnectionsDelegate: MaximumAvailableConnections(maximumConnections)),
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: quietLogger,
      responder: { request, writer, _ in
        let response = await respond(to: request)
        try await writer.write(response: response.head, body: response.body)
      },
      onServerRunning: { channel in
        isListening.store(true, ordering: .relaxed)
        let port = channel.localAddress?.port ?? address.port
        logger.info("serving \(purpose) on \(ListenAddress(host: address.host, port: port))")
        await onListening(port)
      })
    do {
      try await server.run()
    } catch let error where !isListening.load(ordering: .relaxed) && !(error is CancellationError) {
      throw ListenFailure(purpose: purpose, address: address, cause: error)
    }
  }

  private func respond(to request: Request) async -> Response {
    let accepted = AcceptHeader(request.headers[values: .accept])
    guard let answer = await answer(request.uri.path, accepted) else {
      return Response(HTTPAnswer(status: .notFound, text: "there is nothing at \(request.uri.path)\n"))
    }
    guard request.method == .get else {
      var refusal = Response(HTTPAnswer(status: .methodNotAllowed, text: "only GET is answered here\n"))
      refusal.headers[.allow] = "GET"
      return refusal
    }
    return Response(answer)
  }

  /// The framework's own lines say nothing that the listener's line, or the error that `run()` throws, does not; and
  /// when one listener ends because the other cannot listen, they would look like troubles of their own.
  private var quietLogger: Logger {
    var quiet = logger
    quiet.logLevel = .critical
    return quiet
  }
}

extension Response {
  fileprivate init(_ answer: HTTPAnswer) {
    self.init(
      status: answer.status, headers: [.contentType: answer.contentType],
      body: ResponseBody(byteBuffer: answer.body))
  }
}
