import NIOCore

/// The open streams of one event loop by Gateway. Lives on that loop.
///
/// A publication is one task here: it walks the streams of its Gateway, which share what is newest and the responses.
final class LoopStreams {
  private let store: SnapshotStore
  private let eventLoop: any EventLoop
  private var groups: [GatewayID: StreamGroup] = [:]

  init(store: SnapshotStore, eventLoop: any EventLoop) {
    self.store = store
    self.eventLoop = eventLoop
  }

  /// Adds a stream.
  ///
  /// - Returns: Its group, and the generation up to which it has nothing to acknowledge.
  func add(_ stream: any GroupedStream, to gateway: GatewayID) -> (group: StreamGroup, generation: UInt64) {
    let group = groups[gateway] ?? StreamGroup()
    groups[gateway] = group
    group.streams[ObjectIdentifier(stream)] = stream
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    let (served, generation) = store.attach(to: gateway, loop: ObjectIdentifier(self)) { [eventLoop] in
      eventLoop.execute { bound.value.walk(gateway) }
    }
    group.newest = served
    return (group, generation)
  }

  /// Takes a stream away.
  ///
  /// - Returns: How long the newest publication took, if this stream was the last that it waited for.
  func remove(_ stream: any GroupedStream, from gateway: GatewayID, acknowledged: UInt64) -> Duration? {
    groups[gateway]?.streams[ObjectIdentifier(stream)] = nil
    if groups[gateway]?.streams.isEmpty == true { groups[gateway] = nil }
    return store.detach(
      from: gateway, loop: ObjectIdentifier(self), stream: ObjectIdentifier(stream), acknowledged: acknowledged)
  }

  private func walk(_ gateway: GatewayID) {
    let newest = store.take(gateway, for: ObjectIdentifier(self))
    guard let group = groups[gateway], let newest else { return }
    group.newest = newest
    for stream in group.streams.values {
      stream.advance()
    }
  }
}

/// The streams of one Gateway on one event loop.
final class StreamGroup {
  var streams: [ObjectIdentifier: any GroupedStream] = [:]

  /// What the streams are to reach; `nil` as long as their Gateway is not known.
  var newest: Served?

  let cache = TransitionCache()
}

/// A stream as its group sees it.
protocol GroupedStream: AnyObject {
  /// Sends what there is to send now, unless the client does not keep up.
  func advance()
}
