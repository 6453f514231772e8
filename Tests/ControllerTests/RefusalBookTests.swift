import EnvoyAPI
import KubernetesAPI
import Testing
import Translator
import XDS

@testable import Controller

@Suite("What statuses say of refusals")
struct RefusalBookTests {
  private let gateway = NamespacedName(namespace: "shop", name: "web")
  private let a = NamespacedName(namespace: "shop", name: "a")
  private let b = NamespacedName(namespace: "shop", name: "b")

  /// A listener in one of its versions, with what policies have in it.
  private struct Content {
    let resource: EncodedResource
    let policy: EffectivePolicy
    var version: String { resource.version }

    init(_ version: String, port: Int = 80, _ contributions: [PolicyContribution]) throws {
      var listener = Envoy_Config_Listener_V3_Listener()
      listener.name = version
      resource = try .init(type: .listener, name: "listener~\(port)", message: listener)
      policy = EffectivePolicy(port: port, resource: resource.name, contributions: contributions)
    }
  }

  private func part(_ policy: NamespacedName, _ fingerprint: UInt64) -> PolicyContribution {
    PolicyContribution(policy: policy, path: "spec.accessLog[0]", fingerprint: fingerprint)
  }

  private func rejection(
    _ content: Content, good: Content? = nil, by refuser: RejectedResource.Refuser = .proxies(1, of: 2)
  )
    -> RejectedResource
  {
    RejectedResource(
      type: .listener, name: content.resource.name, version: content.version, message: "no such thing",
      isWithheld: true, refuser: refuser, goodVersion: good?.version)
  }

  private func policy(_ id: NamespacedName, stored: [PolicyAncestorStatus] = []) -> HTTPListenerPolicy {
    HTTPListenerPolicy(
      metadata: ObjectMeta(namespace: id.namespace, name: id.name, generation: 4), ancestorStatuses: stored)
  }

  private func publish(_ contents: Content..., to book: inout RefusalBook, accepted: String? = nil) {
    book.record(
      contents.map(\.policy), in: Snapshot(contents.map(\.resource)), of: gateway, generations: [a: 3, b: 3]
    ) { _, _ in accepted }
  }

  private func judge(
    _ rejections: [RejectedResource], _ book: inout RefusalBook, accepted: String? = nil
  ) -> RefusalBook.Judgement {
    book.judge(rejections, of: gateway, policies: [a: policy(a), b: policy(b)]) { _, _ in accepted }
  }

  @Test("the policy whose change is refused is told the field, who refuses, in whose words, and what to do")
  func condition() throws {
    var book = RefusalBook()
    let good = try Content("1", [part(a, 1), part(b, 1)])
    let bad = try Content("2", [part(a, 1), part(b, 2)])
    publish(good, to: &book)
    publish(bad, to: &book, accepted: good.version)
    let judgement = judge([rejection(bad, good: good)], &book, accepted: good.version)
    #expect(judgement.references.map(\.description).sorted() == ["Gateway shop/web", "HTTPListenerPolicy shop/b"])
    #expect(judgement.problems.map(\.object.id) == [b])
    #expect(book.rejectedFields == 1)
    #expect(book.condition(of: policy(a), towards: gateway) == nil)
    #expect(
      book.condition(of: policy(b), towards: gateway)
        == Condition(
          type: "Programmed", status: .no, reason: "ProxyRejected",
          message: """
            spec.accessLog[0]: Envoy refuses it: no such thing; change the field, or remove it (Gateway shop/web: \
            refused by 1 of 2 connected proxies; the last configuration that works stays in use)
            """, observedGeneration: 3))
    #expect(book.refusal(ofPort: 80, of: gateway)?.contains("no such thing") == true)
    #expect(book.refusal(ofPort: 81, of: gateway) == nil)

