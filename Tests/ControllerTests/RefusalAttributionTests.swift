import JSON
import KubernetesAPI
import Testing
import Translator

@testable import Controller

@Suite("Whose fault a refusal is")
struct RefusalAttributionTests {
  private typealias Suspect = RefusalAttribution.Suspect

  private let a = NamespacedName(namespace: "shop", name: "a")
  private let b = NamespacedName(namespace: "shop", name: "b")

  /// A policy whose access logs go to these files, each with one key.
  private static func policy(
    _ id: NamespacedName, _ logs: [(path: String, format: String)]
  ) -> HTTPListenerPolicy {
    HTTPListenerPolicy(
      metadata: ObjectMeta(namespace: id.namespace, name: id.name),
      accessLog: logs.map { log in
        .init(
          fileSink: .init(
            path: log.path, jsonFormat: .object([.init(key: "x.y", value: .array([.string(log.format)]))])))
      })
  }

  private func log(_ policy: NamespacedName, _ index: Int, _ content: UInt64) -> PolicyContribution {
    PolicyContribution(policy: policy, path: "spec.accessLog[\(index)]", fingerprint: content)
  }

  private func suspects(
    _ reason: String, _ now: [PolicyContribution], before: [PolicyContribution]? = nil,
    _ policies: [HTTPListenerPolicy] = []
  ) -> [String] {
    RefusalAttribution.suspects(
      reason: reason, contributions: now, before: before,
      policies: Dictionary(uniqueKeysWithValues: policies.map { ($0.metadata.id, $0) })
    ).map { "\($0.policy.name) \($0.path)" }
  }

  @Test("of two policies that share a listener, the one that changed is to blame")
  func changedOne() {
    let before = [log(a, 0, 1), log(b, 0, 2)]
    #expect(suspects("no", [log(a, 0, 1), log(b, 0, 3)], before: before) == ["b spec.accessLog[0]"])
    #expect(suspects("no", [log(a, 0, 9), log(b, 0, 2)], before: before) == ["a spec.accessLog[0]"])
  }

  @Test("of several changes since the last version that works, what was refused with the same words before is to blame")
  func blamedBefore() {
    let before = [log(a, 0, 1), log(b, 0, 2)]
    let found = RefusalAttribution.suspects(
      reason: "no", contributions: [log(a, 0, 5), log(b, 0, 6)], before: before,
      blamed: [FieldContent(log(b, 7, 6)), FieldContent(log(a, 0, 1))], policies: [:])
    #expect(found.map(\.policy) == [b])
  }

  @Test("a change of another field, or that another policy is gone, is held up by a refusal; the refused one is not")
  func holdsUpOthers() {
    let before = [log(a, 0, 1), log(b, 0, 2)]
    func holdsUp(_ now: [PolicyContribution]) -> Bool {
      let suspect = RefusalAttribution.Suspect(
        policy: b, path: "spec.accessLog[0]", content: FieldContent(log(b, 0, 9)))
      return RefusalAttribution.holdsUpOthers([suspect], now, before: before)
    }
    #expect(!holdsUp([log(a, 0, 1), log(b, 0, 9)]))
    #expect(!holdsUp([log(a, 3, 1), log(b, 1, 9)]))
    #expect(holdsUp([log(a, 0, 5), log(b, 0, 9)]))
    #expect(holdsUp([log(a, 0, 1), log(b, 0, 9), log(b, 1, 7)]))
    #expect(holdsUp([log(b, 0, 9)]))
  }

  @Test("an entry that only moved is not to blame, the one put before it is")
  func movedEntry() {
    let before = [log(a, 0, 1), log(a, 1, 1)]
    let now = [log(a, 0, 7), log(a, 1, 1), log(a, 2, 1)]
    #expect(suspects("no", now, before: before) == ["a spec.accessLog[0]"])
  }

  @Test("one more of the same is what changed")
  func repeatedEntry() {
    #expect(suspects("no", [log(a, 0, 1), log(a, 1, 1)], before: [log(a, 0, 1)]) == ["a spec.accessLog[1]"])
  }

