import EnvoyAPI
import PrometheusMetrics
package import Translator
package import XDS

/// One Gateway's translation with its resources encoded: the part of a reconciliation that costs time, and that runs
/// outside of the reconciler's actor.
struct EncodedTranslation: Sendable {
  let configuration: ProxyConfiguration
  let resources: [EncodedResource]
  let endpointReferences: [EndpointReference]
  let report: TranslationReport
  /// For the next translation of the Gateway.
  let memory: RouteMemory

  /// - Parameter memory: of the translation before; nil if there was none.
  /// - Throws: what SwiftProtobuf says of a message that cannot be encoded.
  @concurrent
  init(translating inputs: GatewayInputs, remembering memory: RouteMemory?, metrics: ControlPlaneMetrics) async throws {
    var memory = memory ?? RouteMemory()
    let (translation, encoded) = try metrics.translations.measure {
      let translation = Translator.translate(inputs, remembering: &memory)
      return (translation, try translation.configuration.encoded())
    }
    self.memory = memory
    configuration = translation.configuration
    resources = encoded
    endpointReferences = translation.configuration.endpointReferences
    report = translation.report
  }
}

extension ProxyConfiguration {
  /// The clusters, listeners and route configurations as they go out to proxies.
  /// - Throws: what SwiftProtobuf says of a message that cannot be encoded.
  package func encoded() throws -> [EncodedResource] {
    try clusters.map { try EncodedResource(type: .cluster, name: $0.name, message: $0) }
      + listeners.map { try EncodedResource(type: .listener, name: $0.name, message: $0) }
      + routeTables.map { EncodedResource(type: .route, name: $0.name, bytes: $0.bytes) }
  }
}
