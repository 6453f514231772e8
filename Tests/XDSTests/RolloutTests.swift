import Testing

@testable import XDS

@Suite("The order of a rollout")
struct RolloutTests {
  // MARK: Make before break

  @Test("at first clusters and endpoints are sent, listeners and routes after both are acknowledged")
  func start() throws {
    var script = Script(delta: snapshot(["a"], routing: "1"))
    try script.hold(.init(typeURL: ResourceType.listener.typeURL))
    try script.hold(.init(typeURL: ResourceType.route.typeURL, subscribe: ["r"]))
    try script.hold(.init(typeURL: ResourceType.endpoint.typeURL, subscribe: ["a"]))
    #expect(try script.subscribe(.cluster) == ["cluster +a=1", "endpoint +a=1"])
    #expect(try script.ack(.cluster) == [])
    #expect(try script.ack(.endpoint) == ["listener +l=1", "route +r=1"])
    #expect(try script.ack(.listener) == [])
    #expect(!script.isSettled)
    #expect(try script.ack(.route) == [])
    #expect(script.isSettled)
  }

  @Test("a new service: cluster, then its endpoints, then the route to it")
  func newService() throws {
    var script = try Script.settled(["a"])
    #expect(script.publish(snapshot(["a", "b"], routing: "2")) == ["cluster +b=1"])
    #expect(try script.subscribe(.endpoint, ["b"]) == ["endpoint +b=1"])
    #expect(try script.ack(.cluster) == [])
    #expect(try script.ack(.endpoint) == ["listener +l=2", "route +r=2"])
  }

  @Test("a service that is gone: the route first, then its cluster, and nothing of endpoints given up by then")
  func goneService() throws {
    var script = try Script.settled(["a", "b"])
    #expect(script.publish(snapshot(["a"], routing: "2")) == ["listener +l=2", "route +r=2"])
    #expect(try script.ack(.listener) == [])
    #expect(try script.ack(.route) == ["cluster -b"])
    #expect(try script.unsubscribe(.endpoint, ["b"]) == [])
    #expect(try script.ack(.cluster) == [])
    #expect(script.isSettled)
  }

  @Test("endpoints that are still subscribed are said to be gone last of all")
  func goneEndpoints() throws {
    var script = try Script.settled(["a", "b"])
    _ = script.publish(snapshot(["a"], routing: "2"))
    _ = try script.ack(.listener)
    #expect(try script.ack(.route) == ["cluster -b"])
    #expect(try script.ack(.cluster) == ["endpoint -b"])
    #expect(!script.isSettled)
    _ = try script.ack(.endpoint)
    #expect(script.isSettled)
  }

  @Test("a service in place of another: no step leaves a route without its cluster")
  func replacedService() throws {
    var script = try Script.settled(["a"])
    #expect(script.publish(snapshot(["b"], routing: "2")) == ["cluster +b=1"])
    _ = try script.subscribe(.endpoint, ["b"])
    _ = try script.ack(.cluster)
    #expect(try script.ack(.endpoint) == ["listener +l=2", "route +r=2"])
    #expect(try script.ack(.route) == [])
    #expect(try script.ack(.listener) == ["cluster -a"])
  }

  @Test("a route to a new cluster of known endpoints waits for these, also where others of them are on their way")
  func variantWhileEndpointsChange() throws {
    var script = try Script.settled(["a"])
    func snapshot(endpoints: String, variant: Bool, routing: String) -> [EncodedResource] {
      [resource(.cluster, "a", endpointName: "a"), resource(.endpoint, "a", endpoints)]
        + (variant ? [resource(.cluster, "a~v", endpointName: "a")] : [])
        + [resource(.listener, "l", routing), resource(.route, "r", routing)]
    }
    #expect(script.publish(snapshot(endpoints: "2", variant: false, routing: "1")) == ["endpoint +a=2"])
    #expect(script.publish(snapshot(endpoints: "2", variant: true, routing: "2")) == ["cluster +a~v=1"])
    // A proxy asks for endpoints by name, and it has these: the new cluster gets them when they are sent again.
    #expect(try script.ack(.cluster) == [])
    #expect(try script.ack(.endpoint) == ["endpoint +a=2"])
    #expect(try script.ack(.endpoint) == ["listener +l=2", "route +r=2"])
  }

