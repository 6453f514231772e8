import JSON
import KubernetesAPI

/// Small objects for tests, named as `namespace/name`.
enum Objects {
  static func name(_ text: String, in namespace: String = "") -> NamespacedName {
    let parts = text.split(separator: "/").map(String.init)
    return parts.count == 2
      ? NamespacedName(namespace: parts[0], name: parts[1]) : NamespacedName(namespace: namespace, name: text)
  }

  static func metadata(_ text: String) -> ObjectMeta {
    let id = name(text)
    return ObjectMeta(namespace: id.namespace, name: id.name, generation: 1)
  }

  static func gatewayClass(_ name: String, controller: String = "kgateway.dev/kgateway") -> KubernetesObject {
    .gatewayClass(GatewayClass(metadata: ObjectMeta(name: name), controllerName: controller))
  }

  static func gateway(
    _ name: String, class className: String, ports: [Int] = [80],
    allowedRoutes: Gateway.AllowedRoutes = Gateway.AllowedRoutes()
  ) -> KubernetesObject {
    .gateway(
      Gateway(
        metadata: metadata(name), gatewayClassName: className,
        listeners: ports.map { Gateway.Listener(name: "http-\($0)", port: $0, allowedRoutes: allowedRoutes) }))
  }

  static func route(_ name: String, parents: [String], backends: [String], path: String = "/") -> KubernetesObject {
    let rule = HTTPRoute.Rule(
      matches: [HTTPRoute.Match(path: .prefix(path))],
      backendRefs: backends.map { backend in
        let id = self.name(backend)
        return HTTPRoute.BackendReference(
          namespace: id.namespace.isEmpty ? nil : id.namespace, name: id.name, port: 80)
      })
    return .httpRoute(
      HTTPRoute(
        metadata: metadata(name), parentRefs: parents.map { ParentReference(name: $0) }, rules: [rule]))
  }

  static func policy(_ name: String, targets: [String]) -> KubernetesObject {
    .httpListenerPolicy(
      HTTPListenerPolicy(
        metadata: metadata(name), targetRefs: targets.map { HTTPListenerPolicy.TargetReference(name: $0) },
        accessLog: [.init(fileSink: .init(path: "/dev/stdout", jsonFormat: .object([])))]))
  }

  static func service(
    _ name: String, ports: [Service.Port] = [Service.Port(name: "http", port: 80)]
  ) -> KubernetesObject {
    .service(Service(metadata: metadata(name), ports: ports))
  }

  static func slice(_ name: String, of service: String, addresses: [String], port: Int = 8080) -> KubernetesObject {
    var metadata = metadata(name)
    metadata.labels["kubernetes.io/service-name"] = service
    return .endpointSlice(
      EndpointSlice(
        metadata: metadata, ports: [.init(name: "http", port: port)],
        endpoints: addresses.map { .init(addresses: [$0], isReady: true) }))
  }
}
