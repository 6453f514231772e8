package import GRPCServer
package import Logging
import NIOCore
import Synchronization

/// Envoy's aggregated discovery service, delta and state of the world, on a snapshot store.
package struct ADSService: Sendable {
  /// What a client may make the service do.
  package struct Limits: Sendable {
    /// How many names a stream may have in play for one type.
    package var names = 50_000

    /// The longest request, in bytes. The server's own limit holds as well.
    package var requestLength = 4 << 20

    package init() {}
  }

  private let context: ADSContext

  /// - Parameters:
  ///   - authenticator: Binds each stream to a Gateway before anything is served.
  ///   - observer: Hears what proxies do.
  package init(
    store: SnapshotStore, authenticator: any StreamAuthenticator, observer: any XDSObserver, logger: Logger,
    limits: Limits = Limits()
  ) {
    context = ADSContext(
      store: store, authenticator: authenticator, observer: observer, logger: logger, limits: limits)
  }

  /// Adds the service's two methods.
  package func register(in router: inout GRPCRouter) {
    let service = "/envoy.service.discovery.v3.AggregatedDiscoveryService"
    router.stream("\(service)/DeltaAggregatedResources") { [context] call in
      ADSStream<DeltaProtocol>(call: call, context: context)
    }
    router.stream("\(service)/StreamAggregatedResources") { [context] call in
      ADSStream<StateOfTheWorldProtocol>(call: call, context: context)
    }
  }
}

/// What all streams of a service share.
final class ADSContext: Sendable {
  let store: SnapshotStore
  let authenticator: any StreamAuthenticator
  let observer: any XDSObserver
  let logger: Logger
  let limits: ADSService.Limits

  private let loops = Mutex<[ObjectIdentifier: NIOLoopBound<LoopStreams>]>([:])

  init(
    store: SnapshotStore, authenticator: any StreamAuthenticator, observer: any XDSObserver, logger: Logger,
    limits: ADSService.Limits
  ) {
    self.store = store
    self.authenticator = authenticator
    self.observer = observer
    self.logger = logger
    self.limits = limits
  }

  /// The streams of an event loop; to be called on it.
  func streams(of eventLoop: any EventLoop) -> LoopStreams {
    loops.withLock {
      if let known = $0[ObjectIdentifier(eventLoop)] { return known }
      let new = NIOLoopBound(LoopStreams(store: store, eventLoop: eventLoop), eventLoop: eventLoop)
      $0[ObjectIdentifier(eventLoop)] = new
      return new
    }.value
  }
}
