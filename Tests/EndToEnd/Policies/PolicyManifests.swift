import ALSSink
import EnvoyAPI
import KubernetesAPI
import OTLPSink
import RealComponents
import SwiftProtobuf
import Translator
import YAML

/// The ports of a bed: those that manifests name as `${port:NAME}`, and those of what is behind and beside the Envoy.
struct PolicyPorts: Sendable {
  let admin: Int
  let upstream: Int
  let als: Int
  let otlp: Int
  let otlpHTTP: Int
  /// Where nothing listens, unless the test does.
  let late: Int
  private var named: [String: Int] = [:]

  init(upstream: Int, als: ALSSink, otlp: OTLPSink) throws {
    (admin, late) = (try LoopbackPorts.free(), try LoopbackPorts.free())
    self.upstream = upstream
    self.als = als.port
    self.otlp = otlp.port
    otlpHTTP = otlp.httpPort
  }

  /// 0 for a name that no manifest has.
  subscript(name: String) -> Int { named[name] ?? 0 }

  fileprivate mutating func fill(_ text: String) throws -> String {
    for match in text.matches(of: /\$\{port:([^}]+)\}/) where named[String(match.1)] == nil {
      named[String(match.1)] = try LoopbackPorts.free()
    }
    return text.replacing(/\$\{port:([^}]+)\}/) { "\(self[String($0.1)])" }
  }
}

/// What a bed's Gateways are made of.
enum PolicyManifests {
  /// A Gateway with one listener, and a route to the upstream, to a gRPC service and to a Service whose endpoint is not
  /// there.
  static func gateway(_ name: String) -> String {
    """
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: \(name), namespace: shop}
    spec:
      gatewayClassName: kgateway
      listeners: [{name: http, port: ${port:\(name)}, protocol: HTTP}]

    """ + route(to: name)
  }

  /// - Parameter parent: the Gateway.
  static func route(to parent: String) -> String {
    """
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: all, namespace: shop}
    spec:
      parentRefs: [{name: \(parent)}]
      rules:
      - backendRefs: [{name: upstream, port: 80}]
      - matches: [{path: {value: /opentelemetry.proto.collector.trace.v1.TraceService}}]
        backendRefs: [{name: grpc, port: 80}]
      - matches: [{path: {value: /down}}]
        backendRefs: [{name: down, port: 80}]

    """
  }

  /// A policy for a whole Gateway.
  static func policy(_ name: String, on gateway: String, _ spec: String) -> String {
    """
    ---
    apiVersion: gateway.kgateway.dev/v1alpha1
    kind: HTTPListenerPolicy
    metadata: {name: \(name), namespace: shop}
    spec:
      targetRefs: [{name: \(gateway)}]
    \(spec.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }.joined(separator: "\n"))

    """
  }

  /// The Services: in the namespace of the Gateways, and receivers in another one which policies may refer to.
  private static func services(_ ports: PolicyPorts) -> String {
    let receivers = ["shop", "telemetry"].flatMap { namespace in
      [
        service("als", in: namespace, port: 9001, at: ports.als),
        service("otlp", in: namespace, port: 4317, at: ports.otlp),
        service("otlp-by-port-name", in: namespace, port: 4318, named: "otlp-http", at: ports.otlpHTTP),
        service("otlp-by-protocol", in: namespace, port: 4318, appProtocol: "http", at: ports.otlpHTTP),
      ]
    }
    let backends = [
      service("upstream", in: "shop", port: 80, at: ports.upstream),
      service("grpc", in: "shop", port: 80, appProtocol: "kubernetes.io/h2c", at: ports.otlp),
      service("down", in: "shop", port: 80, at: ports.late),
    ]
    let grant = """
      ---
      apiVersion: gateway.networking.k8s.io/v1beta1
      kind: ReferenceGrant
      metadata: {name: policies, namespace: telemetry}
      spec:
        from: [{group: gateway.kgateway.dev, kind: HTTPListenerPolicy, namespace: shop}]
        to: [{group: "", kind: Service}]

      """
    return (receivers + backends).joined() + grant
  }