  @Test("a route is removed after its listener")
  func goneListener() throws {
    let rest = [resource(.listener, "m")]
    var script = Script(delta: [resource(.listener, "l"), resource(.route, "r")] + rest)
    _ = try script.subscribe(.listener)
    _ = try script.subscribe(.route, ["r"])
    try script.settle()
    #expect(script.publish(rest) == ["listener -l"])
    #expect(try script.ack(.listener) == ["route -r"])
  }

  @Test("a listener that changes alone is sent at once, and nothing else")
  func listenerAlone() throws {
    var script = try Script.settled(["a"])
    let changed = snapshot(["a"], routing: "1").filter { $0.type != .listener } + [resource(.listener, "l", "2")]
    #expect(script.publish(changed) == ["listener +l=2"])
  }

  @Test("endpoints that change alone are sent at once, and hold nothing up")
  func endpointsAlone() throws {
    var script = try Script.settled(["a"])
    let moved = snapshot(["a"], routing: "1").filter { $0.type != .endpoint } + [resource(.endpoint, "a", "2")]
    #expect(script.publish(moved) == ["endpoint +a=2"])
    let rerouted = moved.filter { $0.type != .route } + [resource(.route, "r", "3")]
    #expect(script.publish(rerouted) == ["route +r=3"])
  }

  @Test("a steady flow of new clusters does not hold up the routes to those that are there")
  func steadyFlow() throws {
    var script = try Script.settled(["a"])
    #expect(script.publish(snapshot(["a", "b"], routing: "2")) == ["cluster +b=1"])
    _ = script.publish(snapshot(["a", "b", "c"], routing: "3"))
    _ = try script.subscribe(.endpoint, ["b"])
    #expect(try script.ack(.cluster) == ["cluster +c=1"])
    #expect(try script.ack(.endpoint) == ["listener +l=2", "route +r=2"])
    #expect(script.publish(snapshot(["a", "b", "c", "d"], routing: "4")) == [])
    _ = try script.subscribe(.endpoint, ["c"])
    #expect(try script.ack(.cluster) == ["cluster +d=1"])
    _ = try script.ack(.endpoint)
    #expect(try script.ack(.listener) == ["listener +l=3"])
    #expect(try script.ack(.route) == ["route +r=3"])
  }

  @Test("a cluster is kept while routes that use it are on their way, whatever is newest")
  func keptWhileUnderWay() throws {
    var script = try Script.settled(["a"])
    _ = script.publish(snapshot(["a", "b"], routing: "2"))
    _ = try script.subscribe(.endpoint, ["b"])
    _ = try script.ack(.cluster)
    #expect(try script.ack(.endpoint) == ["listener +l=2", "route +r=2"])
    // The newest has `a` alone again, but the routes under way lead to `b`.
    #expect(script.publish(snapshot(["a"], routing: "3")) == [])
    #expect(try script.ack(.listener) == ["listener +l=3"])
    #expect(try script.ack(.route) == ["route +r=3"])
    #expect(try script.ack(.listener) == [])
    #expect(try script.ack(.route) == ["cluster -b"])
  }

  @Test("a route that comes to be there waits for the endpoints of its cluster like one that changes")
  func routeThatComes() throws {
    let early = snapshot(["a"], routing: "1").filter { $0.type != .route }
    var script = Script(delta: early)
    _ = try script.subscribe(.cluster)
    _ = try script.subscribe(.endpoint, ["a"])
    _ = try script.subscribe(.listener)
    // The proxy asks for the route that its listener names, whether or not there is one.
    _ = try script.subscribe(.route, ["r"])
    try script.settle()
    #expect(script.publish(snapshot(["a", "b"], routing: "1")) == ["cluster +b=1"])
    #expect(try script.subscribe(.endpoint, ["b"]) == ["endpoint +b=1"])
    #expect(try script.ack(.cluster) == [])
    #expect(try script.ack(.endpoint) == ["route +r=1"])
  }

