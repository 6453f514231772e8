package import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
package import NIOSSL

/// One connection of a client that does what a test or a benchmark tells it to: a real HTTP/2 and gRPC client of the
/// aggregated discovery service, light enough for a thousand of them.
package final class ScriptedADSClient: Sendable {
  private let channel: any Channel
  private let multiplexer: NIOHTTP2Handler.StreamMultiplexer
  private let authority: String

  private init(channel: any Channel, multiplexer: NIOHTTP2Handler.StreamMultiplexer, authority: String) {
    self.channel = channel
    self.multiplexer = multiplexer
    self.authority = authority
  }

  /// Connects.
  ///
  /// - Parameters:
  ///   - tls: Whom to trust, and the client's certificate; `nil` speaks plain text.
  ///   - window: The flow control window of a stream, in bytes: what the server may send to a client that does not
  ///     read.
  package static func connect(
    host: String = "127.0.0.1", port: Int, on group: any EventLoopGroup, tls: TLSConfiguration? = nil,
    window: Int = 1 << 20
  ) async throws -> ScriptedADSClient {
    let context = try tls.map { tls in
      var tls = tls
      tls.applicationProtocols = ["h2"]
      return try NIOSSLContext(configuration: tls)
    }
    let (channel, multiplexer) = try await ClientBootstrap(group: group)
      .connectTimeout(.seconds(10))
      .connect(host: host, port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          if let context {
            let handler = try NIOSSLClientHandler(context: context, serverHostname: host.isAddress ? nil : host)
            try channel.pipeline.syncOperations.addHandler(handler)
          }
          return (channel, try configure(channel, window: window))
        }
      }
    return ScriptedADSClient(channel: channel, multiplexer: multiplexer, authority: "\(host):\(port)")
  }

  /// Connects, runs `body`, and closes the connection.
  package static func with<Result>(
    port: Int, on group: any EventLoopGroup, window: Int = 1 << 20,
    _ body: (ScriptedADSClient) async throws -> Result
  ) async throws -> Result {
    let client = try await connect(port: port, on: group, window: window)
    do {
      let result = try await body(client)
      await client.close()
      return result
    } catch {
      await client.close()
      throw error
    }
  }

  private static func configure(_ channel: any Channel, window: Int) throws -> NIOHTTP2Handler.StreamMultiplexer {
    var connection = NIOHTTP2Handler.ConnectionConfiguration()
    connection.initialSettings = [
      HTTP2Setting(parameter: .enablePush, value: 0),
      HTTP2Setting(parameter: .initialWindowSize, value: window),
    ]
    connection.targetWindowSize = 16 << 20
    var stream = NIOHTTP2Handler.StreamConfiguration()
    stream.targetWindowSize = window
    return try channel.pipeline.syncOperations.configureHTTP2Pipeline(
      mode: .client, connectionConfiguration: connection, streamConfiguration: stream
    ) { $0.close() }
  }

  /// Opens a stream.
  ///
  /// - Parameters:
  ///   - cluster: `node.cluster`, which names the Gateway where there are no credentials.
  ///   - node: `node.id`.
  ///   - headers: Added to the request's headers, such as `authorization`.
  package func open(
    _ speaking: ADSProtocol, cluster: String, node: String = "test", headers: [(String, String)] = []
  ) async throws -> ADSClientStream {
    var block = HPACKHeaders([
      (":method", "POST"), (":scheme", "http"), (":path", speaking.path), (":authority", authority),
      ("content-type", "application/grpc"), ("te", "trailers"), ("user-agent", "scripted-ads-client"),
    ])
    block.add(contentsOf: headers)
    let request = block
    let opened = channel.eventLoop.makePromise(of: ADSClientStream.self)
    multiplexer.createStreamChannel(promise: nil) { stream in
      stream.eventLoop.makeCompletedFuture {
        let handler = ADSClientHandler(speaking: speaking, eventLoop: stream.eventLoop)
        try stream.pipeline.syncOperations.addHandler(handler)
        let bound = NIOLoopBound(handler, eventLoop: stream.eventLoop)
        opened.succeed(
          ADSClientStream(channel: stream, handler: bound, speaking: speaking, cluster: cluster, node: node))
        stream.write(HTTP2Frame.FramePayload.headers(.init(headers: request)), promise: nil)
      }
    }
    channel.closeFuture.whenComplete { _ in
      opened.fail(ADSClientError.ended(status: nil, message: "the connection is closed"))
    }
    return try await opened.futureResult.get()
  }

  /// Closes the connection with all its streams.
  package func close() async {
    try? await channel.close().get()
  }

  /// Waits until the connection is closed, by whichever side.
  package func waitUntilClosed() async {
    try? await channel.closeFuture.get()
  }
}

extension String {
  /// Whether this is an IP address, which has no place in TLS's server name.
  fileprivate var isAddress: Bool {
    (try? SocketAddress(ipAddress: self, port: 0)) != nil
  }
}
