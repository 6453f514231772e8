import Testing

@testable import XDS

@Suite("A state-of-the-world stream")
struct StateOfTheWorldStreamTests {
  let two = [resource(.cluster, "a"), resource(.cluster, "b")]
  let endpoints = [resource(.endpoint, "e"), resource(.endpoint, "f")]

  // MARK: Subscriptions

  @Test("a first request without names gets everything")
  func impliedWildcard() throws {
    var script = Script(stateOfTheWorld: two)
    #expect(try script.request(.cluster) == ["cluster +a=1 +b=1"])
  }

  @Test("a first request for * gets everything, also of endpoints")
  func namedWildcard() throws {
    var script = Script(stateOfTheWorld: two + endpoints)
    #expect(try script.request(.cluster, ["*"]) == ["cluster +a=1 +b=1"])
    #expect(try script.request(.endpoint, ["*"]) == ["endpoint +e=1 +f=1"])
  }

  @Test("no clusters at all are a response too")
  func nothing() throws {
    var script = Script(stateOfTheWorld: [])
    #expect(try script.request(.cluster) == ["cluster"])
    #expect(try script.ack(.cluster) == [])
  }

  @Test("an unknown Gateway is answered when it is published")
  func unknownGateway() throws {
    var script = Script(stateOfTheWorld: nil)
    #expect(try script.request(.cluster) == [])
    #expect(script.publish(two) == ["cluster +a=1 +b=1"])
  }

  @Test("endpoints that do not exist are not answered until they do")
  func missingEndpoints() throws {
    var script = Script(stateOfTheWorld: two)
    #expect(try script.request(.endpoint, ["e"]) == [])
    #expect(script.publish(two + [endpoints[0]]) == ["endpoint +e=1"])
  }

  @Test("named listeners that do not exist are left out of the response")
  func missingListener() throws {
    var script = Script(stateOfTheWorld: [resource(.listener, "l")])
    #expect(try script.request(.listener, ["l", "x"]) == ["listener +l=1"])
  }

  @Test("a name added to the list is sent although nothing changed, and only it")
  func addedName() throws {
    var script = Script(stateOfTheWorld: endpoints)
    #expect(try script.request(.endpoint, ["e"]) == ["endpoint +e=1"])
    #expect(try script.ack(.endpoint, ["e"]) == [])
    #expect(try script.request(.endpoint, ["e", "f"], version: script.version(.endpoint)) == ["endpoint +f=1"])
  }

  @Test("a name added in an acknowledgement is sent")
  func addedNameWithACK() throws {
    var script = Script(stateOfTheWorld: endpoints)
    _ = try script.request(.endpoint, ["e"])
    #expect(try script.ack(.endpoint, ["f", "e"]) == ["endpoint +f=1"])
  }

  @Test("a name added before the first response is sent")
  func addedNameBeforeResponse() throws {
    var script = Script(stateOfTheWorld: [endpoints[1]])
    #expect(try script.request(.endpoint, ["e"]) == [])
    #expect(try script.request(.endpoint, ["e", "f"]) == ["endpoint +f=1"])
  }

  @Test("a name that is left out of the list is sent no more, and is sent when it comes back")
  func droppedName() throws {
    var script = Script(stateOfTheWorld: endpoints)
    _ = try script.request(.endpoint, ["e", "f"])
    #expect(try script.ack(.endpoint, ["e", "f"]) == [])
    #expect(try script.ack(.endpoint, ["e"]) == [])
    #expect(script.publish([endpoints[0], resource(.endpoint, "f", "2")]) == [])
    #expect(try script.ack(.endpoint, ["e", "f"]) == ["endpoint +f=2"])
  }

  @Test("a name that is left out and comes back in the next request is sent again, for the client gave it up")
  func droppedNameAtOnce() throws {
    var script = Script(stateOfTheWorld: endpoints)
    _ = try script.request(.endpoint, ["e", "f"])
    try script.hold(
      .init(
        typeURL: ResourceType.endpoint.typeURL, names: ["e"], version: script.version(.endpoint),
        nonce: script.nonce(.endpoint)))
    #expect(try script.ack(.endpoint, ["e", "f"]) == ["endpoint +f=1"])
  }

  @Test("the implied wildcard ends when names follow, and an empty list is nothing then")
  func impliedWildcardEnds() throws {
    var script = Script(stateOfTheWorld: two)
    _ = try script.request(.cluster)
    #expect(try script.ack(.cluster, ["a"]) == ["cluster +a=1"])
    #expect(try script.ack(.cluster, ["a"]) == [])
    #expect(try script.ack(.cluster, []) == ["cluster"])
    #expect(try script.ack(.cluster, []) == [])
    #expect(script.publish([resource(.cluster, "a", "2")]) == [])
  }

  @Test("a wildcard beside names goes on when the names are left out")
  func wildcardBesideNames() throws {
    var script = Script(stateOfTheWorld: two)
    _ = try script.request(.cluster, ["*", "x"])
    _ = try script.ack(.cluster, ["*", "x"])
    _ = try script.ack(.cluster, ["*"])
    #expect(script.publish([two[0]]) == ["cluster +a=1"])
  }

