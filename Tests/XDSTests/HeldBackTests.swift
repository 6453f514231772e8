import Synchronization
import Testing

@testable import XDS

@Suite("Resources that are held back")
struct HeldBackTests {
  private let gateway = GatewayID(namespace: "ns", name: "gw")
  private let store = SnapshotStore()
  private let start = ContinuousClock.now
  private let good = resource(.listener, "a", "good")
  private let newer = resource(.listener, "a", "newer")
  private let bad = resource(.listener, "a", "bad")

  private func publish(_ resources: [EncodedResource], _ checks: ListenerChecks = ListenerChecks()) {
    store.publish(Snapshot(resources), for: gateway, changedAt: start, checks: checks)
  }

  private func served(_ type: ResourceType = .listener) -> [EncodedResource]? {
    store.servedSnapshot(for: gateway)?.resources(type)
  }

  // MARK: The check before proxies

  @Test("a listener that is being checked waits, the one before it and everything else goes on")
  func pending() {
    publish([good])
    let cluster = resource(.cluster, "c")
    publish([newer, cluster], ListenerChecks(pending: ["a"]))
    #expect(served() == [good])
    #expect(served(.cluster) == [cluster])
    #expect(store.snapshot(for: gateway)?[.listener, "a"] == newer)
    store.finishCheck(of: newer, for: gateway, refusal: nil)
    #expect(served() == [newer])
    #expect(store.rejections(for: gateway).isEmpty)
  }

  @Test("endpoints do not wait for a check")
  func endpoints() {
    publish([good, resource(.endpoint, "e", "1")])
    publish([newer, resource(.endpoint, "e", "1")], ListenerChecks(pending: ["a"]))
    store.update([resource(.endpoint, "e", "2")], for: gateway, changedAt: start)
    #expect(served(.endpoint) == [resource(.endpoint, "e", "2")])
    #expect(served() == [good])
  }

