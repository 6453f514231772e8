import NIOCore
import NIOHTTP2
import Synchronization

/// The connections that requests came on, so that they can be broken off.
final class OpenConnections: Sendable {
  private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

  func insert(_ channel: any Channel) {
    // The parent of a connection is the listening socket, which has none; that of an HTTP/2 stream is a connection.
    let isStream = channel.parent?.parent != nil
    let connection = isStream ? channel.parent ?? channel : channel
    let identifier = ObjectIdentifier(connection)
    let isNew = channels.withLock { $0.updateValue(connection, forKey: identifier) == nil }
    guard isNew else { return }
    // Without this, a client that goes away leaves a half-open connection, on which a watch would wait for ever.
    _ = connection.setOption(.allowRemoteHalfClosure, value: false)
    connection.closeFuture.whenComplete { [weak self] _ in
      self?.channels.withLock { $0[identifier] = nil }
    }
  }

  /// Tells every client of HTTP/2 that its connection takes no more requests (GOAWAY); those that are there go on.
  func sendGoAway() {
    let open = channels.withLock { Array($0.values) }
    for channel in open {
      channel.eventLoop.execute {
        guard (try? channel.pipeline.syncOperations.handler(type: NIOHTTP2Handler.self)) != nil else { return }
        let payload = HTTP2Frame.FramePayload.goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil)
        channel.writeAndFlush(HTTP2Frame(streamID: .rootStream, payload: payload), promise: nil)
      }
    }
  }

  func closeAll() {
    let open = channels.withLock { Array($0.values) }
    for channel in open { channel.close(promise: nil) }
  }
}
