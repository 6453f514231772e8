import Synchronization
import Testing

@testable import XDS

/// Stands for an event loop: counts how often it was woken.
private final class WokenLoop: Sendable {
  private let wakeUps = Mutex(0)

  var count: Int { wakeUps.withLock { $0 } }

  @Sendable func wakeUp() {
    wakeUps.withLock { $0 += 1 }
  }
}

@Suite("The snapshot store")
struct SnapshotStoreTests {
  private let gateway = GatewayID(namespace: "ns", name: "gw")
  private let other = GatewayID(namespace: "ns", name: "other")
  private let start = ContinuousClock.now
  private let a = resource(.listener, "a")
  private let b = resource(.listener, "b")

  @Test("gives back what was published, and nothing for another Gateway")
  func publish() {
    let store = SnapshotStore()
    store.publish(Snapshot([a]), for: gateway, changedAt: start)
    #expect(store.snapshot(for: gateway)?[.listener, "a"] == a)
    #expect(store.snapshot(for: other) == nil)
    store.remove(gateway)
    #expect(store.snapshot(for: gateway) == nil)
  }

  @Test("counts the resources of all Gateways, and names those with a snapshot")
  func count() {
    let store = SnapshotStore()
    let loop = WokenLoop()
    _ = store.attach(to: GatewayID(namespace: "ns", name: "waiting"), loop: ObjectIdentifier(loop), wakeUp: loop.wakeUp)
    store.publish(Snapshot([a, b]), for: other, changedAt: start)
    store.publish(Snapshot([a, resource(.route, "r")]), for: gateway, changedAt: start)
    #expect(store.count(.listener) == 3)
    #expect(store.count(.cluster) == 0)
    #expect(store.gateways == [gateway, other])
  }

  @Test("wakes the loops with streams of the Gateway, once until they take what is new")
  func wake() {
    let store = SnapshotStore()
    let (loop, otherLoop) = (WokenLoop(), WokenLoop())
    _ = store.attach(to: gateway, loop: ObjectIdentifier(loop), wakeUp: loop.wakeUp)
    _ = store.attach(to: other, loop: ObjectIdentifier(otherLoop), wakeUp: otherLoop.wakeUp)
    store.publish(Snapshot([a]), for: gateway, changedAt: start)
    store.publish(Snapshot([a, b]), for: gateway, changedAt: start)
    #expect(loop.count == 1)
    #expect(otherLoop.count == 0)
    #expect(store.take(gateway, for: ObjectIdentifier(loop))?.snapshot == Snapshot([a, b]))
    store.publish(Snapshot([b]), for: gateway, changedAt: start)
    #expect(loop.count == 2)
  }

  @Test("wakes nobody when nothing changed, by publication or update")
  func unchanged() {
    let store = SnapshotStore()
    let loop = WokenLoop()
    let e = resource(.endpoint, "e")
    store.publish(Snapshot([a, e]), for: gateway, changedAt: start)
    _ = store.attach(to: gateway, loop: ObjectIdentifier(loop), wakeUp: loop.wakeUp)
    store.publish(Snapshot([e, resource(.listener, "a")]), for: gateway, changedAt: start)
    store.update([resource(.endpoint, "e")], for: gateway, changedAt: start)
    #expect(loop.count == 0)
    store.update([resource(.endpoint, "e", "2")], for: gateway, changedAt: start)
    #expect(loop.count == 1)
    #expect(store.snapshot(for: gateway)?[.endpoint, "e"]?.version == resource(.endpoint, "e", "2").version)
    #expect(store.snapshot(for: gateway)?[.listener, "a"] == a)
  }

  @Test("an update of endpoints of an unknown Gateway, or of another type, does nothing")
  func pointlessUpdate() {
    let store = SnapshotStore()
    store.update([resource(.endpoint, "e")], for: gateway, changedAt: start)
    #expect(store.snapshot(for: gateway) == nil)
    store.publish(Snapshot([a]), for: gateway, changedAt: start)
    store.update([b], for: gateway, changedAt: start)
    #expect(store.snapshot(for: gateway)?.count(.listener) == 1)
  }

  // MARK: Refusals

