import NIOCore
import NIOHTTP2

/// The channel handlers of one connection and of each of its streams.
enum GRPCPipeline {
  /// Makes a channel that carries HTTP/2's bytes a gRPC connection. To be called on the channel's event loop.
  static func configure(
    _ channel: any Channel, connection: GRPCConnectionHandler, configuration: GRPCServer.Configuration,
    router: GRPCRouter
  ) throws {
    let limits = GRPCStreamStateMachine.Limits(
      message: configuration.maximumMessageLength, headerList: configuration.maximumHeaderListLength)
    let boundConnection = NIOLoopBound(connection, eventLoop: channel.eventLoop)
    let sync = channel.pipeline.syncOperations
    _ = try sync.configureHTTP2Pipeline(
      mode: .server, connectionConfiguration: connectionConfiguration(configuration),
      streamConfiguration: streamConfiguration(configuration)
    ) { stream in
      stream.eventLoop.makeCompletedFuture {
        try stream.syncOptions?.setOption(.autoRead, value: false)
        try stream.pipeline.syncOperations.addHandler(
          GRPCStreamHandler(router: router, limits: limits, connection: boundConnection.value))
      }
    }
    try sync.addHandler(connection)
  }

  private static func connectionConfiguration(
    _ configuration: GRPCServer.Configuration
  ) -> NIOHTTP2Handler.ConnectionConfiguration {
    var connection = NIOHTTP2Handler.ConnectionConfiguration()
    connection.initialSettings = [
      HTTP2Setting(parameter: .maxConcurrentStreams, value: configuration.maximumConcurrentStreams),
      // Over this HTTP/2 ends the connection; gRPC's own limit, which ends one call with a status, comes first.
      HTTP2Setting(parameter: .maxHeaderListSize, value: 2 * configuration.maximumHeaderListLength),
      HTTP2Setting(parameter: .initialWindowSize, value: configuration.receiveWindow),
    ]
    // The connection's window is shared by its streams and is given back as frames arrive; each stream is bounded by
    // its own.
    connection.targetWindowSize = 4 * configuration.receiveWindow
    connection.controlFrameRateLimit.maximumCount = configuration.maximumControlFrames
    connection.controlFrameRateLimit.windowLength = .seconds(5)
    return connection
  }

  private static func streamConfiguration(
    _ configuration: GRPCServer.Configuration
  ) -> NIOHTTP2Handler.StreamConfiguration {
    var stream = NIOHTTP2Handler.StreamConfiguration()
    stream.targetWindowSize = configuration.receiveWindow
    // A message that is shared costs nothing while it waits, but the next one should be the newest state: so the
    // marks are low, and a stream is writable again when its last message is nearly out.
    stream.outboundBufferSizeHighWatermark = 16 << 10
    stream.outboundBufferSizeLowWatermark = 4 << 10
    return stream
  }
}
