import KubernetesAPI

/// The listeners of a Gateway, judged before any route is looked at.
struct ListenerSet {
  struct Listener {
    let index: Int
    let spec: Gateway.Listener
    let hostname: Hostname
    /// The kinds of routes that may attach, of those that are built.
    let kinds: [RouteGroupKind]
    /// The kinds that `allowedRoutes` names and that are not built.
    let unknownKinds: [RouteGroupKind]
    /// Why the listener is not served; nil if it is.
    fileprivate(set) var fault: ListenerFault?

    var isAccepted: Bool { fault == nil }

    /// Whether HTTPRoutes of a namespace may attach.
    func admitsRoutes(of namespace: String, gatewayNamespace: String, labels: [String: String]) -> Bool {
      guard kinds.contains(.httpRoute) else { return false }
      return switch spec.allowedRoutes.namespaces {
      case .same: namespace == gatewayNamespace
      case .all: true
      case .selector(let selector): selector.matches(labels)
      case .unknown: false
      }
    }
  }

  private(set) var listeners: [Listener]

  init(_ gateway: Gateway, binding: PortBinding) {
    listeners = gateway.listeners.enumerated().map { Listener($0.offset, $0.element, binding) }
    markTakenPorts(binding)
    markConflicts()
  }

  /// The accepted listeners by port, ports in order.
  var ports: [(port: Int, listeners: [Listener])] {
    Dictionary(grouping: listeners.filter(\.isAccepted), by: \.spec.port)
      .sorted { $0.key < $1.key }
      .map { (port: $0.key, listeners: $0.value) }
  }

  /// A port that the proxy binds for another, lower one is not free. The lower one wins: it cannot be bound elsewhere.
  private mutating func markTakenPorts(_ binding: PortBinding) {
    let moved = listeners.filter { $0.isAccepted && binding.bound($0.spec.port) != $0.spec.port }.map(\.spec.port)
    guard !moved.isEmpty else { return }
    let takers = Dictionary(moved.map { (binding.bound($0), $0) }) { first, _ in first }
    for index in listeners.indices where listeners[index].isAccepted {
      if let taker = takers[listeners[index].spec.port] { listeners[index].fault = .portTaken(by: taker) }
    }
  }

  /// Two listeners with the same port and host cannot be told apart, and none of them may win (Gateway API, "Handling
  /// indistinct Listeners").
  private mutating func markConflicts() {
    struct Place: Hashable {
      let port: Int
      let hostname: Hostname
    }
    let accepted = listeners.filter(\.isAccepted)
    for (_, alike) in Dictionary(
      grouping: accepted, by: { Place(port: $0.spec.port, hostname: $0.hostname) }) where alike.count > 1
    {
      for listener in alike {
        let others = alike.filter { $0.index != listener.index }.map(\.spec.name)
        listeners[listener.index].fault = .conflict(others: others)
      }
    }
  }
}

/// Why a listener is not served.
enum ListenerFault: Hashable {
  case unsupportedProtocol
  case invalidPort
  /// The proxy needs the port for something else.
  case reservedPort(use: String)
  /// The proxy binds the port for another one, which it must not bind itself.
  case portTaken(by: Int)
  case invalidHostname
  case unexpectedTLS
  case unknownNamespaces(String)
  /// Names of the listeners on the same port with the same host.
  case conflict(others: [String])
}

extension RouteGroupKind {
  static let httpRoute = RouteGroupKind(kind: "HTTPRoute")
}

extension ListenerSet.Listener {
  fileprivate init(_ index: Int, _ spec: Gateway.Listener, _ binding: PortBinding) {
    let name = spec.hostname.flatMap { $0.isEmpty ? nil : $0 }
    let hostname = name.map(Hostname.init) ?? .any
    self.index = index
    self.spec = spec
    self.hostname = hostname ?? .any
    let asked = spec.allowedRoutes.kinds.isEmpty ? [RouteGroupKind.httpRoute] : spec.allowedRoutes.kinds
    kinds = spec.protocolType == "HTTP" && asked.contains(.httpRoute) ? [.httpRoute] : []
    unknownKinds = spec.allowedRoutes.kinds.filter { $0 != .httpRoute }
    fault =
      if spec.protocolType != "HTTP" {
        .unsupportedProtocol
      } else if !(1...65535).contains(spec.port) {
        .invalidPort
      } else if let use = binding.reservation(of: spec.port) {
        .reservedPort(use: use)
      } else if hostname == nil {
        .invalidHostname
      } else if spec.hasTLS {
        .unexpectedTLS
      } else if case .unknown(let value) = spec.allowedRoutes.namespaces {
        .unknownNamespaces(value)
      } else {
        nil
      }
  }
}
