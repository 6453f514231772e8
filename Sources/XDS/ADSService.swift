package import GRPCServer
package import Logging
package import NIOCore
import Synchronization

/// Envoy's aggregated discovery service, delta and state of the world, on a snapshot store.
package struct ADSService: Sendable {
  /// What a client may make the service do.
  package struct Limits: Sendable {
    /// How many names a stream may have in play for one type.
    package var names = 50_000

    /// The longest request, in bytes. The server's own limit holds as well.
    package var requestLength = 4 << 20

    /// How many streams a Gateway may have. Each of its proxies has one, and for a moment two when it connects anew, so
    /// this is room for 500 pods; it keeps whoever has one token from taking all the connections of the server.
    package var streamsPerGateway = 1_000

    /// How long a stream may take to say whose it is, and to be believed. Envoy asks at once, so only a token that
    /// waits for its review takes a while.
    package var openingTime = TimeAmount.seconds(30)

    /// How long a client that comes back may take until it has asked for all that it has; as long, what it did not ask
    /// for may be in use. Envoy asks at once, but for clusters as long as one of them waits for its endpoints: until
    /// `initial_fetch_timeout` is over, 15 s unless set.
    package var returnTime = TimeAmount.seconds(20)

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
  /// For streams that are not served.
  let refusals = ThrottledLog()
  /// For what proxies of ours do wrong.
  let complaints = ThrottledLog()

  private let streamCounts = Mutex<[GatewayID: Int]>([:])
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

  /// Counts one more stream of a Gateway; false if it has as many as it may have.
  func admitStream(of gateway: GatewayID) -> Bool {
    streamCounts.withLock {
      guard $0[gateway, default: 0] < limits.streamsPerGateway else { return false }
      $0[gateway, default: 0] += 1
      return true
    }
  }

  /// Counts a stream no more that was admitted.
  func releaseStream(of gateway: GatewayID) {
    streamCounts.withLock {
      let left = $0[gateway, default: 0] - 1
      $0[gateway] = left > 0 ? left : nil
    }
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
