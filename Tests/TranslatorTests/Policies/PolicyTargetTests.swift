import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf
import Testing
import Translator

@Suite("Which listeners a policy is for")
struct PolicyTargetTests {
  /// Ports 80 (two hosts) and 81.
  private static let gateway = """
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: web, namespace: shop, labels: {team: checkout}}
    spec:
      gatewayClassName: kgateway
      listeners:
      - {name: a, port: 80, protocol: HTTP, hostname: a.example.com}
      - {name: b, port: 80, protocol: HTTP, hostname: b.example.com}
      - {name: c, port: 81, protocol: HTTP}
    """

  private static func policy(_ name: String, _ targets: String, created: Int = 1, _ spec: String) -> String {
    """
    apiVersion: gateway.kgateway.dev/v1alpha1
    kind: HTTPListenerPolicy
    metadata: {name: \(name), namespace: shop, creationTimestamp: "2026-01-0\(created)T00:00:00Z"}
    spec:
      \(targets)
      \(spec)
    """
  }

  private static let whole = "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: web}]"

  private static func sections(_ names: String...) -> String {
    let references = names.map { "{group: gateway.networking.k8s.io, kind: Gateway, name: web, sectionName: \($0)}" }
    return "targetRefs: [\(references.joined(separator: ", "))]"
  }

  private static func log(_ path: String) -> String { "accessLog: [{fileSink: {path: \(path), stringFormat: x}}]" }

  private static func translate(_ documents: String...) throws -> Translation {
    try Manifests(([gateway] + documents).joined(separator: "\n---\n")).translation
  }

  private static func message(_ type: String, of policy: String, in translation: Translation) -> String? {
    let entries = translation.report.policies[NamespacedName(namespace: "shop", name: policy)] ?? []
    return entries.first?.conditions.first { $0.type == type }?.message
  }

  private static func values(_ path: String, in translation: Translation) -> [String: [String]] {
    Dictionary(
      translation.report.effectivePolicies.map { effective in
        ("\(effective.port)", effective.contributions.filter { $0.path == path }.map(\.policy.name))
      }, uniquingKeysWith: +)
  }

  @Test("a listener that is named gets the policy, one on another port does not")
  func namedListener() throws {
    let translation = try Self.translate(Self.policy("p", Self.sections("c"), "idleTimeout: 7s"))
    let managers = try translation.configuration.listeners.map(Self.connectionManager)
    #expect(managers.map(\.commonHTTPProtocolOptions.idleTimeout.seconds) == [0, 7])
    let entry = translation.report.policies.values.first?.first
    #expect(entry?.ancestorRef == ParentReference(namespace: "shop", name: "web", sectionName: "c"))
  }

  @Test("a policy that names a listener comes before an older one that names the Gateway, on that port alone")
  func sectionBeatsAge() throws {
    let translation = try Self.translate(
      Self.policy("old", Self.whole, created: 1, "idleTimeout: 1s"),
      Self.policy("young", Self.sections("c"), created: 2, "idleTimeout: 2s"))
    #expect(Self.values("spec.idleTimeout", in: translation) == ["80": ["old"], "81": ["young"]])
    #expect(
      Self.message("Overridden", of: "old", in: translation)
        == "spec.idleTimeout: has no effect on port 81, where policy shop/young decides (it names the listener \"c\")")
    #expect(Self.message("Overridden", of: "young", in: translation) == nil)
  }

  @Test("what can be set once for a port holds for the listeners that share it, and the policy is told")
  func sharedPort() throws {
    let translation = try Self.translate(Self.policy("p", Self.sections("a"), "useRemoteAddress: false"))
    #expect(
      Self.message("Accepted", of: "p", in: translation)
        == "The policy is accepted. spec.useRemoteAddress holds for the listener \"b\" too, which shares port 80 (Envoy "
        + "has one connection manager for the plain HTTP listeners of a port).")
  }

  @Test("of two policies that each name a listener of one port the older decides, and the younger is told")
  func twoSections() throws {
    let translation = try Self.translate(
      Self.policy("first", Self.sections("a"), created: 1, "idleTimeout: 1s"),
      Self.policy("second", Self.sections("b"), created: 2, "idleTimeout: 2s"))
    #expect(Self.values("spec.idleTimeout", in: translation) == ["80": ["first"], "81": []])
    #expect(
      Self.message("Overridden", of: "second", in: translation)
        == "spec.idleTimeout: has no effect on port 80, where policy shop/first decides (it names the listener \"a\")")
  }

  @Test("access logs of all policies add up, the oldest first, each for the listeners that it names")
  func logsAddUp() throws {
    let translation = try Self.translate(
      Self.policy("all", Self.whole, created: 2, Self.log("/all")),
      Self.policy("a", Self.sections("a"), created: 1, Self.log("/a")),
      Self.policy("c", Self.sections("c"), created: 3, Self.log("/c")))
    #expect(Self.values("spec.accessLog[0]", in: translation) == ["80": ["a", "all"], "81": ["all", "c"]])
    let onPort80 = try #require(translation.report.effectivePolicies.first)
    #expect(onPort80.contributions.map(\.listeners) == [["a"], ["a", "b"]])
    #expect(translation.configuration.routes.first?.virtualHosts.map(\.name) == ["a~a.example.com", "b~b.example.com"])
  }

  @Test("a selector reaches the Gateways with its labels, and the status names the Gateway")
  func selector() throws {
    func targets(_ team: String) -> String {
      "targetSelectors: [{group: gateway.networking.k8s.io, kind: Gateway, matchLabels: {team: \(team)}}]"
    }
    let translation = try Self.translate(
      Self.policy("mine", targets("checkout"), Self.log("/mine")),
      Self.policy("theirs", targets("search"), Self.log("/theirs")))
    #expect(translation.report.policies.keys.map(\.name) == ["mine"])
    #expect(
      translation.report.policies.values.first?.map(\.ancestorRef) == [ParentReference(namespace: "shop", name: "web")])
  }

  @Test("a listener that does not exist is told for that target alone")
  func unknownListener() throws {
    let translation = try Self.translate(Self.policy("p", Self.sections("c", "d"), Self.log("/p")))
    let entries = try #require(translation.report.policies.values.first)
    #expect(entries.map(\.ancestorRef.sectionName) == ["c", "d"])
    #expect(entries.map { $0.conditions.first?.reason } == ["Accepted", "TargetNotFound"])
    #expect(
      translation.report.problems.map(\.description) == [
        "HTTPListenerPolicy shop/p: spec.targetRefs[1].sectionName: Gateway shop/web has no listener \"d\"; "
          + "it has: a, b, c"
      ])
  }

  private static func connectionManager(
    _ listener: Envoy_Config_Listener_V3_Listener
  ) throws -> PolicyFixture.HTTPConnectionManager {
    let filter = try #require(listener.filterChains.first?.filters.last)
    return try PolicyFixture.HTTPConnectionManager(unpackingAny: filter.typedConfig)
  }
}
