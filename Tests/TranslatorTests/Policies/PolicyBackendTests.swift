import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf
import Testing
import Translator

@Suite("Receivers that are Services")
struct PolicyBackendTests {
  private static let manifests = """
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: web, namespace: shop}
    spec:
      gatewayClassName: kgateway
      listeners:
      - {name: http, port: 80, protocol: HTTP}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: collector, namespace: telemetry}
    spec:
      ports:
      - {name: otlp, port: 4317}
      - {name: otlp-http, port: 4318}
      - {name: web, port: 4319, appProtocol: http}
    ---
    apiVersion: gateway.kgateway.dev/v1alpha1
    kind: HTTPListenerPolicy
    metadata: {name: logs, namespace: shop}
    spec:
      targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: web}]
      accessLog:
      - fileSink: {path: /dev/stdout, stringFormat: x}
      - SINK
    """

  private static func grant(kind: String = "HTTPListenerPolicy", group: String = "gateway.kgateway.dev") -> String {
    """

    ---
    apiVersion: gateway.networking.k8s.io/v1beta1
    kind: ReferenceGrant
    metadata: {name: logs, namespace: telemetry}
    spec:
      from: [{group: \(group), kind: \(kind), namespace: shop}]
      to: [{group: "", kind: Service}]
    """
  }

  private static func backend(_ port: Int) -> String {
    "backendRef: {name: collector, namespace: telemetry, port: \(port)}"
  }

  private static func translate(_ sink: String, grant: String = grant()) throws -> Translation {
    var settings = Manifests.settings
    settings.measuresRequests = false
    return try Manifests(manifests.replacing("SINK", with: sink) + grant, settings: settings).translation
  }

  private static func conditions(of translation: Translation) -> [String: Condition] {
    let entry = translation.report.policies.values.first?.first
    return Dictionary((entry?.conditions ?? []).map { ($0.type, $0) }) { first, _ in first }
  }

  @Test("a Service of another namespace needs a ReferenceGrant for policies; the rest of the policy goes on")
  func grantIsNeeded() throws {
    for grant in ["", Self.grant(kind: "HTTPRoute", group: "gateway.networking.k8s.io")] {
      let translation = try Self.translate("grpcService: {logName: a, \(Self.backend(4317))}", grant: grant)
      let conditions = Self.conditions(of: translation)
      #expect(conditions["Accepted"]?.status == .no && conditions["Accepted"]?.reason == "RefNotPermitted")
      #expect(conditions["ResolvedRefs"]?.status == .no && conditions["ResolvedRefs"]?.reason == "RefNotPermitted")
      #expect(conditions["Accepted"]?.message.hasSuffix("The rest of the policy is in effect.") == true)
      #expect(translation.configuration.clusters.isEmpty)
      #expect(try PolicyFixture.connectionManager(of: translation).accessLog.count == 1)
    }
  }

  @Test("with the grant, Envoy's access log service is called over HTTP/2 at the Service's endpoints")
  func accessLogService() throws {
    let translation = try Self.translate("grpcService: {logName: a, \(Self.backend(4317))}")
    #expect(Self.conditions(of: translation)["ResolvedRefs"]?.status == .yes)
    let cluster = try #require(translation.configuration.clusters.first)
    #expect(cluster.name == "telemetry~telemetry~collector~4317" && cluster.type == .eds)
    #expect(cluster.edsClusterConfig.serviceName == "cluster~telemetry~collector~4317")
    #expect(!cluster.typedExtensionProtocolOptions.isEmpty)
    #expect(translation.configuration.endpointReferences.map(\.resourceName) == ["cluster~telemetry~collector~4317"])
    let log = try #require(PolicyFixture.connectionManager(of: translation).accessLog.last)
    #expect(log.name == "envoy.access_loggers.http_grpc")
  }

  @Test(
    "OTLP goes over HTTP where the Service's port says so, by its protocol or by its name",
    arguments: [(4317, false), (4318, true), (4319, true)])
  func overHTTP(port: Int, isHTTP: Bool) throws {
    let translation = try Self.translate(
      "openTelemetry: {grpcService: {logName: a, \(Self.backend(port)), authority: logs.example.com}}")
    let log = try #require(PolicyFixture.connectionManager(of: translation).accessLog.last)
    let config = try Envoy_Extensions_AccessLoggers_OpenTelemetry_V3_OpenTelemetryAccessLogConfig(
      unpackingAny: log.typedConfig)
    #expect(config.hasHTTPService == isHTTP && config.hasGrpcService != isHTTP)
    if isHTTP {
      #expect(config.httpService.httpUri.uri == "http://logs.example.com/v1/logs")
      #expect(translation.configuration.clusters.map(\.name) == ["telemetry~telemetry~collector~\(port)~http"])
    }
  }
}
