import EnvoyAPI
import JSON
import KubernetesAPI
import Testing
import Translator

@Suite("Faulty policies")
struct FaultyPolicyTests {
  struct Fault: Sendable, CustomStringConvertible {
    let policy: HTTPListenerPolicy
    let message: String
    var description: String { message }
  }

  private static func log(_ entry: HTTPListenerPolicy.AccessLog, _ message: String) -> Fault {
    Fault(policy: HTTPListenerPolicy("faulty", accessLog: [entry]), message: message)
  }

  private static func tracing(_ tracing: HTTPListenerPolicy.Tracing, _ message: String) -> Fault {
    Fault(policy: HTTPListenerPolicy("faulty", tracing: tracing), message: message)
  }

  private static func tag(_ tag: HTTPListenerPolicy.CustomTag, _ message: String) -> Fault {
    tracing(.toCollector(customTags: [tag]), message)
  }

  static let faults = [
    log(
      .init(
        fileSink: .init(
          path: "/dev/stdout",
          jsonFormat: .object([.init(key: "response_code", value: .string("%RESPONS_CODE%"))]))),
      "spec.accessLog[0].fileSink.jsonFormat.response_code: unknown operator %RESPONS_CODE% at position 0; "
        + "did you mean %RESPONSE_CODE%?"),
    log(
      .file("/dev/stdout", format: "100%"),
      "spec.accessLog[0].fileSink.jsonFormat.took: the % at position 3 begins no operator; "
        + "write %% for a literal percent sign"),
    log(
      .init(
        fileSink: .init(
          path: "/dev/stdout",
          jsonFormat: .object([
            .init(key: "a.b", value: .array([.integer(1), .object([.init(key: "c", value: .string("%REQ%"))])]))
          ]))),
      "spec.accessLog[0].fileSink.jsonFormat[\"a.b\"][1].c: operator %REQ% at position 0 needs an argument, "
        + "as in %REQ(X-REQUEST-ID)%"),
    log(
      .init(
        fileSink: .init(
          path: "/dev/stdout", jsonFormat: .object([.init(key: "n", value: .integer(9_007_199_254_740_993))]))),
      "spec.accessLog[0].fileSink.jsonFormat.n: 9007199254740993 is too large to be kept exactly; write it as a string"),
    log(.file(""), "spec.accessLog[0].fileSink.path: is empty; name a file, as /dev/stdout"),
    log(
      .init(fileSink: .init(path: "/dev/stdout")),
      "spec.accessLog[0].fileSink: sets none of jsonFormat, stringFormat; set one"),
    log(.init(), "spec.accessLog[0]: sets none of fileSink, grpcService, openTelemetry; set one"),
    log(
      .init(fileSink: .init(path: "/dev/stdout"), grpcService: .init(logName: "a")),
      "spec.accessLog[0]: sets fileSink and grpcService; set only one of them"),
    log(
      .grpc("audit", to: "otel-colector"),
      "spec.accessLog[0].grpcService.staticClusterName: unknown static cluster \"otel-colector\"; "
        + "did you mean \"otel-collector\"? known: envoy-als, otel-collector"),
    log(
      .grpc("audit", to: "loki"),
      "spec.accessLog[0].grpcService.staticClusterName: unknown static cluster \"loki\"; "
        + "known: envoy-als, otel-collector"),
    log(
      .grpc("audit", to: nil),
      "spec.accessLog[0].grpcService: sets none of backendRef, staticClusterName; set one "
        + "(static clusters: envoy-als, otel-collector)"),
    log(
      .grpc("", to: "otel-collector"),
      "spec.accessLog[0].grpcService.logName: is empty; give the log a name, as otel_access_log"),
    tracing(
      .toCollector(samplingRate: 140),
      "spec.tracing.samplingRate: 140 is not a percentage; use a number from 0 to 100, as 10 for one trace in ten"),
    tracing(
      .toCollector(samplingRate: -0.5),
      "spec.tracing.samplingRate: -0.5 is not a percentage; use a number from 0 to 100, as 10 for one trace in ten"),
    tracing(
      .toCollector(samplingRate: 0.00001),
      "spec.tracing.samplingRate: 1e-05 is less than 0.0001, the finest step; use 0.0001 or 0"),
    tracing(
      .init(provider: .init()),
      "spec.tracing.provider: sets none of otel, openTelemetry; set one"),
    tracing(
      .toCollector("otel-collector"),
      "spec.tracing.provider.otel.grpcAddress: \"otel-collector\" is no address with a port; "
        + "write HOST:PORT, as otel-collector.telemetry:4317"),
    tracing(
      .toCollector("http://otel-collector:4317"),
      "spec.tracing.provider.otel.grpcAddress: \"http://otel-collector:4317\" is no address with a port; "
        + "leave out the http://"),
    tracing(
      .toCollector("otel-collector:70000"),
      "spec.tracing.provider.otel.grpcAddress: \"otel-collector:70000\" is no address with a port; "
        + "write HOST:PORT, as otel-collector.telemetry:4317"),
    tracing(
      .toCollector(propagators: ["B3", "W3C"]),
      "spec.tracing.propagators[1]: unknown propagator \"W3C\"; known: W3C_TRACE_CONTEXT, B3, B3_SINGLE_HEADER"),
    tracing(
      .toCollector(propagators: ["b3"]),
      "spec.tracing.propagators[0]: unknown propagator \"b3\"; did you mean B3? "
        + "known: W3C_TRACE_CONTEXT, B3, B3_SINGLE_HEADER"),
    tag(
      .init(name: "env"),
      "spec.tracing.customTags.env: sets none of literal, environment, requestHeader; set one"),
    tag(
      .init(name: "env", literal: "a", requestHeader: "b"),
      "spec.tracing.customTags.env: sets literal and requestHeader; set only one of them"),
    tag(.init(name: "env", literal: ""), "spec.tracing.customTags.env.literal: is empty; give the attribute a value"),
    tag(
      .init(name: "env", environment: ""),
      "spec.tracing.customTags.env.environment: is empty; name a variable of the proxy"),
    tag(
      .init(name: "env", requestHeader: "x y"),
      "spec.tracing.customTags.env.requestHeader: \"x y\" is no name of a header, as x-request-id"),
    tag(.init(name: "", literal: "a"), "spec.tracing.customTags[\"\"]: the tag's name is empty"),
  ]

