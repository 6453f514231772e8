import Controller
import Deployer
import KubernetesAPI
import ServiceLifecycle

extension Deployer: DeploymentSink {}

/// The deployer as a service: what is deployed comes from the reconciler, and what became of it goes back there.
struct DeployerService: ServiceLifecycle.Service {
  let deployer: Deployer
  let reconciler: Reconciler
  let settings: DeployerSettings

  func run() async throws {
    await cancelWhenGracefulShutdown {
      await deployer.run { gateway in
        switch await reconciler.deploymentClaim(on: gateway) {
        case .managed(let inputs): DeploymentIntent(inputs, settings: settings)
        case .foreign(let gateway): .withdraw(GatewayIdentity(gateway.metadata.id, uid: gateway.metadata.uid))
        case .unknown: .ignore
        }
      } report: { gateway, report in
        await reconciler.deployed(gateway, report)
      }
    }
  }
}
