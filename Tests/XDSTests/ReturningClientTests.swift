import Testing

@testable import XDS

/// A proxy that comes back after the control plane was restarted, and tells bit by bit what it has.
@Suite("A delta client that comes back")
struct ReturningClientTests {
  /// What the client has from before.
  private let before = Snapshot(snapshot(["a"], routing: "1"))

  /// In place of `a` a cluster of another name for the same endpoints, as when all clusters of a Gateway change their
  /// variant.
  private let renamed = [
    resource(.cluster, "a~variant", endpointName: "a"), resource(.endpoint, "a"), resource(.listener, "l", "2"),
    resource(.route, "r", "2"),
  ]

  private func comeBack(
    _ script: inout Script<DeltaStream>, _ type: ResourceType, _ names: [String] = [], of held: Snapshot? = nil
  ) throws -> [String] {
    let versions = Dictionary(
      uniqueKeysWithValues: (held ?? before).resources(type).map { ($0.name, $0.version) })
    return try script.subscribe(type, names, has: versions)
  }

  @Test("keeps a cluster that is gone until its routes have changed, also when it asks for one type after the other")
  func oneByOne() throws {
    var script = Script(delta: renamed)
    #expect(try comeBack(&script, .cluster) == ["cluster +a~variant=1"])
    // It has these, and its new cluster has to hear of them all the same.
    #expect(try comeBack(&script, .endpoint, ["a"]) == ["endpoint +a=1"])
    #expect(try comeBack(&script, .listener) == [])
    #expect(try comeBack(&script, .route, ["r"]) == [])
    #expect(try script.ack(.endpoint) == [])
    #expect(try script.ack(.cluster) == ["listener +l=2", "route +r=2"])
    #expect(try script.ack(.listener) == [])
    #expect(try script.ack(.route) == ["cluster -a"])
    #expect(try script.ack(.cluster) == [])
    #expect(script.isSettled)
  }

  @Test("keeps a cluster that is gone as long as its routes may be asked for, though its listener is settled")
  func routesLast() throws {
    var script = Script(
      delta: [resource(.cluster, "b", endpointName: "b"), resource(.endpoint, "b"), resource(.listener, "l", "1")]
        + [resource(.route, "r", "2")])
    #expect(try comeBack(&script, .cluster) == ["cluster +b=1"])
    #expect(try comeBack(&script, .endpoint, ["a"]) == [])
    _ = try comeBack(&script, .listener)
    #expect(try script.subscribe(.endpoint, ["b"]) == ["endpoint +b=1"])
    _ = try script.ack(.endpoint)
    #expect(try script.ack(.cluster) == [])
    #expect(try comeBack(&script, .route, ["r"]) == ["route +r=2"])
    #expect(try script.ack(.route) == ["cluster -a"])
  }

  @Test("is sent all endpoints again where it asks for clusters last, and gets no route before it has")
  func clustersLast() throws {
    var script = Script(delta: renamed)
    let warming = Snapshot(
      snapshot(["a"], routing: "1") + [resource(.cluster, "a~variant", endpointName: "a")])
    #expect(try comeBack(&script, .endpoint, ["a"]) == [])
    #expect(try comeBack(&script, .listener) == ["endpoint +a=1"])
    #expect(try comeBack(&script, .route, ["r"]) == [])
    #expect(try script.ack(.endpoint) == [])
    #expect(!script.isSettled)
    #expect(try comeBack(&script, .cluster, of: warming) == ["listener +l=2", "route +r=2"])
    #expect(try script.ack(.listener) == [])
    #expect(try script.ack(.route) == ["cluster -a"])
  }

  @Test("gets what is newest without its clusters, if it never asks for them")
  func noClusters() throws {
    var script = Script(delta: renamed)
    #expect(try comeBack(&script, .listener) == [])
    #expect(script.presumeAllAsked() == ["listener +l=2"])
    #expect(try script.ack(.listener) == [])
    #expect(script.isSettled)
  }
}
