import JSON
import KubernetesAPI
import Translator
import YAML

/// Manifests as a user writes them, for one Gateway.
struct Manifests {
  private(set) var inputs: GatewayInputs
  private(set) var slices: [EndpointSlice] = []

  /// Reads YAML documents.
  ///
  /// - Throws: also where there is not exactly one Gateway.
  init(_ yaml: String, settings: TranslatorSettings = Self.settings) throws {
    var gateways: [Gateway] = []
    var inputs = GatewayInputs(gateway: Gateway(metadata: ObjectMeta(), gatewayClassName: ""), settings: settings)
    for document in try YAML.documents(in: Array(yaml.utf8)) {
      switch try KubernetesObject.decode(json: document.json) {
      case .gateway(let gateway): gateways.append(gateway)
      case .httpRoute(let route): inputs.routes.append(RouteInput(route))
      case .httpListenerPolicy(let policy): inputs.policies.append(policy)
      case .service(let service): inputs.services[service.metadata.id] = service
      case .namespace(let namespace): inputs.namespaceLabels[namespace.metadata.name] = namespace.metadata.labels
      case .referenceGrant(let grant): inputs.referenceGrants.append(grant)
      case .endpointSlice(let slice): slices.append(slice)
      case .gatewayClass, .gatewayParameters, nil:
        throw Unusable(description: "unexpected: \(String(decoding: document.json, as: UTF8.self))")
      }
    }
    guard gateways.count == 1 else { throw Unusable(description: "\(gateways.count) Gateways instead of one") }
    inputs.gateway = gateways[0]
    self.inputs = inputs
  }

  var translation: Translation { Translator.translate(inputs) }

  /// As the executable has them when nothing is said.
  static let settings = TranslatorSettings(staticClusters: [
    StaticCluster(name: "otel-collector", host: "opentelemetry-collector-logs.telemetry", port: 4317),
    StaticCluster(name: "envoy-als", host: "als.telemetry", port: 9001, wireProtocol: .als),
  ])

  struct Unusable: Error, CustomStringConvertible {
    let description: String
  }
}
