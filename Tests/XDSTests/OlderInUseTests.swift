import Testing

@testable import XDS

@Suite("The order of a rollout to a client that goes on with something older")
struct OlderInUseTests {
  // MARK: What a listener still uses

  @Test("clusters stay for a route that is sent out of an older snapshot, because a listener of that one is in use")
  func routeOfOlderSnapshot() throws {
    var script = Script(delta: snapshot(["a", "b"], routing: "to b"))
    _ = try script.subscribe(.cluster)
    _ = try script.subscribe(.endpoint, ["a", "b"])
    _ = try script.subscribe(.listener)
    try script.settle()
    #expect(script.publish([resource(.cluster, "a", endpointName: "a"), resource(.endpoint, "a")]) == ["listener -l"])
    #expect(try script.subscribe(.route, ["r"]) == ["route +r=to b"])
    #expect(try script.ack(.route) == [])
    #expect(script.publish(snapshot(["a"], routing: "to a")) == ["route +r=to a"])
    #expect(try script.ack(.listener) == ["listener +l=to a"])
    #expect(try script.ack(.listener) == [])
    #expect(try script.ack(.route) == ["cluster -b"])
  }

  @Test("clusters stay for a route that a listener in use keeps, also when another route is taken from a newer one")
  func keptRouteBesideAnother() throws {
    let other = [resource(.listener, "m"), resource(.route, "s", "1")]
    var script = Script(delta: snapshot(["a", "b"], routing: "to b") + other)
    _ = try script.subscribe(.cluster)
    _ = try script.subscribe(.endpoint, ["a", "b"])
    _ = try script.subscribe(.listener)
    _ = try script.subscribe(.route, ["r", "s"])
    try script.settle()
    let changed = [resource(.listener, "m"), resource(.route, "s", "2")]
    let rest = [resource(.cluster, "a", endpointName: "a"), resource(.endpoint, "a")]
    #expect(script.publish(rest + changed) == ["listener -l", "route +s=2"])
    #expect(try script.ack(.route) == [])
    #expect(script.publish(snapshot(["a"], routing: "to a") + changed) == ["route +r=to a"])
    #expect(try script.ack(.listener) == ["listener +l=to a"])
    #expect(try script.ack(.listener) == [])
    #expect(try script.ack(.route) == ["cluster -b"])
  }

  // MARK: What is held back

  @Test("clusters stay as long as a client keeps a route of its own, because what is published of it is held back")
  func withheldRoute() throws {
    var script = try Script.settled(["a", "b"])
    // Whether the route leads to `b` is for nobody to know.
    let rest = snapshot(["a"], routing: "2").filter { $0.type != .route }
    #expect(script.publish(rest, withholding: ["r"]) == ["listener +l=2"])
    #expect(try script.ack(.listener) == [])
    #expect(script.publish(snapshot(["a"], routing: "3")) == ["listener +l=3", "route +r=3"])
    #expect(try script.ack(.listener) == [])
    #expect(try script.ack(.route) == ["cluster -b"])
  }

  @Test("a route that is held back is not served in the version of an older snapshot to a client that had none of it")
  func heldBackRouteOfOld() throws {
    var script = Script(delta: snapshot(["a", "b"], routing: "1"))
    _ = try script.subscribe(.cluster)
    _ = try script.subscribe(.endpoint, ["a", "b"])
    _ = try script.subscribe(.listener)
    try script.settle()
    let rest = snapshot(["a"], routing: "2").filter { $0.type != .route }
    // The listener that the client has is of the snapshot before, in which `r` leads to `b`.
    #expect(script.publish(rest, withholding: ["r"]) == ["listener +l=2"])
    #expect(try script.subscribe(.route, ["r"]) == ["route -r"])
    #expect(try script.ack(.route) == [])
    #expect(try script.ack(.listener) == ["cluster -b"])
  }

  // MARK: What is refused

  @Test("clusters stay for a route whose change was refused, also when another route is taken from the same snapshot")
  func refusedRouteBesideAnother() throws {
    func routes(_ content: String) -> [EncodedResource] { ["r", "s"].map { resource(.route, $0, content) } }
    func snapshot(_ services: [String], _ content: String) -> [EncodedResource] {
      services.flatMap { [resource(.cluster, $0, endpointName: $0), resource(.endpoint, $0)] }
        + [resource(.listener, "l")] + routes(content)
    }
    var script = Script(delta: snapshot(["a", "b"], "1"))
    _ = try script.subscribe(.cluster)
    _ = try script.subscribe(.endpoint, ["a", "b"])
    _ = try script.subscribe(.listener)
    _ = try script.subscribe(.route, ["r"])
    try script.settle()
    #expect(script.publish(snapshot(["a"], "2")) == ["route +r=2"])
    #expect(try script.subscribe(.route, ["s"]) == [])
    #expect(try script.nack(.route) == ["route +s=2"])
    // The client goes on with the first `r`, which may lead to `b`.
    #expect(try script.ack(.route) == [])
    #expect(script.publish(snapshot(["a"], "3")) == ["route +r=3 +s=3"])
    #expect(try script.ack(.route) == ["cluster -b"])
  }