  @Test("a refused resource is held back: the last one accepted is served, and the others go on")
  func fallBack() {
    let store = SnapshotStore()
    store.publish(Snapshot([a, b]), for: gateway, changedAt: start)
    store.accept([a, b], for: gateway, generation: 1)
    let (bad, newB) = (resource(.listener, "a", "bad"), resource(.listener, "b", "2"))
    store.publish(Snapshot([bad, newB]), for: gateway, changedAt: start)
    store.reject([bad], for: gateway, isCertain: true, message: "a is bad")
    #expect(store.servedSnapshot(for: gateway) == Snapshot([a, newB]))
    #expect(store.snapshot(for: gateway) == Snapshot([bad, newB]))
    #expect(
      store.rejections(for: gateway) == [
        RejectedResource(
          type: .listener, name: "a", version: bad.version, message: "a is bad", isWithheld: true,
          refuser: .proxies(1, of: 1), goodVersion: a.version)
      ])
  }

  @Test("a refused resource that nobody accepted before is left out")
  func leaveOut() {
    let store = SnapshotStore()
    store.publish(Snapshot([a, b]), for: gateway, changedAt: start)
    store.reject([a], for: gateway, isCertain: true, message: "no")
    #expect(store.servedSnapshot(for: gateway)?.resources(.listener) == [b])
  }

  @Test("one of several that may be to blame is not left out, but falls back to what was accepted")
  func suspicion() {
    let store = SnapshotStore()
    store.publish(Snapshot([a]), for: gateway, changedAt: start)
    store.accept([a], for: gateway, generation: 1)
    let newA = resource(.listener, "a", "2")
    store.publish(Snapshot([newA, b]), for: gateway, changedAt: start)
    store.reject([newA, b], for: gateway, isCertain: false, message: "no")
    #expect(store.servedSnapshot(for: gateway) == Snapshot([a, b]))
  }

  @Test("a refusal ends when the resource changes, and lasts while others change")
  func refusalEnds() {
    let store = SnapshotStore()
    let bad = resource(.listener, "a", "bad")
    store.publish(Snapshot([bad]), for: gateway, changedAt: start)
    store.reject([bad], for: gateway, isCertain: true, message: "no")
    store.publish(Snapshot([bad, b]), for: gateway, changedAt: start)
    #expect(store.servedSnapshot(for: gateway)?.resources(.listener) == [b])
    store.publish(Snapshot([a, b]), for: gateway, changedAt: start)
    #expect(store.servedSnapshot(for: gateway) == Snapshot([a, b]))
    #expect(store.rejections(for: gateway).isEmpty)
  }

  @Test("a refused resource that another proxy accepts is served, and one accepted before is never held back")
  func disagreement() {
    let store = SnapshotStore()
    store.publish(Snapshot([a]), for: gateway, changedAt: start)
    store.reject([a], for: gateway, isCertain: true, message: "no")
    #expect(store.servedSnapshot(for: gateway)?.count(.listener) == 0)
    store.accept([a], for: gateway, generation: 1)
    #expect(store.servedSnapshot(for: gateway) == Snapshot([a]))
    store.reject([a], for: gateway, isCertain: true, message: "no")
    #expect(store.servedSnapshot(for: gateway) == Snapshot([a]))
    #expect(store.rejections(for: gateway).map(\.isWithheld) == [false])
  }

  @Test("a refusal of what is not published any more changes nothing")
  func lateRefusal() {
    let store = SnapshotStore()
    store.publish(Snapshot([b]), for: gateway, changedAt: start)
    store.reject([a], for: gateway, isCertain: true, message: "no")
    #expect(store.rejections(for: gateway).isEmpty)
    #expect(store.servedSnapshot(for: gateway) == Snapshot([b]))
  }

  @Test("a late acknowledgement of something older does not make it the one to fall back to")
  func lateAcknowledgement() {
    let store = SnapshotStore()
    let versions = (1...3).map { resource(.listener, "a", "\($0)") }
    for version in versions {
      store.publish(Snapshot([version]), for: gateway, changedAt: start)
    }
    store.accept([versions[1]], for: gateway, generation: 2)
    store.accept([versions[0]], for: gateway, generation: 1)
    store.reject([versions[2]], for: gateway, isCertain: true, message: "no")
    #expect(store.servedSnapshot(for: gateway) == Snapshot([versions[1]]))
  }

  // MARK: Convergence

  @Test("a publication has converged when the last stream has acknowledged it")
  func convergence() {
    let now = start + .milliseconds(70)
    let store = SnapshotStore(now: { now })
    let loop = WokenLoop()
    for _ in 0..<2 {
      _ = store.attach(to: gateway, loop: ObjectIdentifier(loop), wakeUp: loop.wakeUp)
    }
    store.publish(Snapshot([a]), for: gateway, changedAt: start)
    #expect(store.acknowledge(1, of: gateway) == nil)
    #expect(store.acknowledge(1, of: gateway) == .milliseconds(70))
    #expect(store.acknowledge(1, of: gateway) == nil)
  }

  @Test("a stream that closes is not waited for, but without any nothing has converged")
  func convergenceWithClosedStreams() {
    let store = SnapshotStore()
    let loop = WokenLoop()
    for _ in 0..<2 {
      _ = store.attach(to: gateway, loop: ObjectIdentifier(loop), wakeUp: loop.wakeUp)
    }
    store.publish(Snapshot([a]), for: gateway, changedAt: start)
    #expect(store.acknowledge(1, of: gateway) == nil)
    #expect(store.detach(from: gateway, loop: ObjectIdentifier(loop), acknowledged: 0) != nil)
    store.publish(Snapshot([b]), for: gateway, changedAt: start)
    #expect(store.detach(from: gateway, loop: ObjectIdentifier(loop), acknowledged: 1) == nil)
  }

  @Test("an acknowledgement of an older publication does not count, nor does one after a refusal")
  func convergenceOfNewest() {
    let store = SnapshotStore()
    let loop = WokenLoop()
    _ = store.attach(to: gateway, loop: ObjectIdentifier(loop), wakeUp: loop.wakeUp)
    store.publish(Snapshot([a]), for: gateway, changedAt: start)
    store.publish(Snapshot([b]), for: gateway, changedAt: start)
    #expect(store.acknowledge(1, of: gateway) == nil)
    store.reject([b], for: gateway, isCertain: true, message: "no")
    #expect(store.acknowledge(2, of: gateway) == nil)
    #expect(store.acknowledge(3, of: gateway) == nil)
  }

  @Test("a stream that comes later is not waited for")
  func lateStream() {
    let store = SnapshotStore()
    let loop = WokenLoop()
    _ = store.attach(to: gateway, loop: ObjectIdentifier(loop), wakeUp: loop.wakeUp)
    store.publish(Snapshot([a]), for: gateway, changedAt: start)
    #expect(store.attach(to: gateway, loop: ObjectIdentifier(loop), wakeUp: loop.wakeUp).generation == 1)
    #expect(store.acknowledge(1, of: gateway) != nil)
  }
}