  @Test("more names than allowed end the stream")
  func tooManyNames() throws {
    var script = Script(stateOfTheWorld: two, maximumNames: 1)
    #expect(throws: RequestRefusal.tooManyNames(.endpoint, limit: 1)) {
      try script.request(.endpoint, ["a", "b"])
    }
  }

  // MARK: Changes

  @Test("a change of a cluster sends all clusters, a change of endpoints only those")
  func change() throws {
    var script = Script(stateOfTheWorld: two + endpoints)
    _ = try script.request(.cluster)
    _ = try script.ack(.cluster)
    _ = try script.request(.endpoint, ["e", "f"])
    _ = try script.ack(.endpoint, ["e", "f"])
    #expect(
      script.publish([two[0], resource(.cluster, "b", "2")] + endpoints) == ["cluster +a=1 +b=2"])
    _ = try script.ack(.cluster)
    #expect(
      script.publish([two[0], resource(.cluster, "b", "2"), endpoints[0], resource(.endpoint, "f", "2")])
        == ["endpoint +f=2"])
  }

  @Test("a removed cluster is left out of the response; removed endpoints are not spoken of")
  func removal() throws {
    var script = Script(stateOfTheWorld: two + endpoints)
    _ = try script.request(.cluster)
    _ = try script.ack(.cluster)
    _ = try script.request(.endpoint, ["e", "f"])
    _ = try script.ack(.endpoint, ["e", "f"])
    #expect(script.publish([two[1], endpoints[0]]) == ["cluster +b=1"])
  }

  @Test("while a response is under way nothing follows, and then only the newest")
  func newestWins() throws {
    var script = Script(stateOfTheWorld: two)
    _ = try script.request(.cluster)
    #expect(script.publish([resource(.cluster, "a", "2"), two[1]]) == [])
    #expect(script.publish([resource(.cluster, "a", "3"), two[1]]) == [])
    #expect(try script.ack(.cluster) == ["cluster +a=3 +b=1"])
  }

  // MARK: Answers

  @Test("a request with a stale nonce is not answered; what it names comes with the answer to the newer response")
  func staleNonce() throws {
    var script = Script(stateOfTheWorld: endpoints)
    _ = try script.request(.endpoint, ["e"])
    let old = script.nonce(.endpoint)
    _ = try script.ack(.endpoint, ["e"])
    _ = script.publish([resource(.endpoint, "e", "2"), endpoints[1]])
    #expect(try script.request(.endpoint, ["e", "f"], nonce: old) == [])
    #expect(script.heard == ["ACK endpoint"])
    #expect(try script.ack(.endpoint, ["e", "f"]) == ["endpoint +f=1"])
  }

  @Test("a NACK is told, and the refused version is not sent again")
  func nack() throws {
    var script = Script(stateOfTheWorld: two)
    _ = try script.request(.cluster)
    #expect(try script.nack(.cluster, [], "b is bad") == [])
    #expect(script.heard == ["NACK cluster: b is bad"])
    #expect(!script.isSettled)
    #expect(script.publish([two[0]]) == ["cluster +a=1"])
    _ = try script.ack(.cluster)
    #expect(script.isSettled)
  }

  @Test("a client that asks again for what it has gets it again, as when it warms a changed cluster")
  func requestAgain() throws {
    var script = Script(stateOfTheWorld: two + endpoints)
    _ = try script.request(.cluster)
    _ = try script.ack(.cluster)
    #expect(try script.ack(.cluster) == ["cluster +a=1 +b=1"])
    _ = try script.request(.endpoint, ["e", "f"])
    _ = try script.ack(.endpoint, ["e", "f"])
    #expect(try script.ack(.endpoint, ["e", "f"]) == ["endpoint +e=1 +f=1"])
  }

  // MARK: Reconnection

  @Test("a client that comes back with the current version gets nothing")
  func reconnectUnchanged() throws {
    var script = Script(stateOfTheWorld: two + endpoints)
    _ = try script.request(.cluster)
    _ = try script.request(.endpoint, ["f"])
    let (clusters, f) = (script.version(.cluster), script.version(.endpoint))
    var again = Script(stateOfTheWorld: two + endpoints)
    #expect(try again.request(.cluster, version: clusters) == [])
    #expect(try again.request(.endpoint, ["f"], version: f) == [])
    #expect(again.isSettled)
  }

  @Test("a client that comes back with the version of fewer names gets all of them")
  func reconnectWithMoreNames() throws {
    var script = Script(stateOfTheWorld: endpoints)
    _ = try script.request(.endpoint, ["f"])
    var again = Script(stateOfTheWorld: endpoints)
    #expect(try again.request(.endpoint, ["e", "f"], version: script.version(.endpoint)) == ["endpoint +e=1 +f=1"])
  }

  @Test("a client that comes back with another version gets everything")
  func reconnectChanged() throws {
    var script = Script(stateOfTheWorld: two)
    #expect(try script.request(.cluster, version: "0123456789abcdef") == ["cluster +a=1 +b=1"])
  }

  @Test("an unknown type is not answered, and told once")
  func unknownType() throws {
    var script = Script(stateOfTheWorld: two)
    for _ in 0..<3 {
      #expect(try script.send(.init(typeURL: "type.googleapis.com/x.Y")) == [])
    }
    #expect(script.heard == ["unknown type.googleapis.com/x.Y"])
  }
}
