import Crypto
package import KubernetesAPI

/// The names of the objects that serve a Gateway.
package struct ObjectNames: Hashable, Sendable {
  /// By which the control plane knows whose proxy it is: always the Gateway's own.
  package let serviceAccount: String
  /// Of everything else. The Gateway's own where a Service may be called so; otherwise as much of it as fits, and eight
  /// digits of its hash.
  package let objects: String

  package init(of gateway: NamespacedName) {
    serviceAccount = gateway.name
    objects = ObjectSyntax.isServiceName(gateway.name) ? gateway.name : Self.shortened(gateway.name)
  }

  private static func shortened(_ name: String) -> String {
    var readable = String(name.map { $0 == "." ? "-" : $0 })
    if readable.first?.isLetter != true { readable = "gw-" + readable }
    return trimmed(readable) + "-" + hash(name)
  }

  /// At most 54 characters, so that a sign and the hash fit, and none at the end that may not stand there.
  fileprivate static func trimmed(_ name: String) -> Substring {
    var rest = name.prefix(63 - 9)
    while let last = rest.utf8.last, !ObjectSyntax.isAlphanumeric(last) { rest.removeLast() }
    return rest
  }

  /// Eight hexadecimal digits of SHA-256.
  fileprivate static func hash(_ text: String) -> String {
    SHA256.hash(data: Array(text.utf8)).hexadecimal(bytes: 4)
  }
}

/// The labels by which the objects of a Gateway are found.
package enum ObjectLabels {
  package static let managedBy = "app.kubernetes.io/managed-by"
  package static let manager = "kgateway"
  package static let gatewayName = "gateway.networking.k8s.io/gateway-name"
  /// On pods alone: what the collector of metrics looks for.
  static let gateway = "gateway"

  /// Those that nobody else sets.
  static let reserved: Set<String> = [managedBy, gatewayName, gateway]
  static let reservedAnnotations: Set<String> = [bootstrapHash, DesiredObject.annotation]

  /// On pod templates: changes where pods must be started anew because their configuration is another.
  static let bootstrapHash = "gateway.kgateway.dev/bootstrap"

  /// A Gateway's name as the value of a label: cut where it is too long for one, with eight digits of its hash. The sign
  /// between them is in no name, so that no other Gateway has the value, and Services select no pods but their own.
  package static func value(for name: String) -> String {
    name.utf8.count <= 63 ? name : ObjectNames.trimmed(name) + "_" + ObjectNames.hash(name)
  }

  /// Those that never change, by which Service and Deployment select pods.
  static func selector(for gateway: NamespacedName) -> [String: String] {
    [managedBy: manager, gatewayName: value(for: gateway.name)]
  }
}
