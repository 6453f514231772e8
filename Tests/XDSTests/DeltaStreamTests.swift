import Testing

@testable import XDS

@Suite("A delta stream")
struct DeltaStreamTests {
  let two = [resource(.cluster, "a"), resource(.cluster, "b")]

  // MARK: Subscriptions

  @Test("a first request without names gets everything")
  func impliedWildcard() throws {
    var script = Script(delta: two)
    #expect(try script.subscribe(.cluster) == ["cluster +a=1 +b=1"])
  }

  @Test("a first request for * gets everything, also of endpoints")
  func namedWildcard() throws {
    var script = Script(delta: two + [resource(.endpoint, "e")])
    #expect(try script.subscribe(.cluster, ["*"]) == ["cluster +a=1 +b=1"])
    #expect(try script.subscribe(.endpoint, ["*"]) == ["endpoint +e=1"])
  }

  @Test("a first request without names means nothing for endpoints and routes")
  func noImpliedWildcardForNamedTypes() throws {
    var script = Script(delta: [resource(.endpoint, "e"), resource(.route, "r")])
    #expect(try script.subscribe(.endpoint) == [])
    #expect(try script.subscribe(.route) == [])
  }

  @Test("a wildcard over nothing is answered once, so that the client does not wait")
  func emptyWildcard() throws {
    var script = Script(delta: [])
    #expect(try script.subscribe(.cluster) == ["cluster"])
    #expect(try script.ack(.cluster) == [])
  }

  @Test("an unknown Gateway is answered when it is published")
  func unknownGateway() throws {
    var script = Script(delta: nil)
    #expect(try script.subscribe(.cluster) == [])
    #expect(script.publish(two) == ["cluster +a=1 +b=1"])
  }

  @Test("only what is named is sent")
  func names() throws {
    var script = Script(delta: two)
    #expect(try script.subscribe(.cluster, ["b"]) == ["cluster +b=1"])
  }

  @Test("a name subscribed later is sent although nothing changed")
  func laterSubscription() throws {
    var script = Script(delta: two)
    _ = try script.subscribe(.cluster, ["b"])
    _ = try script.ack(.cluster)
    #expect(try script.subscribe(.cluster, ["a"]) == ["cluster +a=1"])
  }

  @Test("a name subscribed again is sent again although nothing changed")
  func repeatedSubscription() throws {
    var script = Script(delta: two)
    _ = try script.subscribe(.cluster, ["a", "b"])
    _ = try script.ack(.cluster)
    #expect(try script.subscribe(.cluster, ["a"]) == ["cluster +a=1"])
  }

  @Test("a name subscribed again before the acknowledgement is sent again after it")
  func repeatedSubscriptionWhileUnderWay() throws {
    var script = Script(delta: two)
    _ = try script.subscribe(.cluster, ["a"])
    #expect(try script.subscribe(.cluster, ["a"]) == [])
    #expect(try script.ack(.cluster) == ["cluster +a=1"])
  }

  @Test("* subscribed again sends everything again")
  func repeatedWildcard() throws {
    var script = Script(delta: two)
    _ = try script.subscribe(.cluster, ["*"])
    _ = try script.ack(.cluster)
    #expect(try script.subscribe(.cluster, ["*"]) == ["cluster +a=1 +b=1"])
  }

  @Test("a name that does not exist is answered as removed, and sent when it appears")
  func missingName() throws {
    var script = Script(delta: two)
    #expect(try script.subscribe(.endpoint, ["x"]) == ["endpoint -x"])
    #expect(try script.ack(.endpoint) == [])
    #expect(script.publish(two + [resource(.endpoint, "x")]) == ["endpoint +x=1"])
  }

  @Test("a name that does not exist is answered again when it is subscribed again")
  func missingNameAgain() throws {
    var script = Script(delta: two)
    _ = try script.subscribe(.endpoint, ["x"])
    _ = try script.ack(.endpoint)
    #expect(try script.subscribe(.endpoint, ["x"]) == ["endpoint -x"])
  }

