import EnvoyAPI
import JSON
import KubernetesAPI
import SwiftProtobuf
import Testing
import Translator

@Suite("Access logs of policies")
struct AccessLogPolicyTests {
  @Test("a file log keeps the types and the nesting of its JSON")
  func fileLog() throws {
    let format = JSONValue.object([
      .init(key: "code", value: .string("%RESPONSE_CODE%")), .init(key: "version", value: .integer(2)),
      .init(key: "ratio", value: .number(0.5)), .init(key: "edge", value: .bool(true)),
      .init(key: "zone", value: .null),
      .init(key: "who", value: .object([.init(key: "agents", value: .array([.string("%REQ(USER-AGENT)%")]))])),
    ])
    let policy = HTTPListenerPolicy("a", accessLog: [.init(fileSink: .init(path: "/dev/stdout", jsonFormat: format))])
    let translation = PolicyFixture(policy).translate()
    let logs = try PolicyFixture.connectionManager(of: translation).accessLog
    let log = try #require(logs.first)
    let config = try Envoy_Extensions_AccessLoggers_File_V3_FileAccessLog(unpackingAny: log.typedConfig)
    let fields = config.logFormat.jsonFormat.fields
    #expect(log.name == "envoy.access_loggers.file" && config.path == "/dev/stdout")
    #expect(fields["code"]?.stringValue == "%RESPONSE_CODE%")
    #expect(fields["version"]?.numberValue == 2 && fields["ratio"]?.numberValue == 0.5)
    #expect(fields["edge"]?.boolValue == true && fields["zone"]?.kind == .nullValue(.nullValue))
    #expect(fields["who"]?.structValue.fields["agents"]?.listValue.values.first?.stringValue == "%REQ(USER-AGENT)%")
    #expect(translation.condition("Accepted", of: "a")?.status == .yes)
    #expect(translation.report.problems.isEmpty)
  }

  @Test("the same keys in another order give the same bytes")
  func orderOfKeys() {
    func listeners(_ keys: [Int]) -> [Envoy_Config_Listener_V3_Listener] {
      let members = keys.map { JSONMember(key: "key\($0)", value: .string("%DURATION%")) }
      let format = JSONValue.object(members + [.init(key: "inner", value: .object(members))])
      let policy = HTTPListenerPolicy("a", accessLog: [.init(fileSink: .init(path: "/dev/stdout", jsonFormat: format))])
      return PolicyFixture(policy).translate().configuration.listeners
    }
    #expect(listeners(Array(0..<20)) == listeners((0..<20).reversed()))
  }

  @Test("a static cluster of protocol otlp gets OTLP records with the log's name")
  func otlpLog() throws {
    let translation = PolicyFixture(.init("a", accessLog: [.grpc("audit", to: "otel-collector")])).translate()
    let log = try #require(PolicyFixture.connectionManager(of: translation).accessLog.first)
    let config = try Envoy_Extensions_AccessLoggers_OpenTelemetry_V3_OpenTelemetryAccessLogConfig(
      unpackingAny: log.typedConfig)
    #expect(log.name == "envoy.access_loggers.open_telemetry")
    #expect(config.logName == "audit" && config.grpcService.envoyGrpc.clusterName == "static~otel-collector")
    #expect(config.body.stringValue.contains("%RESPONSE_CODE%"))
    #expect(config.resourceAttributes.values.first { $0.key == "service.name" }?.value.stringValue == "edge")
    let cluster = try #require(translation.configuration.clusters.first)
    #expect(cluster.name == "static~otel-collector" && cluster.type == .strictDns)
    #expect(Self.address(of: cluster) == "collector.telemetry:4317")
    let options = try Envoy_Extensions_Upstreams_Http_V3_HttpProtocolOptions(
      unpackingAny: try #require(cluster.typedExtensionProtocolOptions.values.first))
    #expect(options.explicitHTTPConfig.protocolConfig?.isHTTP2 == true)
  }

  @Test("every operator that an OTLP record holds by default exists")
  func otlpDefaultsAreFormatStrings() throws {
    let translation = PolicyFixture(.init("a", accessLog: [.grpc("audit", to: "otel-collector")])).translate()
    let log = try #require(PolicyFixture.connectionManager(of: translation).accessLog.first)
    let config = try Envoy_Extensions_AccessLoggers_OpenTelemetry_V3_OpenTelemetryAccessLogConfig(
      unpackingAny: log.typedConfig)
    for text in config.attributes.values.map(\.value.stringValue) + [config.body.stringValue] {
      #expect(throws: Never.self) { try FormatString(parsing: text) }
    }
    let keys = config.attributes.values.map(\.key)
    #expect(Set(keys).count == keys.count)
  }

  @Test("a static cluster of protocol als gets Envoy's own access log stream")
  func alsLog() throws {
    let translation = PolicyFixture(.init("a", accessLog: [.grpc("audit", to: "envoy-als")])).translate()
    let log = try #require(PolicyFixture.connectionManager(of: translation).accessLog.first)
    let config = try Envoy_Extensions_AccessLoggers_Grpc_V3_HttpGrpcAccessLogConfig(unpackingAny: log.typedConfig)
    #expect(log.name == "envoy.access_loggers.http_grpc")
    #expect(config.commonConfig.logName == "audit" && config.commonConfig.transportApiVersion == .v3)
    #expect(config.commonConfig.grpcService.envoyGrpc.clusterName == "static~envoy-als")
    #expect(translation.configuration.clusters.map(\.type) == [.static])
  }

  @Test("an address is replaced where the settings say so, and keeps its cluster's name")
  func resolvedAddress() throws {
    var fixture = PolicyFixture(
      .init("a", accessLog: [.grpc("audit", to: "otel-collector")], tracing: .toCollector("traces:4317")))
    fixture.settings.resolve = [
      HostPort(host: "collector.telemetry", port: 4317): HostPort(host: "127.0.0.1", port: 14317),
      HostPort(host: "traces", port: 4317): HostPort(host: "::1", port: 24317),
    ]
    let clusters = fixture.translate().configuration.clusters
    #expect(clusters.map(\.name) == ["static~otel-collector", "tracing~traces~4317"])
    #expect(clusters.map(Self.address) == ["127.0.0.1:14317", "::1:24317"])
    #expect(clusters.allSatisfy { $0.type == .static })
  }

  @Test("a cluster that two logs use is there once, and one that none uses is not there")
  func clustersAreShared() {
    let first = HTTPListenerPolicy("a", accessLog: [.grpc("one", to: "otel-collector")])
    let second = HTTPListenerPolicy("b", accessLog: [.grpc("two", to: "otel-collector")])
    #expect(PolicyFixture(first, second).translate().configuration.clusters.map(\.name) == ["static~otel-collector"])
    #expect(PolicyFixture().translate().configuration.clusters.isEmpty)
  }

  private static func address(of cluster: Envoy_Config_Cluster_V3_Cluster) -> String? {
    let address = cluster.loadAssignment.endpoints.first?.lbEndpoints.first?.endpoint.address.socketAddress
    return address.map { "\($0.address):\($0.portValue)" }
  }
}

extension Envoy_Extensions_Upstreams_Http_V3_HttpProtocolOptions.ExplicitHttpConfig.OneOf_ProtocolConfig {
  fileprivate var isHTTP2: Bool {
    if case .http2ProtocolOptions = self { true } else { false }
  }
}
