import Controller
import KubernetesAPI
import KubernetesClient
import Logging
import PrometheusMetrics
import RealComponents
import RecordedLog
import Testing

@Suite("An API server as the source of objects", .timeLimit(.minutes(1)))
struct KubernetesSourceTests {
  private let log = RecordedLog()
  private let metrics = ControlPlaneMetrics(
    build: BuildInformation(version: "0", commit: "0", swiftVersion: "0", envoyVersion: "0"))

  /// Runs the source against these answers for namespaces (all other kinds are there and have no objects) while `body`
  /// runs.
  private func reflecting(
    list: [String], watch: [String], missing: Set<String> = [], _ body: (RecordingSink) async throws -> Void
  ) async throws {
    let transport = AnsweringTransport { request, _ in
      let plural = request.path.split(separator: "/").last.map(String.init) ?? ""
      if missing.contains(plural) {
        return .init(
          status: 404, body: #"{"kind":"Status","status":"Failure","reason":"NotFound","message":"no","code":404}"#)
      }
      let isNamespaces = plural == "namespaces"
      guard request.parameter("watch") == nil else {
        return .init(body: isNamespaces ? watch.map { $0 + "\n" }.joined() : "", staysOpen: true)
      }
      let items = isNamespaces ? list.joined(separator: ",") : ""
      return .init(body: #"{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"10"},"items":[\#(items)]}"#)
    }
    let source = KubernetesSource(client: transport.client, metrics: metrics, logger: log.logger)
    let sink = RecordingSink()
    try await withThrowingTaskGroup { group in
      group.addTask { try await source.run(into: sink) }
      try await eventually("the first sync") { await sink.isSynced }
      try await body(sink)
      group.cancelAll()
    }
  }

  private static func namespace(_ name: String, version: Int, labels: String = #"{"team":"a"}"#) -> String {
    #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"\#(name)","resourceVersion":"\#(version)","labels":\#(labels)}}"#
  }

  private static func event(_ type: String, _ object: String) -> String { #"{"type":"\#(type)","object":\#(object)}"# }

  @Test("what is listed and what the watch tells arrives, in order")
  func listAndWatch() async throws {
    try await reflecting(
      list: [Self.namespace("shop", version: 1), Self.namespace("pay", version: 2)],
      watch: [
        Self.event("MODIFIED", Self.namespace("shop", version: 11, labels: #"{"team":"b"}"#)),
        Self.event("DELETED", Self.namespace("pay", version: 12)),
      ]
    ) { sink in
      try await eventually("the deletion") { await sink.changes.contains("- Namespace pay") }
      #expect(
        await sink.changes == ["+ Namespace shop", "+ Namespace pay", "+ Namespace shop", "- Namespace pay"])
      #expect(await sink.labels(.namespace, "shop") == ["team": "b"])
    }
  }

  @Test("an object that cannot be read any more keeps its last state, which the log tells")
  func undecodable() async throws {
    try await reflecting(
      list: [Self.namespace("shop", version: 1)],
      watch: [
        Self.event("MODIFIED", Self.namespace("shop", version: 11, labels: "7")),
        Self.event("ADDED", Self.namespace("pay", version: 12)),
      ]
    ) { sink in
      try await eventually("what came after it") { await sink.changes.contains("+ Namespace pay") }
      #expect(await sink.changes == ["+ Namespace shop", "+ Namespace pay"])
      #expect(await sink.labels(.namespace, "shop") == ["team": "a"])
      let message = try #require(log.messages(.error).first)
      #expect(message.hasPrefix("Namespace shop cannot be read and keeps its last state: "))
      #expect(message.contains("metadata.labels"))
    }
  }

  @Test("a kind that is not installed counts as synced, which the log tells")
  func absent() async throws {
    try await reflecting(list: [], watch: [], missing: ["httplistenerpolicies"]) { _ in
      #expect(
        log.messages(.warning) == [
          "the API server does not know HTTPListenerPolicy (gateway.kgateway.dev/v1alpha1); install its "
            + "CustomResourceDefinition"
        ])
    }
  }
}
