import EnvoyAPI
import PrometheusMetrics
package import Translator
package import XDS

/// What the translation of a Gateway need not do again.
struct TranslationMemory: Sendable {
  var routes = RouteMemory()
  var clusters = EncodedClusters()
}

/// One Gateway's translation with its resources encoded: the part of a reconciliation that costs time, and that runs
/// outside of the reconciler's actor.
struct EncodedTranslation: Sendable {
  let configuration: ProxyConfiguration
  let resources: [EncodedResource]
  let endpointReferences: [EndpointReference]
  let report: TranslationReport
  /// For the next translation of the Gateway.
  let memory: TranslationMemory

  /// - Parameter memory: of the translation before; an empty one if there was none. Given up, so that it is changed in
  ///   place.
  /// - Throws: what SwiftProtobuf says of a message that cannot be encoded.
  @concurrent
  init(translating inputs: GatewayInputs, remembering memory: consuming TranslationMemory, metrics: ControlPlaneMetrics)
    async throws
  {
    var memory = memory
    let (translation, encoded) = try metrics.translations.measure {
      let translation = Translator.translate(inputs, remembering: &memory.routes)
      return (translation, try translation.configuration.encoded(remembering: &memory.clusters))
    }
    self.memory = memory
    configuration = translation.configuration
    resources = encoded
    endpointReferences = translation.configuration.endpointReferences
    report = translation.report
  }
}

/// The clusters of a Gateway as they were encoded last.
package struct EncodedClusters: Sendable {
  /// Below this many clusters, to encode them costs less than to remember those of all Gateways would take of memory.
  private static let leastClusters = 32

  private var clusters: [(message: Envoy_Config_Cluster_V3_Cluster, resource: EncodedResource)] = []

  package init() {}

  /// Encodes clusters, which are in the order of their names, but for those that are as before.
  /// - Throws: what SwiftProtobuf says of a message that cannot be encoded.
  fileprivate mutating func encode(_ new: [Envoy_Config_Cluster_V3_Cluster]) throws -> [EncodedResource] {
    var old = clusters[...]
    clusters = try new.map { message in
      while let first = old.first {
        // Without a look at the names: nearly always it is the same message.
        if first.message == message { return old.removeFirst() }
        guard first.message.name <= message.name else { break }
        old.removeFirst()
      }
      return (message, try EncodedResource(type: .cluster, name: message.name, message: message))
    }
    defer { if clusters.count < Self.leastClusters { clusters = [] } }
    return clusters.map(\.resource)
  }
}

extension ProxyConfiguration {
  /// The clusters, listeners and route configurations as they go out to proxies.
  /// - Parameter memory: those of the Gateway's configuration before; of this one afterwards.
  /// - Throws: what SwiftProtobuf says of a message that cannot be encoded.
  package func encoded(remembering memory: inout EncodedClusters) throws -> [EncodedResource] {
    try memory.encode(clusters)
      + listeners.map { try EncodedResource(type: .listener, name: $0.name, message: $0) }
      + routeTables.map { EncodedResource(type: .route, name: $0.name, bytes: $0.bytes) }
  }

  /// The same, without anything before.
  package func encoded() throws -> [EncodedResource] {
    var memory = EncodedClusters()
    return try encoded(remembering: &memory)
  }
}
