import AdminServer
import ArgumentParser
import Controller
import FoundationEssentials
import KubernetesAPI
import Logging
import ServiceLifecycle

struct StandaloneCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "standalone",
    abstract: "Runs without a cluster: a folder of manifests, and a local Envoy for each Gateway.",
    discussion: """
      The manifests are what you would apply to a cluster (Gateway, HTTPRoute, HTTPListenerPolicy, Service, \
      EndpointSlice ...). The folder is watched: save a file and the proxies run it a moment later. A file that is \
      wrong keeps what it gave before, and the log says what is wrong and where.

      What Envoy refuses never reaches a proxy: changed listeners run through 'envoy --mode validate' first, with the \
      Envoy that is started.

      Each Envoy's standard output is this process's own, so that access logs to /dev/stdout are seen here.
      """)

  @Option(help: ArgumentHelp("The folder of manifests (.yaml, .yml, .json), or one file.", valueName: "dir"))
  var manifests: String

  @Option(help: ArgumentHelp("The Envoy to start for each Gateway. Default: envoy, from PATH.", valueName: "path"))
  var envoy: String?

  @Option(
    help: ArgumentHelp(
      "Where the first Envoy has its admin interface. Default: nowhere.",
      discussion: "Its metrics are at /stats/prometheus. Each further Envoy has the next port that none of them has.",
      valueName: "host:port"))
  var envoyAdminAddress: ListenAddress?

  @Flag(help: "Start no Envoy; serve those that connect to --xds-address.")
  var noEnvoy = false

  @Flag(help: "Send changed listeners to the proxies without a check by Envoy.")
  var noValidateWithEnvoy = false

  @OptionGroup var validation: ValidationOptions
  @OptionGroup(title: "Translation") var translation: TranslationOptions
  @OptionGroup(title: "Translation") var resolve: ResolveOptions
  @OptionGroup(title: "Addresses (this machine only, unless told otherwise)") var server: ServerOptions
  @OptionGroup(title: "Metrics") var metrics: MetricsOptions
  @OptionGroup(title: "Logging") var logging: LogOptions

  func validate() throws {
    guard FileManager.default.fileExists(atPath: manifests) else {
      throw ValidationError("--manifests \(manifests): there is no such file or folder")
    }
    if noValidateWithEnvoy, validation.validateWithEnvoy != nil {
      throw ValidationError("--validate-with-envoy and --no-validate-with-envoy exclude each other; remove one")
    }
  }

  func run() async throws {
    MemoryArenas.limit()
    let binary = noEnvoy ? nil : try EnvoyBinary.locate(envoy)
    let checker = try validation.validateWithEnvoy.map(EnvoyBinary.forValidation) ?? binary
    let addresses = try server.resolved(loopback: true)
    let logger = logging.logger()
    let controlPlane = ControlPlane(
      settings: translation.settings(resolve: resolve.addresses), addresses: addresses, statusSink: NoStatus(),
      metrics: ControlPlane.makeMetrics(nativeHistograms: try metrics.keepsNativeHistograms()), logger: logger,
      validator: noValidateWithEnvoy ? nil : checker.map { EnvoyValidator(envoy: $0, sharesFiles: true) })
    let port = try await controlPlane.listen()
    let xds = ListenAddress(host: addresses.xds.reachable.host, port: port)
    logger.notice("standalone on \(manifests); proxies connect to \(xds), metrics on \(addresses.metrics)/metrics")

    let supervisor = binary.map { binary in
      EnvoySupervisor(
        envoy: binary, controlPlane: xds, admin: envoyAdminAddress, gateways: controlPlane.reconciler.servedGateways,
        logger: logger)
    }
    let source = FileSource(root: manifests, builtIn: Self.gatewayClasses, logger: logger)
    try await controlPlane.run(source: source, others: supervisor.map { [$0] } ?? [])
  }

  /// What an installation brings into a cluster.
  static let gatewayClasses = ControllerIdentity.classNames.map { name in
    KubernetesObject.gatewayClass(
      GatewayClass(metadata: ObjectMeta(name: name), controllerName: ControllerIdentity.controllerName))
  }
}
