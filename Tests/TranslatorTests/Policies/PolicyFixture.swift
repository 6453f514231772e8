import EnvoyAPI
import JSON
import KubernetesAPI
import SwiftProtobuf
import Translator

/// A Gateway `apps/edge` with one HTTP listener on port 8080, and the policies of a test on it.
struct PolicyFixture {
  typealias HTTPConnectionManager = Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpConnectionManager

  var policies: [HTTPListenerPolicy] = []
  var settings = TranslatorSettings(
    staticClusters: [
      StaticCluster(name: "otel-collector", host: "collector.telemetry", port: 4317),
      StaticCluster(name: "envoy-als", host: "10.0.0.7", port: 9000, wireProtocol: .als),
    ], measuresRequests: false)

  var leftOut: Set<FieldContent> = []

  init(_ policies: HTTPListenerPolicy...) {
    self.policies = policies
  }

  static let gateway = NamespacedName(namespace: "apps", name: "edge")

  func translate() -> Translation {
    let gateway = Gateway(
      metadata: ObjectMeta(namespace: Self.gateway.namespace, name: Self.gateway.name),
      gatewayClassName: "kgateway", listeners: [Gateway.Listener(name: "http", port: 8080)])
    return Translator.translate(
      GatewayInputs(gateway: gateway, policies: policies, settings: settings, leftOut: leftOut))
  }

  /// The one connection manager of a translation.
  static func connectionManager(of translation: Translation) throws -> HTTPConnectionManager {
    let filters = translation.configuration.listeners.flatMap(\.filterChains).flatMap(\.filters)
    guard let filter = filters.last else { throw NoConnectionManager() }
    return try HTTPConnectionManager(unpackingAny: filter.typedConfig)
  }

  struct NoConnectionManager: Error {}
}

extension HTTPListenerPolicy {
  /// A policy on the fixture's Gateway.
  init(
    _ name: String, created: String = "2026-01-01T00:00:00Z", accessLog: [AccessLog] = [], tracing: Tracing? = nil
  ) {
    self.init(
      metadata: ObjectMeta(
        namespace: PolicyFixture.gateway.namespace, name: name, generation: 3, creationTimestamp: created),
      targetRefs: [TargetReference(name: PolicyFixture.gateway.name)], accessLog: accessLog, tracing: tracing)
  }
}

extension HTTPListenerPolicy.AccessLog {
  /// A file log of one key.
  static func file(_ path: String, format: String = "%DURATION%") -> Self {
    Self(fileSink: .init(path: path, jsonFormat: .object([.init(key: "took", value: .string(format))])))
  }

  static func grpc(_ logName: String, to cluster: String?) -> Self {
    Self(grpcService: .init(logName: logName, service: .init(staticClusterName: cluster)))
  }
}

extension HTTPListenerPolicy.Tracing {
  static func toCollector(
    _ address: String = "collector.telemetry:4317", samplingRate: Double? = nil, propagators: [String]? = nil,
    customTags: [HTTPListenerPolicy.CustomTag] = []
  ) -> Self {
    Self(
      provider: .init(otel: .init(grpcAddress: address)), samplingRate: samplingRate, propagators: propagators,
      customTags: customTags)
  }
}

extension Translation {
  /// A policy's conditions towards the Gateway: `Accepted=True`.
  func condition(_ type: String, of policy: String) -> Condition? {
    let id = NamespacedName(namespace: PolicyFixture.gateway.namespace, name: policy)
    return report.policies[id]?.first?.conditions.first { $0.type == type }
  }
}
