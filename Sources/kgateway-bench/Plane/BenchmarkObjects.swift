import Controller
import JSON
import KubernetesAPI
import Translator

/// Objects as a cluster would have them: Gateways with routes, Services with endpoints, and the guide's three policies.
enum BenchmarkObjects {
  static let controllerName = "kgateway.dev/kgateway"
  static let namespace = "bench"

  static let settings = TranslatorSettings(
    staticClusters: [
      StaticCluster(
        name: "otel-collector", host: "opentelemetry-collector-logs.telemetry", port: 4317, wireProtocol: .otlp)
    ], controllerName: controllerName)

  static let gatewayClass = KubernetesObject.gatewayClass(
    GatewayClass(metadata: ObjectMeta(name: "kgateway"), controllerName: controllerName))

  static func metadata(_ name: String) -> ObjectMeta {
    ObjectMeta(
      namespace: namespace, name: name, generation: 1, creationTimestamp: "2026-01-01T00:00:00Z")
  }

  static func gateway(_ name: String) -> KubernetesObject {
    .gateway(
      Gateway(
        metadata: metadata(name), gatewayClassName: "kgateway", listeners: [.init(name: "http", port: 8080)]))
  }

  /// One of `count` routes of a Gateway: a host of its own, two rules, one Service.
  static func route(_ index: Int, gateway: String, path: String = "/api") -> KubernetesObject {
    let backend = HTTPRoute.BackendReference(name: "service-\(index % 50)", port: 80)
    return .httpRoute(
      HTTPRoute(
        metadata: metadata("\(gateway)-route-\(index)"), parentRefs: [ParentReference(name: gateway)],
        hostnames: ["host-\(index).example.com"],
        rules: [
          .init(matches: [.init(path: .prefix(path))], backendRefs: [backend]),
          .init(
            matches: [.init(path: .exact("/health"), headers: [.init(name: "x-probe", value: "1")])],
            backendRefs: [backend]),
        ]))
  }

  static var services: [KubernetesObject] {
    (0..<50).map { index in
      .service(Service(metadata: metadata("service-\(index)"), ports: [.init(name: "http", port: 80)]))
    }
  }

  static var slices: [KubernetesObject] {
    (0..<50).map { slice($0) }
  }

  static func slice(_ service: Int, lastByte: Int = 3) -> KubernetesObject {
    var metadata = metadata("service-\(service)-1")
    metadata.labels["kubernetes.io/service-name"] = "service-\(service)"
    return .endpointSlice(
      EndpointSlice(
        metadata: metadata, ports: [.init(name: "http", port: 8080)],
        endpoints: [1, 2, lastByte].map { .init(addresses: ["10.0.\(service).\($0)"], isReady: true) }))
  }

  /// The guide's access log; `marker` is a key's value, so that a change of it is a change of the policy.
  static func accessLogPolicy(_ name: String, gateway: String, marker: String = "a") -> KubernetesObject {
    let members = [
      "timestamp": "%START_TIME%", "method": "%REQ(:METHOD)%", "path": "%REQ(:PATH)%",
      "response_code": "%RESPONSE_CODE%", "duration": "%DURATION%", "upstream_host": "%UPSTREAM_HOST%",
      "user_agent": "%REQ(USER-AGENT)%", "marker": marker,
    ].sorted { $0.key < $1.key }.map { JSONMember(key: $0.key, value: .string($0.value)) }
    return .httpListenerPolicy(
      HTTPListenerPolicy(
        metadata: metadata(name), targetRefs: [.init(name: gateway)],
        accessLog: [.init(fileSink: .init(path: "/dev/stdout", jsonFormat: .object(members)))]))
  }

  static func otelLogPolicy(_ name: String, gateway: String) -> KubernetesObject {
    .httpListenerPolicy(
      HTTPListenerPolicy(
        metadata: metadata(name), targetRefs: [.init(name: gateway)],
        accessLog: [
          .init(grpcService: .init(logName: "otel_access_log", service: .init(staticClusterName: "otel-collector")))
        ]))
  }

  static func tracingPolicy(_ name: String, gateway: String) -> KubernetesObject {
    .httpListenerPolicy(
      HTTPListenerPolicy(
        metadata: metadata(name), targetRefs: [.init(name: gateway)],
        tracing: .init(
          provider: .init(otel: .init(grpcAddress: "otel-collector.telemetry:4317")), samplingRate: 100,
          propagators: ["W3C_TRACE_CONTEXT", "B3"])))
  }

  /// The guide's three.
  static func policies(gateway: String) -> [KubernetesObject] {
    [
      accessLogPolicy("\(gateway)-access-logging", gateway: gateway),
      otelLogPolicy("\(gateway)-otel", gateway: gateway), tracingPolicy("\(gateway)-tracing", gateway: gateway),
    ]
  }

  // MARK: A large cluster

  static let policiesPerGateway = 10
  static let routesPerGateway = 10

  /// A Gateway with its routes and policies: the guide's three, and more of them that set what the older ones set.
  static func everything(of gateway: String) -> [KubernetesObject] {
    [self.gateway(gateway)] + (0..<routesPerGateway).map { route($0, gateway: gateway) } + policies(gateway: gateway)
      + (3..<policiesPerGateway).map { accessLogPolicy("\(gateway)-policy-\($0)", gateway: gateway, marker: "\($0)") }
  }

  /// A Service that no other Gateway uses, with its endpoints and route.
  static func ownBackend(of gateway: String) -> [KubernetesObject] {
    var metadata = metadata("\(gateway)-own-route")
    metadata.creationTimestamp = "2026-01-02T00:00:00Z"
    return [
      .service(Service(metadata: self.metadata("\(gateway)-own"), ports: [.init(name: "http", port: 80)])),
      ownSlice(of: gateway, address: "10.8.0.1"),
      .httpRoute(
        HTTPRoute(
          metadata: metadata, parentRefs: [ParentReference(name: gateway)], hostnames: ["own.example.com"],
          rules: [.init(matches: [], backendRefs: [.init(name: "\(gateway)-own", port: 80)])])),
    ]
  }

  static func ownSlice(of gateway: String, address: String) -> KubernetesObject {
    var metadata = metadata("\(gateway)-own-1")
    metadata.labels["kubernetes.io/service-name"] = "\(gateway)-own"
    return .endpointSlice(
      EndpointSlice(
        metadata: metadata, ports: [.init(name: "http", port: 8080)],
        endpoints: [.init(addresses: [address], isReady: true)]))
  }
}