@Suite("The streams of a Gateway")
struct TransitionCacheTests {
  @Test("share a response as long as one waits for its acknowledgement, and then nothing keeps it")
  func sharing() throws {
    let cache = TransitionCache()
    let served = Served(generation: 1, snapshot: Snapshot([resource(.cluster, "a")]))
    var streams = (0..<3).map { _ in DeltaStream(maximumNames: 10) }
    let request = DeltaRequest(typeURL: ResourceType.cluster.typeURL)
    weak var kept: Transition?
    var nonces: [String] = []
    for index in streams.indices {
      _ = try streams[index].receive(request)
      let responses = streams[index].responses(to: served, cache: cache)
      if let kept { #expect(responses.first?.transition === kept) }
      kept = responses.first?.transition
      nonces += responses.map(\.nonce)
    }
    #expect(cache.misses == 1)
    #expect(kept != nil)
    for (index, nonce) in zip(streams.indices, nonces) {
      _ = try streams[index].receive(.init(typeURL: ResourceType.cluster.typeURL, nonce: nonce))
    }
    #expect(kept == nil)
  }

  @Test("do not share a response when they hold or want something else")
  func noSharing() throws {
    let cache = TransitionCache()
    let served = Served(
      generation: 1, snapshot: Snapshot([resource(.endpoint, "a"), resource(.endpoint, "b")]))
    var texts: [String] = []
    for names in [["a"], ["b"], ["a", "b"], ["*"], ["x"]] {
      var stream = DeltaStream(maximumNames: 10)
      _ = try stream.receive(.init(typeURL: ResourceType.endpoint.typeURL, subscribe: names))
      texts += stream.responses(to: served, cache: cache).map { text(of: $0.transition) }
    }
    #expect(
      texts == [
        "endpoint +a=1", "endpoint +b=1", "endpoint +a=1 +b=1", "endpoint +a=1 +b=1", "endpoint -x",
      ])
  }

  @Test("leave little behind after many changes")
  func cleaning() throws {
    let cache = TransitionCache()
    var stream = DeltaStream(maximumNames: 10)
    _ = try stream.receive(.init(typeURL: ResourceType.cluster.typeURL))
    for generation in 1...1000 as ClosedRange<UInt64> {
      let served = Served(generation: generation, snapshot: Snapshot([resource(.cluster, "a", "\(generation)")]))
      let nonce = try #require(stream.responses(to: served, cache: cache).first?.nonce)
      _ = try stream.receive(.init(typeURL: ResourceType.cluster.typeURL, nonce: nonce))
    }
    #expect(cache.count <= 8)
  }
}
