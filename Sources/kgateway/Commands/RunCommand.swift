import ArgumentParser
import Controller
import Deployer
import FoundationEssentials
import KubernetesAPI
import KubernetesClient
import Logging
import PrometheusMetrics
import ServiceLifecycle
import ServingCertificates
import Translator

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Runs as the operator of a Kubernetes cluster.",
    discussion: """
      Watches Gateways, HTTPRoutes, HTTPListenerPolicies and what they refer to, serves their configuration to the \
      proxies over xDS, deploys those proxies, and writes what it made of each object into the object's status. What is \
      refused, and its recovery, is told by Events as well. Of several replicas all serve proxies, and one, which holds \
      a Lease, writes.

      Credentials: --kubeconfig, else $KUBECONFIG, else those of the pod that this runs in, else ~/.kube/config.
      """)

  @Option(help: ArgumentHelp("A kubeconfig file.", valueName: "path"))
  var kubeconfig: String?

  @Option(help: ArgumentHelp("The kubeconfig's context to use. Default: its current one.", valueName: "name"))
  var context: String?

  @OptionGroup var validation: ValidationOptions
  @OptionGroup var classes: GatewayClassOptions
  @OptionGroup(title: "Translation") var translation: TranslationOptions
  @OptionGroup(title: "Addresses (every interface, unless told otherwise)") var server: ServerOptions
  @OptionGroup(title: "The API server") var watch: WatchOptions
  @OptionGroup(title: "Proxies") var deployment: DeployerOptions
  @OptionGroup(title: "Security of xDS") var security: XDSSecurityOptions
  @OptionGroup(title: "The certificate of xDS") var certificate: ServingCertificateOptions
  @OptionGroup(title: "Leader election") var election: LeaderElectionOptions
  @OptionGroup(title: "Other replicas") var replicas: ReplicaOptions
  @OptionGroup(title: "Metrics") var metrics: MetricsOptions
  @OptionGroup(title: "Logging") var logging: LogOptions

  func validate() throws {
    if security.xdsPlaintext, let flag = certificate.firstGiven {
      throw ValidationError("\(flag): is of no use with --xds-plaintext; remove one of the two")
    }
  }

  func run() async throws {
    MemoryArenas.limit()
    let logger = logging.logger()
    let checker = try validation.validateWithEnvoy.map(EnvoyBinary.forValidation)
    let access = try ClusterAccess.find(
      kubeconfig: kubeconfig, context: context, environment: ProcessInfo.processInfo.environment)
    let client = try KubernetesClient(access, userAgent: "kgateway/\(Version.number)")
    let parts = try await OperatorParts(self, client: client, logger: logger)
    let controlPlane = try makeControlPlane(parts, checker: checker)
    let port = try await controlPlane.listen()
    logger.notice("running against \(access.server); proxies connect to port \(port)")
    try await controlPlane.run(
      source: KubernetesSource(
        client: client, metrics: parts.metrics, logger: logger, silence: watch.watchSilence.duration),
      others: services(parts, controlPlane))
    await client.shutdown()
  }

  private func makeControlPlane(_ parts: OperatorParts, checker: String?) throws -> ControlPlane {
    var settings = translation.settings()
    // Those that others run listen where their Gateway says.
    settings.portBinding = deployment.deployer ? .unprivileged : .direct
    var security = security.resolved(client: parts.client, logger: parts.logger)
    security.operatorAccount = replicas.account
    return ControlPlane(
      settings: settings, addresses: parts.addresses, statusSink: parts.statuses, metrics: parts.metrics,
      logger: parts.logger, deploymentSink: parts.deployer,
      validator: checker.map { EnvoyValidator(envoy: $0, sharesFiles: false) }, security: security,
      exchange: parts.exchange,
      awaited: { [certificates = parts.certificates] in
        (certificates?.awaited).map { [$0] } ?? []
      })
  }

  /// What runs beside the control plane. The last is ended first: who leads has to have written before the Lease is
  /// released.
  private func services(_ parts: OperatorParts, _ controlPlane: ControlPlane) -> [any ServiceLifecycle.Service] {
    let reconciler = controlPlane.reconciler
    var services: [any ServiceLifecycle.Service] = [
      parts.leader,
      ServingCertificateService(
        source: parts.certificates, controlPlane: controlPlane, authorities: parts.authorities),
      StatusService(writer: parts.statuses, reconciler: reconciler), EventService(writer: parts.events),
    ]
    if let deployer = parts.deployer {
      services.append(
        DeployerService(
          deployer: deployer, reconciler: reconciler, certificates: parts.certificates,
          settings: deployment.settings(xds: certificate.service, sendsToken: security.xdsAuth == .token)))
    }
    services.append(
      LeaderDuties(
        terms: parts.leader.terms, reconciler: reconciler,
        classes: GatewayClassInstaller(
          names: classes.createGatewayClasses.names, client: parts.client, leadership: parts.leadership,
          logger: parts.logger),
        certificates: parts.certificates, deployer: parts.deployer))
    return services
  }
}