  @Test("a listener that the check refuses is never served, the one before it stays")
  func refusedByCheck() {
    publish([good])
    publish([bad], ListenerChecks(pending: ["a"]))
    store.finishCheck(of: bad, for: gateway, refusal: "no")
    #expect(served() == [good])
    #expect(
      store.rejections(for: gateway) == [
        RejectedResource(
          type: .listener, name: "a", version: bad.version, message: "no", isWithheld: true, refuser: .check,
          goodVersion: good.version)
      ])
    // It stays refused when something else changes, and is known when it comes again.
    publish([bad, resource(.listener, "b")], ListenerChecks(refused: ["a": "no"]))
    #expect(served()?.map(\.name) == ["a", "b"])
    #expect(served()?.first == good)
    publish([newer])
    #expect(served() == [newer])
    publish([bad], ListenerChecks(refused: ["a": "no"]))
    #expect(served() == [newer])
    #expect(store.rejections(for: gateway).map(\.goodVersion) == [newer.version])
  }

  @Test("several changes during a check: only the newest one is served, and what was found of another one is void")
  func superseded() {
    publish([good])
    publish([bad], ListenerChecks(pending: ["a"]))
    publish([newer], ListenerChecks(pending: ["a"]))
    store.finishCheck(of: bad, for: gateway, refusal: "no")
    #expect(served() == [good])
    #expect(store.rejections(for: gateway).isEmpty)
    store.finishCheck(of: newer, for: gateway, refusal: nil)
    #expect(served() == [newer])
  }

  @Test("a new listener that is being checked, or refused, is not there yet")
  func newListener() {
    let other = resource(.listener, "other")
    publish([other])
    publish([other, bad], ListenerChecks(pending: ["a"]))
    #expect(served() == [other])
    store.finishCheck(of: bad, for: gateway, refusal: "no")
    #expect(served() == [other])
    #expect(store.rejections(for: gateway).map(\.goodVersion) == [nil])
  }

  @Test("nothing of a Gateway's first snapshot is served before it is checked, so that no proxy sees half of it")
  func firstSnapshot() {
    publish([bad, resource(.route, "r")], ListenerChecks(pending: ["a"]))
    #expect(store.servedSnapshot(for: gateway) == nil)
    store.finishCheck(of: bad, for: gateway, refusal: nil)
    #expect(store.servedSnapshot(for: gateway) == Snapshot([bad, resource(.route, "r")]))
  }

  @Test("what was found elsewhere meanwhile ends the wait, and takes a refusal back")
  func foundElsewhere() {
    publish([good])
    publish([newer], ListenerChecks(pending: ["a"]))
    publish([newer])
    #expect(served() == [newer])
    publish([bad], ListenerChecks(refused: ["a": "no"]))
    #expect(served() == [newer])
    publish([bad], ListenerChecks(pending: ["a"]))
    #expect(store.rejections(for: gateway).isEmpty)
    #expect(served() == [newer])
    store.finishCheck(of: bad, for: gateway, refusal: nil)
    #expect(served() == [bad])
  }

  @Test("what proxies refuse of the one that stands in is replaced by what they took last")
  func refusedStandIn() {
    publish([good])
    store.accept([good], for: gateway, generation: 1)
    publish([bad])
    publish([newer], ListenerChecks(pending: ["a"]))
    #expect(served() == [bad])
    store.reject([bad], for: gateway, isCertain: true, message: "no")
    #expect(served() == [good])
  }

  @Test("a publication has converged when its listeners are checked and have arrived, and not before")
  func convergence() {
    let wakeUps = Mutex(0)
    _ = store.attach(to: gateway, loop: ObjectIdentifier(store)) { wakeUps.withLock { $0 += 1 } }
    publish([good])
    publish([newer, resource(.route, "r")], ListenerChecks(pending: ["a"]))
    #expect(store.acknowledge(2, of: gateway) == nil)
    store.finishCheck(of: newer, for: gateway, refusal: nil)
    #expect(store.acknowledge(3, of: gateway) != nil)
  }

  // MARK: Falling back

  @Test("the listener that is fallen back to keeps the cluster that only it names, with the endpoints")
  func clustersOfFallback() {
    let old = resource(.listener, "a", "logs to cluster~logs and to static~x")
    let clusters = [
      resource(.cluster, "cluster~logs", endpointName: "e"), resource(.cluster, "static~x"),
      resource(.cluster, "unused"),
    ]
    let endpoints = resource(.endpoint, "e")
    publish([old, endpoints] + clusters)
    let first = store.snapshot(for: gateway)
    store.accept([old], for: gateway, generation: 1, of: first)
    publish([bad, clusters[1]])
    store.reject([bad], for: gateway, isCertain: true, message: "no")
    #expect(served() == [old])
    #expect(served(.cluster)?.map(\.name) == ["cluster~logs", "static~x"])
    #expect(served(.endpoint) == [endpoints])
    publish([newer, clusters[1]])
    #expect(served(.cluster)?.map(\.name) == ["static~x"])
  }

  @Test("what is fallen back to stays, whichever version a proxy takes late")
  func lateStandIn() {
    publish([good])
    store.accept([good], for: gateway, generation: 1)
    publish([newer])
    publish([bad])
    store.reject([bad], for: gateway, isCertain: true, message: "no")
    #expect(served() == [good])
    // The last one that worked, although it is known late.
    store.accept([newer], for: gateway, generation: 2)
    store.reject([bad], for: gateway, isCertain: true, message: "no")
    #expect(served() == [newer])
    // One that stood in for a while is not that.
    store.accept([good], for: gateway, generation: 4)
    store.reject([bad], for: gateway, isCertain: true, message: "no")
    #expect(served() == [newer])
  }

  @Test("a version that was sent out of an older snapshot is none to fall back to: its cluster may be gone")
  func sentOutOfOlderSnapshot() {
    let (old, refused) = (resource(.route, "r", "to old"), resource(.route, "r", "to new"))
    publish([old, resource(.cluster, "old")])
    publish([])
    let second = store.snapshot(for: gateway)
    publish([refused, resource(.cluster, "new")])
    // A client whose listener is still of the first snapshot gets the route of that one, in a response of the second.
    store.accept([old], for: gateway, generation: 2, of: second)
    store.reject([refused], for: gateway, isCertain: true, message: "no")
    #expect(served(.route) == [])
    #expect(served(.cluster) == [resource(.cluster, "new")])
  }

  @Test("a proxy keeps the listener that it has, when the one that was to replace it is refused and no other is known")
  func keptByProxy() throws {
    // After a restart: the proxy still has what the process before this one gave it.
    publish([bad])
    var stream = DeltaStream(maximumNames: 10)
    let cache = TransitionCache()
    _ = try stream.receive(
      DeltaRequest(
        typeURL: ResourceType.listener.typeURL, initialVersions: ["a": good.version, "gone": good.version]))
    // It is not Envoy, and does not ask for clusters.
    stream.presumeAllAsked()
    func respond() throws -> [String] {
      let snapshot = try #require(store.servedSnapshot(for: gateway))
      return stream.responses(to: Served(generation: generation, snapshot: snapshot), cache: cache)
        .map { text(of: $0.transition) }
    }
    var generation: UInt64 = 1
    #expect(try respond() == ["listener +a=bad -gone"])
    _ = try stream.receive(
      DeltaRequest(typeURL: ResourceType.listener.typeURL, nonce: "1", refusal: "a: no"))
    store.reject([bad], for: gateway, isCertain: true, message: "a: no")
    generation = 2
    #expect(try respond() == [])
    publish([newer])
    generation = 3
    #expect(try respond() == ["listener +a=newer"])

    // One that starts now is not told of a listener at all.
    publish([bad])
    store.reject([bad], for: gateway, isCertain: true, message: "a: no")
    var late = DeltaStream(maximumNames: 10)
    _ = try late.receive(DeltaRequest(typeURL: ResourceType.listener.typeURL))
    let snapshot = try #require(store.servedSnapshot(for: gateway))
    #expect(
      late.responses(to: Served(generation: 4, snapshot: snapshot), cache: cache).map { text(of: $0.transition) }
        == ["listener"])
  }

  @Test("what a proxy holds from before counts as accepted")
  func confirmed() throws {
    publish([good, resource(.endpoint, "e")])
    let served = Served(generation: 1, snapshot: try #require(store.servedSnapshot(for: gateway)))
    store.confirm(served, for: gateway) { $0.type == .listener }
    #expect(store.acceptedVersion(.listener, "a", for: gateway) == good.version)
    publish([bad])
    store.reject([bad], for: gateway, isCertain: true, message: "no")
    #expect(self.served() == [good])
  }

  // MARK: Who refuses

  @Test("the proxies that refuse are counted once each, of those that are connected")
  func counts() {
    let proxies = [ObjectIdentifier(store), ObjectIdentifier(HeldBackTests.self), ObjectIdentifier(Int.self)]
    for proxy in proxies { _ = store.attach(to: gateway, loop: proxy) {} }
    publish([bad])
    for proxy in [proxies[0], proxies[1], proxies[0]] {
      store.reject([bad], for: gateway, isCertain: true, message: "no", by: proxy)
    }
    #expect(store.rejections(for: gateway).map(\.refuser) == [.proxies(2, of: 3)])
    _ = store.detach(from: gateway, loop: proxies[0], stream: proxies[0], acknowledged: 0)
    #expect(store.rejections(for: gateway).map(\.refuser) == [.proxies(2, of: 3)])
  }

  @Test("whoever asks is woken once for many changes, and told of which Gateways")
  func changes() async {
    let other = GatewayID(namespace: "ns", name: "other")
    publish([bad])
    store.publish(Snapshot([bad]), for: other, changedAt: start)
    #expect(store.takeChanged().isEmpty)
    for _ in 0..<1000 { store.reject([bad], for: gateway, isCertain: true, message: "no") }
    store.reject([bad], for: other, isCertain: true, message: "no")
    var wakeUps = store.changes.makeAsyncIterator()
    #expect(await wakeUps.next() != nil)
    #expect(store.takeChanged() == [gateway, other])
    store.accept([bad], for: gateway, generation: 1)
    #expect(store.takeChanged() == [gateway])
    store.accept([bad], for: gateway, generation: 2)
    #expect(store.takeChanged().isEmpty)
    #expect(store.rejections(for: gateway).isEmpty)
  }

  @Test(
    "a message about several resources is told apart",
    arguments: [
      ("Error adding/updating listener(s) a: no file", "a", "no file"),
      ("Error adding/updating listener(s) a: no file, b: no expression", "a", "no file"),
      ("Error adding/updating listener(s) a: no file\nb: no: expression\n", "b", "no: expression"),
      ("cannot bind", "a", "cannot bind"), ("a: ", "a", "a: "),
      (
        "a: name: \"x\" and the rest of the message: Proto constraint validation failed (Path: too short)", "a",
        "Proto constraint validation failed (Path: too short)"
      ),
    ])
  func parts(message: String, name: String, part: String) {
    let rejected = RejectedResource(type: .listener, name: name, version: "1", message: message, isWithheld: true)
    #expect(rejected.reason(among: ["a", "b"]) == part)
  }
}