  @Test("an unsubscribed name is sent no more")
  func unsubscribe() throws {
    var script = Script(delta: two)
    _ = try script.subscribe(.cluster, ["a", "b"])
    _ = try script.ack(.cluster)
    #expect(try script.unsubscribe(.cluster, ["a"]) == [])
    #expect(
      script.publish([resource(.cluster, "a", "2"), resource(.cluster, "b", "2")]) == ["cluster +b=2"])
  }

  @Test("a name unsubscribed under a wildcard is sent again, because the wildcard still covers it")
  func unsubscribeUnderWildcard() throws {
    var script = Script(delta: two)
    _ = try script.subscribe(.cluster, ["*", "a", "x"])
    _ = try script.ack(.cluster)
    #expect(try script.unsubscribe(.cluster, ["a", "x"]) == ["cluster +a=1 -x"])
  }

  @Test("the implied wildcard ends when names are subscribed")
  func impliedWildcardEnds() throws {
    var script = Script(delta: two)
    _ = try script.subscribe(.cluster)
    _ = try script.ack(.cluster)
    #expect(try script.subscribe(.cluster, ["a"]) == ["cluster +a=1"])
    _ = try script.ack(.cluster)
    #expect(script.publish([resource(.cluster, "a", "1"), resource(.cluster, "b", "2")]) == [])
  }

  @Test("a named wildcard goes on when names are subscribed, and ends when * is unsubscribed")
  func namedWildcardEnds() throws {
    var script = Script(delta: two)
    _ = try script.subscribe(.cluster, ["*"])
    _ = try script.ack(.cluster)
    _ = try script.subscribe(.cluster, ["a"])
    _ = try script.ack(.cluster)
    #expect(script.publish([two[0], resource(.cluster, "b", "2")]) == ["cluster +b=2"])
    _ = try script.ack(.cluster)
    #expect(try script.unsubscribe(.cluster, ["*"]) == [])
    #expect(script.publish([two[0], resource(.cluster, "b", "3")]) == [])
  }

  @Test("more names than allowed end the stream")
  func tooManyNames() throws {
    var script = Script(delta: two, maximumNames: 2)
    _ = try script.subscribe(.endpoint, ["a", "b"])
    #expect(throws: RequestRefusal.tooManyNames(.endpoint, limit: 2)) {
      try script.subscribe(.endpoint, ["c"])
    }
  }

  @Test("more initial versions than allowed end the stream")
  func tooManyInitialVersions() throws {
    var script = Script(delta: two, maximumNames: 1)
    #expect(throws: RequestRefusal.tooManyNames(.cluster, limit: 1)) {
      try script.subscribe(.cluster, [], has: ["a": "1", "b": "2"])
    }
  }

  // MARK: Changes

  @Test("a change sends only what changed")
  func change() throws {
    var script = Script(delta: two)
    _ = try script.subscribe(.cluster)
    _ = try script.ack(.cluster)
    #expect(script.publish([two[0], resource(.cluster, "b", "2")]) == ["cluster +b=2"])
  }

  @Test("the same content sends nothing")
  func noChange() throws {
    var script = Script(delta: two)
    _ = try script.subscribe(.cluster)
    _ = try script.ack(.cluster)
    #expect(script.publish(two.reversed()) == [])
  }

  @Test("a removed resource is named, also to a client that named it")
  func removal() throws {
    var script = Script(delta: two)
    _ = try script.subscribe(.cluster, ["*", "b"])
    _ = try script.ack(.cluster)
    #expect(script.publish([]) == ["cluster -a -b"])
  }

  @Test("while a response is under way nothing follows, and then only the newest")
  func newestWins() throws {
    var script = Script(delta: two)
    _ = try script.subscribe(.cluster)
    #expect(script.publish([two[0], resource(.cluster, "b", "2")]) == [])
    #expect(script.publish([two[0], resource(.cluster, "b", "3"), resource(.cluster, "c")]) == [])
    #expect(script.publish([two[0], resource(.cluster, "b", "4")]) == [])
    #expect(try script.ack(.cluster) == ["cluster +b=4"])
  }

  @Test("a change that is taken back while a response is under way sends nothing")
  func changeTakenBack() throws {
    var script = Script(delta: two)
    _ = try script.subscribe(.cluster)
    _ = script.publish([two[0]])
    _ = script.publish(two)
    #expect(try script.ack(.cluster) == [])
    #expect(script.isSettled)
  }

  // MARK: Answers

  @Test("an ACK is told once, and an answer to another response not at all")
  func staleNonce() throws {
    var script = Script(delta: two)
    _ = try script.subscribe(.cluster)
    let old = script.nonce(.cluster)
    _ = try script.ack(.cluster)
    _ = script.publish([two[0]])
    _ = try script.send(.init(typeURL: ResourceType.cluster.typeURL, nonce: old))
    _ = try script.send(.init(typeURL: ResourceType.cluster.typeURL, nonce: "never sent", refusal: "no"))
    #expect(script.heard == ["ACK cluster"])
    #expect(!script.isSettled)
    _ = try script.ack(.cluster)
    #expect(script.heard == ["ACK cluster", "ACK cluster"])
    #expect(script.isSettled)
  }

  @Test("a subscription counts even in a request with a stale nonce")
  func subscriptionWithStaleNonce() throws {
    var script = Script(delta: two)
    _ = try script.subscribe(.cluster, ["a"])
    _ = try script.ack(.cluster)
    let request = DeltaRequest(typeURL: ResourceType.cluster.typeURL, subscribe: ["b"], nonce: "77")
    #expect(try script.send(request) == ["cluster +b=1"])
  }

  @Test("a NACK is told with its message, and the refused version is not sent again")
  func nack() throws {
    var script = Script(delta: two)
    _ = try script.subscribe(.cluster)
    #expect(try script.nack(.cluster, "cluster a is bad") == [])
    #expect(script.heard == ["NACK cluster: cluster a is bad"])
    #expect(!script.isSettled)
    #expect(script.publish([resource(.cluster, "a", "2"), two[1]]) == ["cluster +a=2"])
    _ = try script.ack(.cluster)
    #expect(script.isSettled)
  }

  @Test("nonces are never used twice on a stream")
  func nonces() throws {
    var script = Script(delta: two + [resource(.endpoint, "e")])
    _ = try script.subscribe(.cluster)
    _ = try script.subscribe(.endpoint, ["e"])
    var nonces = [script.nonce(.cluster), script.nonce(.endpoint)]
    _ = try script.ack(.cluster)
    _ = try script.subscribe(.cluster, ["a"])
    nonces.append(script.nonce(.cluster))
    #expect(Set(nonces).count == 3)
  }

  // MARK: Reconnection

  @Test("a client that comes back with what is current gets nothing")
  func reconnectUnchanged() throws {
    var script = Script(delta: two)
    #expect(try script.subscribe(.cluster, [], has: ["a": two[0].version, "b": two[1].version]) == [])
    #expect(script.isSettled)
  }

  @Test("a client that comes back gets what changed and hears what is gone")
  func reconnectChanged() throws {
    var script = Script(delta: two)
    let versions = ["a": two[0].version, "b": "0000000000000001", "gone": "0000000000000002"]
    #expect(try script.subscribe(.cluster, [], has: versions) == ["cluster +b=1"])
    #expect(try script.ack(.cluster) == [])
    // It may have a route that uses it, and ask for that yet.
    #expect(script.presumeAllAsked() == ["cluster -gone"])
    #expect(try script.ack(.cluster) == [])
    #expect(script.isSettled)
  }

  @Test("a client that comes back with names gets what changed, and hears what is gone")
  func reconnectNames() throws {
    let e = resource(.endpoint, "e")
    var script = Script(delta: [e, resource(.endpoint, "f", "2")])
    let versions = ["e": e.version, "f": resource(.endpoint, "f").version, "g": "0000000000000001"]
    #expect(try script.subscribe(.endpoint, ["e", "f", "g"], has: versions) == ["endpoint +f=2"])
    #expect(try script.ack(.endpoint) == [])
    // It may have a cluster of it, and ask for that yet.
    #expect(script.presumeAllAsked() == ["endpoint -g"])
    #expect(try script.ack(.endpoint) == [])
  }

  @Test("a version that another control plane gave counts as unknown")
  func reconnectFromElsewhere() throws {
    var script = Script(delta: two)
    let versions = ["a": "v17", "b": two[1].version]
    #expect(try script.subscribe(.cluster, [], has: versions) == ["cluster +a=1"])
  }

  // MARK: Types that are not served

  @Test("an unknown type is answered with nothing there, and told once")
  func unknownType() throws {
    var script = Script(delta: two)
    let secret = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"
    _ = try script.send(.init(typeURL: secret, subscribe: ["s"]))
    _ = try script.send(.init(typeURL: secret, nonce: "1"))
    _ = try script.send(.init(typeURL: secret, subscribe: ["t"]))
    #expect(script.heard == ["unknown \(secret)", "nothing \(secret) [\"s\"]", "nothing \(secret) [\"t\"]"])
  }

  @Test("no more than eight unknown types of a stream are told")
  func manyUnknownTypes() throws {
    var script = Script(delta: two)
    for number in 0..<20 {
      _ = try script.send(.init(typeURL: "type.googleapis.com/t\(number)", nonce: "1"))
    }
    #expect(script.heard.count == 8)
  }
}
