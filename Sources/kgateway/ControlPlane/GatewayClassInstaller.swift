import JSON
import KubernetesAPI
import KubernetesClient
import Logging
import ServiceLifecycle

/// Creates the GatewayClasses that Gateways name, where the installation has not. One that is there is left as it is.
struct GatewayClassInstaller: ServiceLifecycle.Service {
  let client: KubernetesClient
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      for name in ControllerIdentity.classNames { await create(name) }
    }
    // A service that returns ends the program.
    try await gracefulShutdown()
  }

  /// Until it worked, or will never work.
  private func create(_ name: String) async {
    var pause = Duration.seconds(1)
    while !Task.isCancelled {
      do {
        try await client.create(
          APIResource(.gatewayClass), NamespacedName(namespace: "", name: name), object: Self.object(name))
        logger.notice("created GatewayClass \(name)")
        return
      } catch KubernetesError.status(let status, _) where status.code == 409 {
        return
      } catch KubernetesError.status(let status, _) where status.code == 403 {
        logger.notice("GatewayClass \(name) is not created: \(status.message)")
        return
      } catch {
        // The reflectors tell of an API server that cannot be reached or that answers garbage.
      }
      try? await Task.sleep(for: pause)
      pause = min(pause * 2, .seconds(30))
    }
  }

  private static func object(_ name: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.key("apiVersion")
      writer.string(KubernetesKind.gatewayClass.apiVersion)
      writer.key("kind")
      writer.string(KubernetesKind.gatewayClass.rawValue)
      writer.key("metadata")
      writer.object {
        $0.key("name")
        $0.string(name)
      }
      writer.key("spec")
      writer.object {
        $0.key("controllerName")
        $0.string(ControllerIdentity.controllerName)
      }
    }
    return writer.bytes
  }
}
