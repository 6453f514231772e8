import Controller
import Deployer
import KubernetesAPI
import ServiceLifecycle

extension Deployer: DeploymentSink {}

/// The deployer as a service: what is deployed comes from the reconciler, and what became of it goes back there.
struct DeployerService: ServiceLifecycle.Service {
  let deployer: Deployer
  let reconciler: Reconciler
  /// What proxies are told now; nil while it is not known, as before there is a certificate. Whoever changes it calls
  /// ``Deployer/deploymentChanged(of:)`` with ``Reconciler/knownGateways``.
  let settings: @Sendable () async -> DeployerSettings?

  func run() async throws {
    await cancelWhenGracefulShutdown {
      await deployer.run { gateway in
        switch await reconciler.deploymentClaim(on: gateway) {
        case .managed(let inputs):
          guard let settings = await settings() else { return .ignore }
          return DeploymentIntent(inputs, settings: settings)
        case .foreign(let gateway):
          return .withdraw(GatewayIdentity(gateway.metadata.id, uid: gateway.metadata.uid))
        case .unknown:
          return .ignore
        }
      } report: { gateway, report in
        await reconciler.deployed(gateway, report)
      }
    }
  }
}