  // MARK: Warming

  @Test("a changed cluster's endpoints are sent after it although they did not change")
  func warming() throws {
    var script = try Script.settled(["a", "b"])
    let changed = snapshot(["a", "b"], routing: "1").map {
      $0.type == .cluster && $0.name == "a" ? resource(.cluster, "a", "2", endpointName: "a") : $0
    }
    #expect(script.publish(changed) == ["cluster +a=2", "endpoint +a=1"])
  }

  @Test("a changed cluster's endpoints follow when the response of endpoints under way is acknowledged")
  func warmingWhileUnderWay() throws {
    var script = try Script.settled(["a", "b"])
    let moved = snapshot(["a", "b"], routing: "1").map {
      $0.type == .endpoint && $0.name == "b" ? resource(.endpoint, "b", "2") : $0
    }
    #expect(script.publish(moved) == ["endpoint +b=2"])
    let changed = moved.map {
      $0.type == .cluster && $0.name == "a" ? resource(.cluster, "a", "2", endpointName: "a") : $0
    }
    #expect(script.publish(changed) == ["cluster +a=2"])
    #expect(try script.ack(.endpoint) == ["endpoint +a=1"])
  }

  // MARK: Clients that do not play along

  @Test("a client that does not answer about clusters gets no route to them")
  func silentClient() throws {
    var script = try Script.settled(["a"])
    #expect(script.publish(snapshot(["a", "b"], routing: "2")) == ["cluster +b=1"])
    #expect(script.publish(snapshot(["a", "b"], routing: "3")) == [])
    _ = try script.subscribe(.endpoint, ["b"])
    #expect(try script.ack(.endpoint) == [])
    #expect(try script.ack(.cluster) == ["listener +l=3", "route +r=3"])
  }

  @Test("a client of listeners alone waits for nothing")
  func listenersOnly() throws {
    var script = Script(delta: snapshot(["a"], routing: "1"))
    #expect(try script.subscribe(.listener) == ["listener +l=1"])
    _ = try script.ack(.listener)
    #expect(script.isSettled)
  }

  @Test("a client of clusters alone hears of removals at once")
  func clustersOnly() throws {
    var script = Script(delta: snapshot(["a", "b"], routing: "1"))
    _ = try script.subscribe(.cluster)
    _ = try script.ack(.cluster)
    #expect(script.publish(snapshot(["a"], routing: "2")) == ["cluster -b"])
  }

  // MARK: Reconnection

  @Test("a client that comes back keeps a cluster that is gone until its routes are changed")
  func reconnect() throws {
    let before = Snapshot(snapshot(["a", "b"], routing: "1"))
    var script = Script(delta: snapshot(["a"], routing: "2"))
    for (type, names) in [(ResourceType.cluster, []), (.endpoint, ["a", "b"]), (.listener, []), (.route, ["r"])] {
      let versions = Dictionary(uniqueKeysWithValues: before.resources(type).map { ($0.name, $0.version) })
      try script.hold(.init(typeURL: type.typeURL, subscribe: names, initialVersions: versions))
    }
    #expect(script.advance() == ["listener +l=2", "route +r=2"])
    _ = try script.ack(.listener)
    #expect(try script.ack(.route) == ["cluster -b"])
  }

