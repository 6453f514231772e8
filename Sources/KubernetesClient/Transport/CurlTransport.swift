import CCurl

/// A transport on libcurl: one event loop on one thread carries all exchanges.
package final class CurlTransport: KubernetesTransport {
  package struct Configuration: Sendable {
    package enum HTTPVersion: Sendable {
      /// HTTP/2 where the server offers it by ALPN, exchanges sharing a connection; HTTP/1.1 otherwise. An answer on a
      /// shared connection is never held back: in libcurl before 8.1, a stream that is paused holds up all others of
      /// its connection. One whose reader falls behind by more than ``bufferLimit`` is ended instead.
      case negotiated
      /// HTTP/1.1, a connection for each exchange under way. For long answers that are read slowly: TCP holds the server
      /// back for each answer on its own.
      case http1
      /// HTTP/2, also in the clear, where the server is known to speak nothing else; a connection for each exchange.
      case http2
    }

    package var server: ServerAddress
    package var tls: TLSSettings
    package var userAgent: String
    package var version: HTTPVersion
    /// Connections at the same time; further requests wait for one. Zero sets no bound.
    package var maximumConnections: Int
    /// Connections that are kept for later when nothing is under way on them; zero leaves it to libcurl.
    package var keptConnections: Int
    /// Bytes of a body that are held while its reader is busy. Beyond that the transfer pauses; on a connection that is
    /// shared it ends, with ``TransportError/Reason/overrun`` behind what is held.
    package var bufferLimit: Int
    /// Whether a new connection takes a single exchange until that is answered. Only then is the server's bound on the
    /// streams of a connection known: what goes beyond it would wait for a stream to end, and a watch never ends.
    package var provesConnections: Bool

    package init(
      server: ServerAddress, tls: TLSSettings = TLSSettings(), userAgent: String, version: HTTPVersion = .negotiated,
      maximumConnections: Int = 0, keptConnections: Int = 0, bufferLimit: Int = 256 * 1024,
      provesConnections: Bool = false
    ) {
      self.server = server
      self.tls = tls
      self.userAgent = userAgent
      self.version = version
      self.maximumConnections = maximumConnections
      self.keptConnections = keptConnections
      self.bufferLimit = bufferLimit
      self.provesConnections = provesConnections
    }
  }

  private let configuration: Configuration
  private let loop: CurlEventLoop

  /// Starts the event loop; connects to nothing yet. Throws when libcurl or the thread cannot be started.
  package init(_ configuration: Configuration) throws(TransportError) {
    self.configuration = configuration
    loop = try CurlEventLoop(configuration)
  }

  deinit {
    loop.stop()
  }

  package func perform<Result>(
    _ request: HTTPRequest, _ consume: (HTTPResponseHead, any HTTPResponseBody) async throws -> Result
  ) async throws -> Result {
    try Task.checkCancellation()
    let transfer = CurlTransfer(request, configuration, tls: try configuration.tls.reread(), loop: loop)
    loop.submit(.start(transfer))
    defer { loop.submit(.end(transfer)) }
    return try await consume(try await transfer.head(), transfer)
  }

  /// Fails what is under way, and returns when the thread has ended.
  package func shutdown() async {
    await loop.shutdown()
  }
}