  @Test("a faulty field is named with its value and what to do, and left out", arguments: faults)
  func faultIsNamed(_ fault: Fault) throws {
    let translation = PolicyFixture(fault.policy).translate()
    let condition = try #require(translation.condition("Accepted", of: "faulty"))
    #expect(condition.status == .no && condition.reason == "Invalid" && condition.observedGeneration == 3)
    #expect(condition.message == fault.message)
    #expect(translation.report.problems.map { "\($0.path): \($0.message)" } == [fault.message])
    #expect(translation.report.problems.allSatisfy { $0.object.kind == .httpListenerPolicy })
    let manager = try PolicyFixture.connectionManager(of: translation)
    #expect(manager.accessLog.isEmpty && !manager.hasTracing && translation.configuration.clusters.isEmpty)
  }

  @Test("the rest of a policy, and other policies, are in effect all the same")
  func faultsHurtOnlyThemselves() throws {
    let faulty = HTTPListenerPolicy(
      "faulty", created: "2025-01-01T00:00:00Z", accessLog: [.file("/a"), .grpc("x", to: "nowhere"), .file("/b")],
      tracing: .toCollector(samplingRate: 140))
    let sound = HTTPListenerPolicy("sound", accessLog: [.file("/c")], tracing: .toCollector("other:4317"))
    let translation = PolicyFixture(faulty, sound).translate()
    let manager = try PolicyFixture.connectionManager(of: translation)
    #expect(manager.accessLog.count == 3)
    #expect(translation.configuration.clusters.map(\.name) == ["tracing~other~4317"])
    let refused = try #require(translation.condition("Accepted", of: "faulty"))
    #expect(
      refused.status == .no && refused.message.hasSuffix(" one trace in ten. The rest of the policy is in effect."))
    #expect(translation.condition("Accepted", of: "sound")?.status == .yes)
    #expect(translation.condition("Overridden", of: "sound") == nil)
  }

  @Test("several faults are numbered in one message")
  func severalFaults() {
    let policy = HTTPListenerPolicy(
      "faulty", accessLog: [.init(), .file("")], tracing: .toCollector(samplingRate: 101))
    #expect(
      PolicyFixture(policy).translate().condition("Accepted", of: "faulty")?.message
        == "3 problems: (1) spec.accessLog[0]: sets none of fileSink, grpcService, openTelemetry; set one "
        + "(2) spec.accessLog[1].fileSink.path: is empty; name a file, as /dev/stdout "
        + "(3) spec.tracing.samplingRate: 101 is not a percentage; "
        + "use a number from 0 to 100, as 10 for one trace in ten")
  }

  @Test("faults that repeat values of any length fit into a condition's message, the most of them too")
  func longFaults() throws {
    let long = String(repeating: "x", count: 100_000)
    let entries = (0..<16).map { _ in
      HTTPListenerPolicy.AccessLog(fileSink: .init(path: long, stringFormat: "%\(long)%"))
    }
    for count in [1, 16] {
      let policy = HTTPListenerPolicy("faulty", accessLog: Array(entries.prefix(count)))
      let message = try #require(PolicyFixture(policy).translate().condition("Accepted", of: "faulty")?.message)
      // The API's `maxLength` of a condition's message.
      #expect(message.count < 32_768)
      #expect(message.contains("spec.accessLog[0].fileSink.path: \"xxx") && message.contains("(cut off)"))
    }
  }

  @Test("a format that is nested too deep for Envoy is refused, and one that is not is taken")
  func depth() {
    func nested(_ depth: Int) -> JSONValue {
      (1..<depth).reduce(.object([.init(key: "a", value: .string("%DURATION%"))])) { inner, _ in
        .object([.init(key: "a", value: inner)])
      }
    }
    func status(_ depth: Int) -> Condition? {
      let sink = HTTPListenerPolicy.FileSink(path: "/dev/stdout", jsonFormat: nested(depth))
      let policy = HTTPListenerPolicy("faulty", accessLog: [.init(fileSink: sink)])
      return PolicyFixture(policy).translate().condition("Accepted", of: "faulty")
    }
    #expect(status(24)?.status == .yes)
    #expect(status(25)?.message.hasSuffix("is nested more than 24 deep") == true)
  }
}