    // Mended.
    publish(try Content("3", [part(a, 1), part(b, 3)]), to: &book, accepted: good.version)
    let mended = judge([], &book, accepted: good.version)
    #expect(mended.references.map(\.description).sorted() == ["Gateway shop/web", "HTTPListenerPolicy shop/b"])
    #expect(book.condition(of: policy(b), towards: gateway) == nil)
    #expect(mended.problems.map(\.object.id) == [b], "the log does not call it mended before a proxy has taken it")
    #expect(book.rejectedFields == 1)
    #expect(judge([], &book, accepted: try Content("3", []).version).problems == [])
    #expect(book.rejectedFields == 0)
  }

  @Test("a policy that changes while another one's refusal stands is not blamed for it")
  func otherChange() throws {
    var book = RefusalBook()
    let good = try Content("1", [part(a, 1), part(b, 1)])
    let bad = try Content("2", [part(a, 1), part(b, 2)])
    let alsoBad = try Content("3", [part(a, 3), part(b, 2)])
    publish(good, to: &book)
    for content in [bad, alsoBad] {
      publish(content, to: &book, accepted: good.version)
      _ = judge([], &book, accepted: good.version)
      _ = judge([rejection(content, good: good)], &book, accepted: good.version)
      #expect(book.condition(of: policy(a), towards: gateway) == nil)
      #expect(book.condition(of: policy(b), towards: gateway) != nil)
    }
  }

  @Test("the same field in the listeners of two ports is told once")
  func twoPorts() throws {
    var book = RefusalBook()
    let contents = [try Content("1", port: 80, [part(a, 1)]), try Content("1", port: 81, [part(a, 1)])]
    publish(contents[0], contents[1], to: &book)
    #expect(judge(contents.map { rejection($0, by: .check) }, &book).problems.count == 1)
    #expect(book.rejectedFields == 1)
    let message = try #require(book.condition(of: policy(a), towards: gateway)?.message)
    #expect(message.hasPrefix("spec.accessLog[0]: Envoy refuses it: no such thing; change the field"))
    #expect(message.contains("(Gateway shop/web: found by envoy --mode validate, before any proxy got it; "))
    #expect(message.contains("one that starts now gets no such listener"))
  }

  @Test("what is not answered yet is undecided, until a proxy takes or refuses it")
  func undecided() throws {
    var book = RefusalBook()
    let content = try Content("1", [part(a, 1)])
    publish(content, to: &book)
    _ = judge([], &book)
    #expect(book.isUndecided(a, towards: gateway))
    #expect(!book.isUndecided(b, towards: gateway))
    _ = judge([rejection(content)], &book)
    #expect(!book.isUndecided(a, towards: gateway))
    _ = judge([], &book)
    #expect(book.isUndecided(a, towards: gateway))
    _ = judge([], &book, accepted: content.version)
    #expect(!book.isUndecided(a, towards: gateway))
  }

  @Test("of many versions the one that a proxy took is remembered, however long ago")
  func manyVersions() throws {
    var book = RefusalBook()
    let good = try Content("good", [part(a, 1), part(b, 1)])
    publish(good, to: &book)
    for number in 2..<100 {
      publish(
        try Content("\(number)", [part(a, 1), part(b, UInt64(number))]), to: &book, accepted: good.version)
    }
    let bad = try Content("bad", [part(a, 1), part(b, 100)])
    publish(bad, to: &book, accepted: good.version)
    _ = judge([rejection(bad, good: good)], &book, accepted: good.version)
    #expect(book.condition(of: policy(a), towards: gateway) == nil)
    #expect(book.condition(of: policy(b), towards: gateway) != nil)
  }

  @Test("a field whose cluster is taken, but whose listener is not, stays left out until a proxy takes the listener")
  func leftOut() throws {
    var book = RefusalBook()
    let cluster = try EncodedResource(type: .cluster, name: "static~x", message: Envoy_Config_Cluster_V3_Cluster())
    var field = part(b, 1)
    field.clusters = ["static~x"]
    let bad = try Content("1", [field])
    book.record([bad.policy], in: Snapshot([bad.resource, cluster]), of: gateway, generations: [:]) { _, _ in nil }
    func judge(_ rejections: [RejectedResource], listener: String?) -> Bool {
      book.judge(rejections, of: gateway, policies: [b: policy(b)]) { type, _ in
        type == .cluster ? cluster.version : listener
      }.hasToTranslate
    }
    #expect(judge([rejection(bad)], listener: nil))
    #expect(!judge([rejection(bad)], listener: nil))
    #expect(book.leftOut(of: gateway) == [FieldContent(field)])

    let without = try Content("2", [])
    book.record([without.policy], leftOut: [field], in: Snapshot([without.resource]), of: gateway, generations: [:]) {
      _, _ in nil
    }
    #expect(!judge([], listener: without.version))
    #expect(book.condition(of: policy(b), towards: gateway)?.message.contains("in use without it") == true)
    #expect(judge([], listener: bad.version))
    #expect(book.leftOut(of: gateway).isEmpty)
  }

  @Test("a refused cluster is the fault of whose field brings it")
  func cluster() throws {
    var book = RefusalBook()
    let cluster = try EncodedResource(type: .cluster, name: "static~x", message: Envoy_Config_Cluster_V3_Cluster())
    var withCluster = part(b, 1)
    withCluster.clusters = ["static~x"]
    let listener = try Content("1", [part(a, 1), withCluster])
    book.record([listener.policy], in: Snapshot([listener.resource, cluster]), of: gateway, generations: [:]) { _, _ in
      nil
    }
    let rejected = RejectedResource(
      type: .cluster, name: "static~x", version: cluster.version, message: "no", isWithheld: true)
    _ = judge([rejected], &book)
    #expect(book.condition(of: policy(a), towards: gateway) == nil)
    #expect(book.condition(of: policy(b), towards: gateway) != nil)
    #expect(book.refusal(ofPort: 80, of: gateway) == nil)
  }
}
