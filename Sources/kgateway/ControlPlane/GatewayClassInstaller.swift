import JSON
import KubernetesAPI
import KubernetesClient
import Logging

/// Creates the GatewayClasses that Gateways name, where the installation has not. One that is there is left as it is.
struct GatewayClassInstaller {
  private let names: [String]
  private let client: KubernetesClient
  private let leadership: Leadership
  private let logger: Logger

  /// - Parameters:
  ///   - names: of the classes.
  ///   - leadership: nothing is created while this process does not lead.
  init(names: [String], client: KubernetesClient, leadership: Leadership, logger: Logger) {
    self.names = names
    self.client = client.limited(to: leadership)
    self.leadership = leadership
    self.logger = logger
  }

  /// Returns when they are there, or will not be created by this process: it leads no more, or the task is cancelled.
  func install() async {
    for name in names { await create(name) }
  }

  /// Until it worked, or will never work.
  private func create(_ name: String) async {
    var pause = Duration.seconds(1)
    while !Task.isCancelled, leadership.isLeader {
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
