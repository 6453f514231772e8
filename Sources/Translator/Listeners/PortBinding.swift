package import KubernetesAPI

/// On which port a proxy listens for a Gateway's port.
package enum PortBinding: Hashable, Sendable {
  /// On the same one.
  case direct
  /// As a process without privileges, which in a pod of its own has other things to listen for as well: what is below
  /// 1024 is bound 10,000 higher, and the Service in front leads there.
  case unprivileged

  /// The port that the proxy binds. Depends on nothing but the port, so that no listener moves because of another.
  package func bound(_ port: Int) -> Int {
    switch self {
    case .direct: port
    case .unprivileged: port < 1024 ? port + 10_000 : port
    }
  }

  /// What a pod's proxy itself needs the port for; nil where it does not.
  func reservation(of port: Int) -> String? {
    self == .direct ? nil : Self.reserved[port]
  }

  /// The ports of a pod's proxy that are its own.
  package static let metricsPort = 9091
  package static let readinessPort = 9094
  package static let adminPort = 19000

  private static let reserved = [
    metricsPort: "its metrics", readinessPort: "its readiness", adminPort: "its admin page",
  ]
}

/// A port of a Gateway on which routes are served, and where its proxies listen for it.
package struct ServedPort: Hashable, Sendable {
  /// As the Gateway's listeners say it.
  package var port: Int
  package var bound: Int

  /// Those of the listeners that are served, in the order of their numbers.
  package static func all(of gateway: Gateway, binding: PortBinding) -> [ServedPort] {
    ListenerSet(gateway, binding: binding).ports.map { ServedPort(port: $0.port, bound: binding.bound($0.port)) }
  }
}