  private static func service(
    _ name: String, in namespace: String, port: Int, named portName: String = "", appProtocol: String? = nil,
    at target: Int
  ) -> String {
    """
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: \(name), namespace: \(namespace)}
    spec:
      ports: [{name: "\(portName)", port: \(port)\(appProtocol.map { ", appProtocol: \($0)" } ?? "")}]
    ---
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: \(name), namespace: \(namespace), labels: {kubernetes.io/service-name: \(name)}}
    addressType: IPv4
    ports: [{name: "\(portName)", port: \(target)}]
    endpoints: [{addresses: [127.0.0.1]}]

    """
  }

  // MARK: Translation

  /// All Gateways in one bootstrap.
  static func bootstrap(
    _ manifests: [String], folder: TemporaryFolder, _ ports: inout PolicyPorts
  ) throws -> Envoy_Config_Bootstrap_V3_Bootstrap {
    var bootstrap = Envoy_Config_Bootstrap_V3_Bootstrap.with {
      $0.admin.address.socketAddress.address = "127.0.0.1"
      $0.admin.address.socketAddress.portValue = UInt32(ports.admin)
      $0.layeredRuntime.layers = [
        .with {
          $0.name = "static"
          $0.staticLayer.fields["tracing.opentelemetry.flush_interval_ms"] = .init(numberValue: 100)
        }
      ]
    }
    ProxyStatistics.configure(&bootstrap, gateway: NamespacedName(namespace: "shop", name: "beds"))
    for text in manifests {
      let gateway = try translated(
        ports.fill(text.replacing("${folder}", with: folder.path)) + services(ports), settings(ports))
      bootstrap.node = gateway.node
      bootstrap.staticResources.listeners += gateway.staticResources.listeners
      for cluster in gateway.staticResources.clusters {
        if let same = bootstrap.staticResources.clusters.first(where: { $0.name == cluster.name }) {
          guard same == cluster else { throw PolicyBed.Unusable(description: "two clusters \(cluster.name)") }
        } else {
          bootstrap.staticResources.clusters.append(cluster)
        }
      }
    }
    for index in bootstrap.staticResources.listeners.indices {
      bootstrap.staticResources.listeners[index].address.socketAddress.address = "127.0.0.1"
    }
    return bootstrap
  }

  private static func settings(_ ports: PolicyPorts) -> TranslatorSettings {
    func cluster(_ name: String, _ port: Int, _ wireProtocol: StaticCluster.WireProtocol) -> StaticCluster {
      StaticCluster(name: name, host: "127.0.0.1", port: port, wireProtocol: wireProtocol)
    }
    return TranslatorSettings(staticClusters: [
      cluster("als", ports.als, .als), cluster("otlp", ports.otlp, .otlp),
      cluster("otlp-http", ports.otlpHTTP, .otlpHTTP), cluster("late-als", ports.late, .als),
      cluster("late-otlp", ports.late, .otlp),
    ])
  }

  private static func translated(
    _ text: String, _ settings: TranslatorSettings
  ) throws -> Envoy_Config_Bootstrap_V3_Bootstrap {
    var inputs: GatewayInputs?
    var (routes, policies, slices): ([HTTPRoute], [HTTPListenerPolicy], [EndpointSlice]) = ([], [], [])
    var (services, grants): ([NamespacedName: Service], [ReferenceGrant]) = ([:], [])
    for document in try YAML.documents(in: Array(text.utf8)) {
      switch try KubernetesObject.decode(json: document.json) {
      case .gateway(let gateway): inputs = GatewayInputs(gateway: gateway, settings: settings)
      case .httpRoute(let route): routes.append(route)
      case .httpListenerPolicy(let policy): policies.append(policy)
      case .service(let service): services[service.metadata.id] = service
      case .referenceGrant(let grant): grants.append(grant)
      case .endpointSlice(let slice): slices.append(slice)
      default: throw PolicyBed.Unusable(description: "unexpected: \(String(decoding: document.json, as: UTF8.self))")
      }
    }
    guard var inputs else { throw PolicyBed.Unusable(description: "no Gateway in:\n\(text)") }
    (inputs.routes, inputs.policies) = (routes.map(RouteInput.init), policies)
    (inputs.services, inputs.referenceGrants) = (services, grants)
    let translation = Translator.translate(inputs)
    if let problem = translation.report.problems.first { throw PolicyBed.Unusable(description: "\(problem)") }
    return try StaticBootstrap.bootstrap(of: translation.configuration, gateway: inputs.gateway.metadata.id) {
      Translator.loadAssignment($0, slices: slices)
    }
  }
}