  @Test("where no policy changed, none is to blame")
  func noneChanged() {
    #expect(suspects("no", [log(a, 0, 1)], before: [log(a, 0, 1)]) == [])
    #expect(suspects("no", [], before: nil) == [])
    #expect(suspects("cannot bind '0.0.0.0:80': Address already in use", [log(a, 0, 1)], before: nil) == [])
  }

  @Test("without a version that works, the value that the message repeats tells, to the field in the entry")
  func value() {
    let policies = [
      Self.policy(a, [("/dev/stdout", "%PROTOCOL%")]),
      Self.policy(b, [("/dev/stdout", "%PROTOCOL%"), ("/nonexistent/x.log", "%PROTOCOL%")]),
    ]
    let now = [log(a, 0, 1), log(b, 0, 1), log(b, 1, 2)]
    let reason = "unable to open file '/nonexistent/x.log': No such file or directory"
    #expect(suspects(reason, now, policies) == ["b spec.accessLog[1].fileSink.path"])
  }

  @Test("a message about an expression fits the formats with one, and of those the one with the unknown name")
  func expression() {
    let reason = "failed to create an expression: No overload found in reference resolve step for nosuch"
    let good = Self.policy(a, [("/dev/stdout", "%CEL(request.method)%")])
    let bad = Self.policy(b, [("/dev/stdout", "%PROTOCOL% %CEL(request.headers.nosuch(1))%")])
    let now = [log(a, 0, 1), log(b, 0, 2)]
    #expect(suspects(reason, now, [good, bad]) == [#"b spec.accessLog[0].fileSink.jsonFormat["x.y"][0]"#])
    let parse = "failed to create an expression: syntax error at '}'"
    #expect(suspects(parse, now, [good, bad]).count == 2)
    let plain = Self.policy(b, [("/dev/stdout", "%PROTOCOL%")])
    #expect(suspects(parse, now, [good, plain]) == [#"a spec.accessLog[0].fileSink.jsonFormat["x.y"][0]"#])
  }

  @Test("a message that fits nothing leaves every field of the listener suspect")
  func noFit() {
    let policies = [Self.policy(a, [("/dev/stdout", "%PROTOCOL%")]), Self.policy(b, [("/dev/stdout", "x")])]
    #expect(
      suspects("Invalid header configuration.", [log(a, 0, 1), log(b, 0, 2)], policies) == [
        "a spec.accessLog[0]", "b spec.accessLog[0]",
      ])
  }

  @Test("of several fields that changed, those that the message fits are to blame")
  func changedAndFitting() {
    let policy = Self.policy(a, [("/one/a.log", "x"), ("/two/b.log", "x"), ("/three/c.log", "x")])
    let reason = "unable to open file '/two/b.log': No such file or directory"
    #expect(
      suspects(
        reason, [log(a, 0, 1), log(a, 1, 2), log(a, 2, 3)], before: [log(a, 1, 2)], [policy]) == [
          "a spec.accessLog[0]", "a spec.accessLog[2]",
        ])
    #expect(
      suspects(reason, [log(a, 0, 1), log(a, 1, 2)], before: [], [policy]) == ["a spec.accessLog[1].fileSink.path"])
  }

  @Test("a field beside the access logs is named as a whole, and a policy that is gone by its entry")
  func otherFields() {
    let policy = HTTPListenerPolicy(
      metadata: ObjectMeta(namespace: "shop", name: "a"),
      tracing: .init(
        provider: .init(otel: .init(grpcAddress: "collector:4317")),
        customTags: [.init(name: "tag", requestHeader: "x-some-header")]))
    let tracing = PolicyContribution(
      policy: a, path: "spec.tracing", fingerprint: 1, clusters: ["tracing~collector~4317"])
    let now = [tracing, log(b, 0, 1)]
    #expect(suspects("bad header 'x-some-header'", now, [policy]) == ["a spec.tracing"])
    #expect(suspects("no", [log(b, 3, 1)], []) == ["b spec.accessLog[3]"])
    #expect(suspects("no", [PolicyContribution(policy: a, path: "?", fingerprint: 1)], [policy]) == ["a ?"])
  }
}
