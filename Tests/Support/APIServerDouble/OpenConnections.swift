import NIOCore
import NIOHTTP2
import Synchronization

/// The connections that requests came on, so that they can be counted, and broken off.
final class OpenConnections: Sendable {
  private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])
  private let made = Atomic(0)
  /// How many streams an HTTP/2 connection may have at once; nil for the HTTP server's own bound.
  private let maximumStreams: Int?

  init(maximumStreams: Int?) {
    self.maximumStreams = maximumStreams
  }

  /// How many are open, and how many there were in all.
  var count: (open: Int, made: Int) { (channels.withLock(\.count), made.load(ordering: .relaxed)) }

  func insert(_ channel: any Channel) {
    // The parent of a connection is the listening socket, which has none; that of an HTTP/2 stream is a connection.
    let isStream = channel.parent?.parent != nil
    let connection = isStream ? channel.parent ?? channel : channel
    let identifier = ObjectIdentifier(connection)
    let isNew = channels.withLock { $0.updateValue(connection, forKey: identifier) == nil }
    guard isNew else { return }
    made.add(1, ordering: .relaxed)
    if isStream, let maximumStreams { bound(connection, maximumStreams) }
    // Without this, a client that goes away leaves a half-open connection, on which a watch would wait for ever.
    _ = connection.setOption(.allowRemoteHalfClosure, value: false)
    connection.closeFuture.whenComplete { [weak self] _ in
      self?.channels.withLock { $0[identifier] = nil }
    }
  }

  /// Tells the client the bound before its first request is answered, as a server does that has it from the start.
  private func bound(_ connection: any Channel, _ streams: Int) {
    let settings = [HTTP2Setting(parameter: .maxConcurrentStreams, value: streams)]
    connection.writeAndFlush(HTTP2Frame(streamID: .rootStream, payload: .settings(.settings(settings))), promise: nil)
  }

  /// Asks every client of HTTP/2 to make its next requests elsewhere (GOAWAY); what is under way goes on.
  func quiesce() {
    let open = channels.withLock { Array($0.values) }
    for channel in open {
      channel.eventLoop.execute { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }
  }

  func closeAll() {
    let open = channels.withLock { Array($0.values) }
    for channel in open { channel.close(promise: nil) }
  }
}
