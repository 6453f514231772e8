import Controller
import Deployer
import FoundationEssentials
import KubernetesAPI
import KubernetesClient
import Logging
import ServiceLifecycle
import ServingCertificates

/// The part of this replica in the election of the leader. Ended after those who write, and gives the Lease back then.
struct LeaderService: ServiceLifecycle.Service {
  let elector: LeaderElector?
  /// Yields each time when this replica begins to lead; what was not seen yet is one.
  let terms: AsyncStream<Void>
  /// What this replica holds the Lease as.
  let identity = LeaderElector.uniqueIdentity(of: ReplicaName.own)
  /// Which other replica leads.
  let location = LeaderLocation()

  /// - Parameters:
  ///   - options: without an election this replica leads from the beginning.
  ///   - address: where other replicas reach this one.
  init(
    _ options: LeaderElectionOptions, client: KubernetesClient, leadership: Leadership, address: String?,
    logger: Logger
  ) {
    let (terms, term) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    self.terms = terms
    guard options.leaderElection else {
      elector = nil
      term.yield()
      return
    }
    let lease = options.lease
    elector = LeaderElector(
      client: client, lease: lease, identity: identity, settings: options.settings, leadership: leadership,
      address: address, location: location
    ) { [identity] notice in
      Self.log(notice, lease, identity, logger)
      if notice == .began { term.yield() }
    }
  }

  func run() async throws {
    await cancelWhenGracefulShutdown { await elector?.run() }
    // A service that returns ends the program.
    try await gracefulShutdown()
  }

  private static func log(
    _ notice: LeaderElection.Notice, _ lease: NamespacedName, _ identity: String, _ logger: Logger
  ) {
    switch notice {
    case .began:
      logger.notice("leads from now on, and writes to the Kubernetes API (Lease \(lease), held as \(identity))")
    case .ended(let reason?):
      logger.warning("leads no more, and writes nothing until it does again: \(reason)")
    case .ended(nil):
      logger.notice("leads no more: it ends, and releases the Lease \(lease)")
    case .follows(let holder):
      logger.notice("\(holder) leads, and writes to the Kubernetes API; this replica serves proxies (Lease \(lease))")
    case .refused(let problem):
      logger.warning(
        """
        cannot take part in the election of the leader, and writes nothing: \(problem); it needs the namespace \
        \(lease.namespace) (--leader-election-namespace), and get, create and update on leases in it; a replica that is \
        alone does without (--no-leader-election)
        """)
    }
  }
}

/// What is done at the beginning of each term in which this replica leads.
struct LeaderDuties: ServiceLifecycle.Service {
  let terms: AsyncStream<Void>
  let reconciler: Reconciler
  let classes: GatewayClassInstaller
  /// Nil where xDS is served without TLS.
  let certificates: (any ServingIdentitySource)?
  /// Nil where others deploy the proxies.
  let deployer: Deployer?

  func run() async throws {
    await cancelWhenGracefulShutdown {
      await withDiscardingTaskGroup { group in
        // By itself: it may go on for as long as a term does, and the next one is not to wait for it.
        let (installations, installation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        group.addTask { for await _ in installations { await classes.install() } }
        for await _ in terms {
          certificates?.leads()
          await reconciler.lookAtAllStatuses()
          await deployer?.beginTerm(with: reconciler.knownGateways)
          installation.yield()
        }
        group.cancelAll()
      }
    }
    // A service that returns ends the program.
    try await gracefulShutdown()
  }
}
