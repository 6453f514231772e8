import KubernetesAPI
import KubernetesClient

/// Why an object of a Gateway is not as it should be, in a way that time alone does not mend.
struct DeploymentFault: Hashable, Sendable {
  let key: ObjectKey
  /// What is wrong, and what to do.
  let message: String

  /// An object of the name is there that the Gateway does not own.
  static func inTheWay(_ key: ObjectKey, _ present: ObservedObject, of gateway: GatewayIdentity) -> DeploymentFault {
    let message =
      if let owner = present.owner, owner.id == gateway.id {
        "\(key) belongs to an earlier Gateway of this name, and is awaited to go with it; if it stays, delete it."
      } else if let owner = present.owner {
        "\(key) is in the way: it belongs to Gateway \(owner.id); rename one of the two Gateways."
      } else {
        "\(key) is in the way: it does not belong to this Gateway; rename or delete it."
      }
    return DeploymentFault(key: key, message: message)
  }

  /// Somebody undoes what is applied.
  static func contended(_ key: ObjectKey) -> DeploymentFault {
    let command = "kubectl get \(key.kind.resource.plural) -n \(key.id.namespace) \(key.id.name) -o yaml"
    return DeploymentFault(
      key: key,
      message:
        "\(key) is changed by somebody as often as it is put back, which is now done only from time to time; find"
        + " out by whom (\(command) --show-managed-fields), and have one of the two stop.")
  }

  /// The API server does not do what it is asked to.
  static func refused(_ verb: String, _ key: ObjectKey, _ status: Status) -> DeploymentFault {
    DeploymentFault(
      key: key,
      message: "The API server refuses to \(verb) \(key): \(status.message.isEmpty ? status.reason : status.message)"
        + advice(key, status))
  }

  /// Whether an answer is the same again as long as nothing else changes.
  static func isRefusal(_ status: Status) -> Bool { [400, 403, 404, 405, 413, 415, 422].contains(status.code) }

  private static func advice(_ key: ObjectKey, _ status: Status) -> String {
    switch status.code {
    case 403 where status.message.contains("exceeded quota"):
      " (raise the namespace's ResourceQuota, or ask for less in GatewayParameters)"
    case 403 where status.message.contains("being terminated"):
      " (the namespace is being deleted)"
    case 403:
      " (the operator's role must allow get, list, watch, create, patch and delete of \(key.kind.resource.plural), or an "
        + "admission policy forbids it)"
    case 404:
      " (the API server does not have the kind \(key.kind.resource.apiVersion) \(key.kind.rawValue), or not the namespace)"
    case 422:
      " (change what GatewayParameters or the Gateway's infrastructure asks for)"
    default:
      ""
    }
  }
}