  @Test("a refused cluster does not hold up listeners and routes")
  func refusedCluster() throws {
    var script = try Script.settled(["a"])
    #expect(script.publish(snapshot(["a", "b"], routing: "2")) == ["cluster +b=1"])
    #expect(try script.nack(.cluster) == ["listener +l=2", "route +r=2"])
    _ = try script.ack(.listener)
    _ = try script.ack(.route)
    #expect(!script.isSettled)
  }

  @Test("clusters that refused routes leave in use are kept")
  func refusedRoutes() throws {
    var script = try Script.settled(["a", "b"])
    #expect(script.publish(snapshot(["a"], routing: "2")) == ["listener +l=2", "route +r=2"])
    _ = try script.ack(.listener)
    #expect(try script.nack(.route) == [])
    #expect(script.publish(snapshot(["a"], routing: "3")) == ["listener +l=3", "route +r=3"])
    #expect(try script.ack(.listener) == [])
    #expect(try script.ack(.route) == ["cluster -b"])
  }

  @Test(
    "of a response that is refused whole for one malformed resource the others are sent again, and wait for nothing")
  func refusedWhole() throws {
    var script = try Script.settled(["a"])
    let newest = snapshot(["a", "b", "bad"], routing: "2")
    #expect(script.publish(newest) == ["cluster +b=1 +bad=1"])
    let words = "name: \"bad\" alt_stat_name: \"b\"\n: Proto constraint validation failed (no)"
    // The route that needs `b` is not sent before the client has it.
    #expect(try script.nack(.cluster, words) == ["cluster +b=1"])
    #expect(script.heard.last == "NACK cluster: Proto constraint validation failed (no)")
    #expect(try script.subscribe(.endpoint, ["b"]) == ["endpoint +b=1"])
    #expect(try script.ack(.endpoint) == [])
    #expect(try script.ack(.cluster) == ["listener +l=2", "route +r=2"])
  }

  @Test("what a client is told is gone keeps its clusters until the client has answered")
  func leaving() throws {
    func snapshot(_ services: [String], _ routing: String, _ listener: String) -> [EncodedResource] {
      XDSTests.snapshot(services, routing: routing) + [resource(.listener, "m", listener)]
    }
    var script = Script(delta: snapshot(["a", "b"], "1", "to b"))
    _ = try script.subscribe(.cluster)
    _ = try script.subscribe(.endpoint, ["a", "b"])
    _ = try script.subscribe(.listener)
    _ = try script.subscribe(.route, ["r"])
    try script.settle()
    #expect(script.publish(snapshot(["a"], "2", "bad")) == ["listener +l=2 +m=bad", "route +r=2"])
    #expect(try script.ack(.route) == [])
    #expect(try script.nack(.listener, "m: no") == [])
    // It may be refused with the rest of its response.
    #expect(script.publish(XDSTests.snapshot(["a"], routing: "2")) == ["listener -m"])
    #expect(try script.ack(.listener) == ["cluster -b"])
  }

  @Test("of what a client gave up and asked for again it uses nothing from before")
  func givenUp() throws {
    func snapshot(_ services: [String]) -> [EncodedResource] {
      XDSTests.snapshot(services, routing: "1").filter { $0.type != .route } + [resource(.route, "r", "bad")]
    }
    var script = try Script.settled(["a", "b"])
    #expect(script.publish(snapshot(["a"])) == ["route +r=bad"])
    #expect(try script.nack(.route, "r: no") == [])
    #expect(try script.unsubscribe(.route, ["r"]) == ["cluster -b"])
    _ = try script.unsubscribe(.endpoint, ["b"])
    try script.settle()
    #expect(try script.subscribe(.route, ["r"]) == ["route +r=bad"])
    #expect(try script.nack(.route, "r: no") == [])
    #expect(script.publish(snapshot(["a", "b"])) == ["cluster +b=1"])
    _ = try script.subscribe(.endpoint, ["b"])
    try script.settle()
    #expect(script.publish(snapshot(["a"])) == ["cluster -b"])
  }

