import CCurl

/// A transport on libcurl: one event loop on one thread carries all exchanges.
package final class CurlTransport: KubernetesTransport {
  package struct Configuration: Sendable {
    package enum HTTPVersion: Sendable {
      /// HTTP/2 where the server offers it by ALPN, requests sharing a connection; HTTP/1.1 otherwise.
      case negotiated
      /// HTTP/1.1, a connection for each exchange under way. For long answers that are read slowly: in libcurl before
      /// 8.1, an HTTP/2 stream that is paused holds up the other streams of its connection, while here the bounds of
      /// TCP hold for each answer on its own.
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
    /// Bytes of a body that are held while its reader is busy; the transfer pauses beyond that.
    package var bufferLimit: Int

    package init(
      server: ServerAddress, tls: TLSSettings = TLSSettings(), userAgent: String, version: HTTPVersion = .negotiated,
      maximumConnections: Int = 0, bufferLimit: Int = 256 * 1024
    ) {
      self.server = server
      self.tls = tls
      self.userAgent = userAgent
      self.version = version
      self.maximumConnections = maximumConnections
      self.bufferLimit = bufferLimit
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
    let transfer = CurlTransfer(
      request, server: configuration.server, bufferLimit: configuration.bufferLimit, loop: loop)
    loop.submit(.start(transfer))
    defer { loop.submit(.end(transfer)) }
    return try await consume(try await transfer.head(), transfer)
  }

  /// Fails what is under way, and returns when the thread has ended.
  package func shutdown() async {
    await loop.shutdown()
  }
}
