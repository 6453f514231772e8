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
  @OptionGroup(title: "Proxies") var deployment: DeployerOptions
  @OptionGroup(title: "Security of xDS") var security: XDSSecurityOptions
  @OptionGroup(title: "The certificate of xDS") var certificate: ServingCertificateOptions
  @OptionGroup(title: "Leader election") var election: LeaderElectionOptions
  @OptionGroup(title: "Other replicas") var replicas: ReplicaOptions
  @OptionGroup(title: "Logging") var logging: LogOptions

  func validate() throws {
    if security.xdsPlaintext, let flag = certificate.firstGiven {
      throw ValidationError("\(flag): is of no use with --xds-plaintext; remove one of the two")
    }
  }

  func run() async throws {
    let logger = logging.logger()
    var settings = translation.settings()
    // Those that others run listen where their Gateway says.
    settings.portBinding = deployment.deployer ? .unprivileged : .direct
    let checker = try validation.validateWithEnvoy.map(EnvoyBinary.forValidation)
    let access = try ClusterAccess.find(
      kubeconfig: kubeconfig, context: context, environment: ProcessInfo.processInfo.environment)
    let client = try KubernetesClient(access, userAgent: "kgateway/\(Version.number)")
    var security = security.resolved(client: client, logger: logger)
    security.operatorAccount = replicas.account
    let addresses = try server.resolved(loopback: false)
    let metrics = ControlPlane.makeMetrics()
    let leadership: Leadership = election.leaderElection ? .elected : .alone
    metrics.leader.compute { leadership.isLeader ? 1 : 0 }
    let certificates =
      self.security.xdsPlaintext
      ? nil : try await certificate.source(client: client, leadership: leadership, logger: logger)
    let leader = LeaderService(
      election, client: client, leadership: leadership, address: replicas.address(xds: addresses.xds), logger: logger)
    let authorities = TrustedAuthorities()
    let exchange = ReplicaExchange(
      identity: leader.identity, leadership: leadership, location: leader.location, account: replicas.account,
      reviewer: KubernetesTokenReviewer(client: client), tokenPath: replicas.replicaToken,
      serverName: certificates == nil ? nil : certificate.service.host, authorities: authorities)
    let events = EventWriter(
      client: client, controllerName: settings.controllerName, instance: ReplicaName.own,
      leadership: leadership, logger: logger)
    let statuses = StatusWriter(
      client: client, controllerName: settings.controllerName, metrics: metrics, logger: logger,
      leadership: leadership, events: events)
    let deployer =
      deployment.deployer
      ? Deployer(client: client, leadership: leadership, metrics: metrics, logger: logger) : nil
    let controlPlane = ControlPlane(
      settings: settings, addresses: addresses, statusSink: statuses, metrics: metrics, logger: logger,
      deploymentSink: deployer, validator: checker.map { EnvoyValidator(envoy: $0, sharesFiles: false) },
      security: security, exchange: election.leaderElection ? exchange : nil,
      awaited: { (certificates?.awaited).map { [$0] } ?? [] })
    let port = try await controlPlane.listen()
    logger.notice("running against \(access.server); proxies connect to port \(port)")

    // The last is ended first: who leads has to have written before the Lease is released.
    var others: [any ServiceLifecycle.Service] = [
      leader, ServingCertificateService(source: certificates, controlPlane: controlPlane, authorities: authorities),
      StatusService(writer: statuses, reconciler: controlPlane.reconciler), EventService(writer: events),
    ]
    if let deployer {
      others.append(
        DeployerService(
          deployer: deployer, reconciler: controlPlane.reconciler, certificates: certificates,
          settings: deployment.settings(xds: certificate.service, sendsToken: self.security.xdsAuth == .token)))
    }
    others.append(
      LeaderDuties(
        terms: leader.terms, reconciler: controlPlane.reconciler,
        classes: GatewayClassInstaller(
          names: classes.createGatewayClasses.names, client: client, leadership: leadership, logger: logger),
        certificates: certificates, deployer: deployer))
    try await controlPlane.run(
      source: KubernetesSource(client: client, metrics: metrics, logger: logger), others: others)
    await client.shutdown()
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
