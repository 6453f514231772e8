import JSON
import KubernetesAPI
import Testing
import YAML

@Suite("Reading HTTPListenerPolicies")
struct HTTPListenerPolicyTests {
  static func policies(_ manifest: String) throws -> [HTTPListenerPolicy] {
    try objects(manifest).compactMap { object in
      if case .httpListenerPolicy(let policy) = object { policy } else { nil }
    }
  }

  @Test("the guide's access log to standard output")
  func fileSink() throws {
    let policy = try #require(try Self.policies(Manifests.guide).first)
    #expect(policy.metadata.id.description == "kgateway-system/access-logging")
    #expect(policy.targetRefs == [HTTPListenerPolicy.TargetReference(name: "agentgateway-proxy")])
    #expect(policy.tracing == nil)
    let sink = try #require(policy.accessLog.first?.fileSink)
    #expect(policy.accessLog.count == 1 && policy.accessLog.first?.grpcService == nil)
    #expect(sink.path == "/dev/stdout")
    guard case .object(let members) = sink.jsonFormat else {
      Issue.record("jsonFormat is no object")
      return
    }
    #expect(
      members.map(\.key) == [
        "timestamp", "request_id", "method", "path", "protocol", "response_code", "response_flags", "bytes_received",
        "bytes_sent", "duration", "upstream_host", "upstream_cluster", "user_agent",
      ])
    #expect(sink.jsonFormat?["method"] == .string("%REQ(:METHOD)%"))
  }

  @Test("the guide's access log to a collector")
  func grpcService() throws {
    let policies = try Self.policies(Manifests.guide)
    #expect(
      policies[1].accessLog == [
        HTTPListenerPolicy.AccessLog(
          grpcService: HTTPListenerPolicy.GRPCService(
            logName: "otel_access_log", service: .init(staticClusterName: "otel-collector")))
      ])
  }

  @Test("the guide's tracing")
  func tracing() throws {
    let policies = try Self.policies(Manifests.guide)
    let otel = HTTPListenerPolicy.Provider.OTel(grpcAddress: "otel-collector.telemetry:4317")
    #expect(
      policies[2].tracing
        == HTTPListenerPolicy.Tracing(
          provider: HTTPListenerPolicy.Provider(otel: otel), samplingRate: 100,
          propagators: ["W3C_TRACE_CONTEXT", "B3"]))
    #expect(policies[2].accessLog.isEmpty)
  }

  @Test("the guide's custom tags, in the order of their names")
  func customTags() throws {
    let policy = try #require(try Self.policies(Manifests.customTags).first)
    #expect(
      policy.tracing?.customTags == [
        HTTPListenerPolicy.CustomTag(name: "cluster", environment: "CLUSTER_NAME"),
        HTTPListenerPolicy.CustomTag(name: "environment", literal: "production"),
        HTTPListenerPolicy.CustomTag(name: "request_id", requestHeader: "x-request-id"),
      ])
    #expect(policy.tracing?.samplingRate == nil)
    #expect(policy.tracing?.propagators == nil)
  }

  @Test(
    "a value of the wrong kind is refused by its path, with advice where quotes are missing",
    arguments: [
      (
        "accessLog: [{fileSink: {path: yes}}]", "spec.accessLog[0].fileSink.path: expected a string, found a boolean",
        #"quote it: "yes""#
      ),
      (
        "tracing: {samplingRate: \"100\"}", "spec.tracing.samplingRate: expected a number, found a string",
        "write it without quotes: 100"
      ),
      (
        "accessLog: [{fileSink: {path: a, jsonFormat: text}}]",
        "spec.accessLog[0].fileSink.jsonFormat: expected an object, found a string", nil
      ),
      ("accessLog: [{fileSink: {jsonFormat: {}}}]", "spec.accessLog[0].fileSink: path is missing", nil),
      ("accessLog: {}", "spec.accessLog: expected an array, found an object", nil),
      ("targetRefs: [{kind: Gateway}]", "spec.targetRefs[0]: name is missing", nil),
      ("tracing: {provider: {otel: {}}}", "spec.tracing.provider.otel: grpcAddress is missing", nil),
      (
        "tracing: {customTags: {a: {literal: 1}}}",
        "spec.tracing.customTags.a.literal: expected a string, found a number", #"quote it: "1""#
      ),
      ("tracing: {customTags: {a: b}}", "spec.tracing.customTags.a: expected an object, found a string", nil),
    ] as [(String, String, String?)])
  func wrongKinds(spec: String, message: String, advice: String?) throws {
    let manifest = """
      apiVersion: gateway.kgateway.dev/v1alpha1
      kind: HTTPListenerPolicy
      metadata: {name: x}
      spec:
        \(spec)
      """
    let document = try #require(try YAML.documents(in: Array(manifest.utf8)).first)
    let error = #expect(throws: JSONError.self) { try KubernetesObject.decode(json: document.json) }
    let found = try #require(error)
    #expect(found.description == message)
    #expect(document.advice(for: found) == advice)
    #expect(document.position(ofPath: found.path).line == 5)
  }

  @Test("fields that are null are absent")
  func nulls() throws {
    let manifest = """
      apiVersion: gateway.kgateway.dev/v1alpha1
      kind: HTTPListenerPolicy
      metadata: {name: x, labels: , creationTimestamp: null}
      spec: {targetRefs: ~, accessLog: [{fileSink: {path: a, jsonFormat: null}, grpcService: }], tracing: null}
      status:
      """
    let policy = try #require(try Self.policies(manifest).first)
    #expect(
      policy
        == HTTPListenerPolicy(
          metadata: ObjectMeta(name: "x"),
          accessLog: [HTTPListenerPolicy.AccessLog(fileSink: HTTPListenerPolicy.FileSink(path: "a"))]))
  }
}
