import Controller
import Deployer
import KubernetesAPI
import ServiceLifecycle
import ServingCertificates
import Synchronization

extension Deployer: DeploymentSink {}

/// The deployer as a service: what is deployed comes from the reconciler, and what became of it goes back there.
struct DeployerService: ServiceLifecycle.Service {
  let deployer: Deployer
  let reconciler: Reconciler
  private let certificates: (any ServingIdentitySource)?
  private let settings: ProxySettings

  /// - Parameters:
  ///   - certificates: whose authorities proxies are told; nil where xDS is served without TLS.
  ///   - settings: what else proxies are told.
  init(
    deployer: Deployer, reconciler: Reconciler, certificates: (any ServingIdentitySource)?, settings: DeployerSettings
  ) {
    self.deployer = deployer
    self.reconciler = reconciler
    self.certificates = certificates
    self.settings = ProxySettings(settings, awaitsAuthorities: certificates != nil)
  }

  func run() async throws {
    await cancelWhenGracefulShutdown {
      await withDiscardingTaskGroup { group in
        group.addTask { await followAuthorities() }
        await deploy()
        group.cancelAll()
      }
    }
  }

  /// What proxies trust changes with the authorities that may sign the server's certificate.
  private func followAuthorities() async {
    guard let certificates else { return }
    for await checked in certificates.identities() where settings.take(authorities: checked.identity.authorities) {
      await deployer.deploymentChanged(of: reconciler.knownGateways)
    }
  }

  private func deploy() async {
    await deployer.run { gateway in
      switch await reconciler.deploymentClaim(on: gateway) {
      case .managed(let inputs):
        guard let settings = settings.current else { return .ignore }
        return DeploymentIntent(inputs, settings: settings)
      case .foreign(let gateway):
        return .withdraw(GatewayIdentity(gateway.metadata.id, uid: gateway.metadata.uid))
      case .unknown:
        return .ignore
      }
    } judgement: { gateway, problems in
      await reconciler.judged(gateway, problems)
    } report: { gateway, report in
      await reconciler.deployed(gateway, report)
    }
  }
}

/// What proxies are told now.
private final class ProxySettings: Sendable {
  /// Nil as long as it is not known which authorities proxies are to trust.
  private let value: Mutex<DeployerSettings?>
  private let base: DeployerSettings

  init(_ settings: DeployerSettings, awaitsAuthorities: Bool) {
    base = settings
    value = Mutex(awaitsAuthorities ? nil : settings)
  }

  var current: DeployerSettings? { value.withLock { $0 } }

  /// - Returns: whether they are others than those before.
  func take(authorities: [UInt8]) -> Bool {
    var settings = base
    settings.transport = .tls(authorities: authorities)
    return value.withLock { value in
      guard value != settings else { return false }
      value = settings
      return true
    }
  }
}