  @Test("clusters of a route that the client never took go with the route")
  func neverTaken() throws {
    var script = try Script.settled(["a"])
    _ = script.publish(snapshot(["a", "b"], routing: "1") + [resource(.route, "s", "to b")])
    _ = try script.subscribe(.endpoint, ["b"])
    _ = try script.ack(.cluster)
    _ = try script.ack(.endpoint)
    #expect(try script.subscribe(.route, ["s"]) == ["route +s=to b"])
    #expect(try script.nack(.route, "s: no") == [])
    #expect(script.publish(snapshot(["a"], routing: "1") + [resource(.route, "s", "to a")]) == ["route +s=to a"])
    #expect(try script.nack(.route, "s: no") == ["cluster -b"])
  }

  // MARK: What is refused without a name

  /// Two routes in one response, to clusters by the name that the content begins with.
  private func routes(_ services: [String], _ content: String) -> [EncodedResource] {
    snapshot(services, routing: "1").filter { $0.type != .route }
      + ["r", "s"].map { resource(.route, $0, content) }
  }

  private func settledRoutes(_ services: [String], _ content: String) throws -> Script<DeltaStream> {
    var script = Script(delta: routes(services, content))
    _ = try script.subscribe(.cluster)
    _ = try script.subscribe(.endpoint, services)
    _ = try script.subscribe(.listener)
    _ = try script.subscribe(.route, ["r", "s"])
    try script.settle()
    return script
  }

  @Test("clusters stay for a route that the client may have taken out of a response that it refused")
  func partlyTaken() throws {
    var script = try settledRoutes(["a"], "to a")
    #expect(script.publish(routes(["a", "b"], "to b")) == ["cluster +b=1"])
    _ = try script.subscribe(.endpoint, ["b"])
    _ = try script.ack(.cluster)
    #expect(try script.ack(.endpoint) == ["route +r=to b +s=to b"])
    // It uses one of the two versions of each.
    #expect(try script.nack(.route) == [])
    #expect(script.publish(routes(["c"], "to c")) == ["cluster +c=1"])
    _ = try script.subscribe(.endpoint, ["c"])
    _ = try script.ack(.cluster)
    #expect(try script.ack(.endpoint) == ["route +r=to c +s=to c"])
    #expect(try script.nack(.route) == [])
    #expect(script.publish(routes(["c"], "to c too")) == ["route +r=to c too +s=to c too"])
    #expect(try script.ack(.route) == ["cluster -a -b"])
  }

  @Test("a client that refuses again and again without a name keeps all clusters, from a bounded number of snapshots")
  func refusedAgainAndAgain() throws {
    var script = try settledRoutes(["a", "b"], "0")
    for round in 1...20 {
      #expect(script.publish(routes(["a", "b"], "\(round)")) == ["route +r=\(round) +s=\(round)"])
      #expect(try script.nack(.route) == [])
    }
    let older = script.logic.rollout.types[.route].older
    #expect(older.values.allSatisfy { $0.origins.count <= 4 })
    _ = script.publish(routes(["a"], "last"))
    #expect(try script.ack(.route) == ["cluster -b"])
    #expect(script.logic.rollout.types[.route].older.isEmpty)
  }

  @Test("what a proxy refused it does not hold, also when it takes the next response")
  func refusedIsNotHeld() throws {
    let (one, other) = (resource(.listener, "a"), resource(.listener, "b"))
    let mended = resource(.listener, "b", "2")
    var script = Script(delta: [one, other])
    _ = try script.subscribe(.listener)
    _ = try script.nack(.listener)
    #expect(script.publish([one, mended]) == ["listener +b=2"])
    #expect(try script.ack(.listener) == [])
    #expect(script.isSettled)
    #expect(script.logic.holds(mended))
    #expect(!script.logic.holds(one))

    let (store, gateway) = (SnapshotStore(), GatewayID(namespace: "ns", name: "gw"))
    store.publish(Snapshot([one, other]), for: gateway, changedAt: .now)
    store.reject([one, other], for: gateway, isCertain: false, message: "no")
    store.publish(Snapshot([one, mended]), for: gateway, changedAt: .now)
    let served = Served(generation: 2, snapshot: try #require(store.servedSnapshot(for: gateway)))
    store.confirm(served, for: gateway) { script.logic.holds($0) }
    #expect(store.rejections(for: gateway).map(\.name) == ["a"])
    #expect(store.acceptedVersion(.listener, "b", for: gateway) == mended.version)
  }

  @Test("over the state of the world a change is not to blame for what was refused before and is sent with it")
  func refusedBefore() throws {
    let bad = resource(.cluster, "bad")
    var script = Script(stateOfTheWorld: [bad, resource(.cluster, "c")])
    _ = try script.request(.cluster)
    _ = try script.nack(.cluster)
    #expect(script.publish([bad, resource(.cluster, "c", "2")]) == ["cluster +bad=1 +c=2"])
    _ = try script.nack(.cluster)
    let blames = script.events.compactMap { event in if case .refused(_, _, let blame) = event { blame } else { nil } }
    #expect(blames.map(\.isCertain) == [false, false])
  }
}