/// What the operator is made of beside the control plane: who leads, what only the leader writes, and the certificate.
private struct OperatorParts {
  let client: KubernetesClient
  let logger: Logger
  let metrics: ControlPlaneMetrics
  let addresses: ServerOptions.Resolved
  let leadership: Leadership
  let leader: LeaderService
  /// Nil where xDS is served without TLS.
  let certificates: (any ServingIdentitySource)?
  let authorities = TrustedAuthorities()
  /// Nil for a replica that is alone.
  let exchange: ReplicaExchange?
  let events: EventWriter
  let statuses: StatusWriter
  /// Nil where others deploy the proxies.
  let deployer: Deployer?

  init(_ command: RunCommand, client: KubernetesClient, logger: Logger) async throws {
    self.client = client
    self.logger = logger
    let metrics = ControlPlane.makeMetrics(
      nativeHistograms: try command.metrics.keepsNativeHistograms())
    let leadership: Leadership = command.election.leaderElection ? .elected : .alone
    metrics.leader.compute { leadership.isLeader ? 1 : 0 }
    (self.metrics, self.leadership) = (metrics, leadership)
    addresses = try command.server.resolved(loopback: false)
    certificates =
      command.security.xdsPlaintext
      ? nil : try await command.certificate.source(client: client, leadership: leadership, logger: logger)
    leader = LeaderService(
      command.election, client: client, leadership: leadership,
      address: command.replicas.address(xds: addresses.xds), logger: logger)
    exchange =
      command.election.leaderElection
      ? ReplicaExchange(
        identity: leader.identity, leadership: leadership, location: leader.location,
        account: command.replicas.account, reviewer: KubernetesTokenReviewer(client: client),
        tokenPath: command.replicas.replicaToken,
        serverName: certificates == nil ? nil : command.certificate.service.host, authorities: authorities) : nil
    events = EventWriter(
      client: client, controllerName: ControllerIdentity.controllerName, instance: ReplicaName.own,
      leadership: leadership, logger: logger)
    statuses = StatusWriter(
      client: client, controllerName: ControllerIdentity.controllerName, metrics: metrics, logger: logger,
      leadership: leadership, events: events)
    deployer =
      command.deployment.deployer
      ? Deployer(client: client, leadership: leadership, metrics: metrics, logger: logger) : nil
  }
}

/// The status writer as a service.
private struct StatusService: ServiceLifecycle.Service {
  let writer: StatusWriter
  let reconciler: Reconciler

  func run() async throws {
    await cancelWhenGracefulShutdown { await writer.run { await reconciler.status(of: $0) } }
  }
}

/// The writer of Events as a service.
private struct EventService: ServiceLifecycle.Service {
  let writer: EventWriter

  func run() async throws { await cancelWhenGracefulShutdown { await writer.run() } }
}
