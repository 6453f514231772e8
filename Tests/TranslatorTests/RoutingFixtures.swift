import EnvoyAPI
import KubernetesAPI
import Translator

/// Short ways to the objects that routing tests are made of; all live in the namespace `default`.
enum Fixtures {
  static func inputs(
    listeners: [Gateway.Listener] = [Gateway.Listener(name: "http", port: 80)], routes: [HTTPRoute] = [],
    services: [Service] = [service("web")]
  ) -> GatewayInputs {
    GatewayInputs(
      gateway: Gateway(
        metadata: ObjectMeta(namespace: "default", name: "edge"), gatewayClassName: "kgateway", listeners: listeners),
      routes: routes.map(RouteInput.init),
      services: Dictionary(uniqueKeysWithValues: services.map { ($0.metadata.id, $0) }))
  }

  static func service(_ name: String, ports: [Service.Port] = [Service.Port(port: 80)]) -> Service {
    Service(metadata: ObjectMeta(namespace: "default", name: name), ports: ports)
  }

  static func route(
    _ name: String, hostnames: [String] = [], section: String? = nil, created: String = "",
    matches: [HTTPRoute.Match] = [], backend: String = "web"
  ) -> HTTPRoute {
    HTTPRoute(
      metadata: ObjectMeta(namespace: "default", name: name, creationTimestamp: created),
      parentRefs: [ParentReference(name: "edge", sectionName: section)], hostnames: hostnames,
      rules: [
        HTTPRoute.Rule(matches: matches, backendRefs: [HTTPRoute.BackendReference(name: backend, port: 80)])
      ])
  }

  static func id(_ name: String) -> NamespacedName { NamespacedName(namespace: "default", name: name) }
}

extension ProxyConfiguration {
  /// The routes of the virtual host that Envoy takes for a host on a port: those of the exact domain, or else of the
  /// longest wildcard that fits.
  func routeNames(port: Int, host: String) -> [String]? {
    guard let configuration = routes.first(where: { $0.name == "route~\(port)" }) else { return nil }
    let fitting = configuration.virtualHosts.flatMap { virtualHost in
      virtualHost.domains
        .filter { $0 == host || $0 == "*" || ($0.hasPrefix("*") && host.hasSuffix($0.dropFirst())) }
        .map { (isExact: $0 == host, length: $0.utf8.count, virtualHost: virtualHost) }
    }
    let best = fitting.max { ($0.isExact ? 1 : 0, $0.length) < ($1.isExact ? 1 : 0, $1.length) }
    return best?.virtualHost.routes.map(\.name)
  }
}

extension TranslationReport {
  func condition(_ type: String, ofListener name: String) -> Condition? {
    gateway.listeners.first { $0.name == name }?.conditions.first { $0.type == type }
  }

  /// Of the first parent.
  func condition(_ type: String, ofRoute name: String) -> Condition? {
    routes[Fixtures.id(name)]?.first?.conditions.first { $0.type == type }
  }
}