  @Test("endpoints that are due again, for their cluster changed, are not said to be gone where they may be needed")
  func endpointsDueAgain() throws {
    let before = Snapshot(snapshot(["a", "b"], routing: "1"))
    let changed = snapshot(["a", "b"], routing: "1").map {
      switch ($0.type, $0.name) {
      case (.cluster, "a"): resource(.cluster, "a", "2", endpointName: "a")
      case (.endpoint, "b"): resource(.endpoint, "b", "2")
      default: $0
      }
    }
    var script = Script(delta: changed)
    func comeBack(_ type: ResourceType, _ names: [String] = []) throws -> [String] {
      let versions = Dictionary(uniqueKeysWithValues: before.resources(type).map { ($0.name, $0.version) })
      return try script.subscribe(type, names, has: versions)
    }
    #expect(try comeBack(.endpoint, ["a", "b"]) == ["endpoint +b=2"])
    #expect(try comeBack(.cluster) == ["cluster +a=2"])
    _ = try comeBack(.listener)
    #expect(script.publish(snapshot(["b"], routing: "1")) == [])
    // Which listeners and routes the client has is not known yet, so `a` stays.
    #expect(try script.ack(.cluster) == [])
    #expect(try script.ack(.endpoint).filter { $0.hasPrefix("endpoint") } == ["endpoint +b=1"])
  }

  @Test("in the state of the world a client gets the endpoints of what changed while it was away, which it has")
  func stateOfTheWorldReconnect() throws {
    let before = snapshot(["a"], routing: "1")
    let changed = before.map { $0.type == .cluster ? resource(.cluster, "a", "2", endpointName: "a") : $0 }
    var script = Script(stateOfTheWorld: changed)
    let versions = Snapshot(before)
    for (type, names) in [(ResourceType.cluster, []), (.endpoint, ["a"]), (.listener, []), (.route, ["r"])] {
      try script.hold(.init(typeURL: type.typeURL, names: names, version: versions.version(type)))
    }
    #expect(script.advance() == ["cluster +a=2", "endpoint +a=1"])
  }

  // MARK: State of the world

  @Test("in the state of the world a cluster that is gone stays in the list until the routes are acknowledged")
  func stateOfTheWorld() throws {
    var script = Script(stateOfTheWorld: snapshot(["a"], routing: "1"))
    _ = try script.request(.cluster)
    _ = try script.request(.endpoint, ["a"])
    _ = try script.ack(.cluster)
    _ = try script.ack(.endpoint, ["a"])
    _ = try script.request(.listener)
    _ = try script.request(.route, ["r"])
    _ = try script.ack(.listener)
    _ = try script.ack(.route, ["r"])
    #expect(script.isSettled)

    #expect(script.publish(snapshot(["b"], routing: "2")) == ["cluster +a=1 +b=1"])
    #expect(try script.request(.endpoint, ["a", "b"]) == ["endpoint +b=1"])
    #expect(try script.ack(.cluster) == [])
    #expect(try script.ack(.endpoint, ["a", "b"]) == ["listener +l=2", "route +r=2"])
    #expect(try script.ack(.listener) == [])
    #expect(try script.ack(.route, ["r"]) == ["cluster +b=1"])
    #expect(try script.request(.endpoint, ["b"]) == [])
    #expect(try script.ack(.cluster) == [])
    #expect(script.isSettled)
  }

  @Test("in the state of the world a changed cluster's endpoints are sent after it too")
  func stateOfTheWorldWarming() throws {
    var script = Script(stateOfTheWorld: snapshot(["a", "b"], routing: "1"))
    _ = try script.request(.cluster)
    _ = try script.ack(.cluster)
    _ = try script.request(.endpoint, ["a", "b"])
    _ = try script.ack(.endpoint, ["a", "b"])
    let changed = snapshot(["a", "b"], routing: "1").map {
      $0.type == .cluster && $0.name == "a" ? resource(.cluster, "a", "2", endpointName: "a") : $0
    }
    let old = script.nonce(.endpoint)
    #expect(script.publish(changed) == ["cluster +a=2 +b=1", "endpoint +a=1"])
    // What Envoy asks while it takes the clusters is overtaken by the endpoints sent already.
    #expect(try script.request(.endpoint, ["a", "b"], nonce: old) == [])
  }
}
