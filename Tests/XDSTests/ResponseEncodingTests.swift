import EnvoyAPI
import FoundationEssentials
import NIOCore
import SwiftProtobuf
import Testing

@testable import XDS

@Suite("A response's bytes")
struct ResponseEncodingTests {
  /// A response as it goes out: the stream's part and the shared part.
  private func bytes(_ transition: Transition, nonce: String) -> [UInt8] {
    Array((ResponseEncoding.head(nonce: nonce).readableBytesView)) + Array(transition.body.readableBytesView)
  }

  private func transition(
    _ dialect: ADSDialect, _ resources: [EncodedResource], holding: [String] = []
  ) -> Transition {
    var holdings = Holdings()
    for name in holding { holdings[name] = .version(1) }
    var everything = Subscription()
    everything.wildcard = .named
    return Transition.make(
      .cluster, speaking: dialect, from: holdings, for: everything,
      to: Goal(Snapshot(resources).sets[.cluster]), mustAnswer: true)
  }

  @Test("a delta response reads as SwiftProtobuf writes it", arguments: [0, 1, 127, 128, 16_383, 16_384, 70_000])
  func delta(length: Int) throws {
    let content = [UInt8](repeating: 7, count: length)
    let resource = EncodedResource(type: .cluster, name: "a", bytes: content)
    let wire = bytes(transition(.delta, [resource], holding: ["gone", "lost"]), nonce: "42")
    let message = try Envoy_Service_Discovery_V3_DeltaDiscoveryResponse(serializedBytes: wire)

    var expected = Envoy_Service_Discovery_V3_DeltaDiscoveryResponse()
    expected.systemVersionInfo = resource.version
    expected.typeURL = ResourceType.cluster.typeURL
    expected.nonce = "42"
    expected.removedResources = ["gone", "lost"]
    expected.resources = [
      .with {
        $0.name = "a"
        $0.version = resource.version
        $0.resource = .with {
          $0.typeURL = ResourceType.cluster.typeURL
          $0.value = .init(content)
        }
      }
    ]
    #expect(message == expected)
  }

  @Test("a state-of-the-world response reads as SwiftProtobuf writes it", arguments: [0, 1, 127, 128, 16_384, 70_000])
  func stateOfTheWorld(length: Int) throws {
    let content = [UInt8](repeating: 7, count: length)
    let a = EncodedResource(type: .cluster, name: "a", bytes: content)
    let b = EncodedResource(type: .cluster, name: "b", bytes: [])
    let transition = transition(.stateOfTheWorld, [b, a], holding: ["gone"])
    let wire = bytes(transition, nonce: "42")
    let message = try Envoy_Service_Discovery_V3_DiscoveryResponse(serializedBytes: wire)

    var expected = Envoy_Service_Discovery_V3_DiscoveryResponse()
    expected.versionInfo = Snapshot([a, b]).version(.cluster)
    expected.typeURL = ResourceType.cluster.typeURL
    expected.nonce = "42"
    expected.resources = [content, []].map { content in
      .with {
        $0.typeURL = ResourceType.cluster.typeURL
        $0.value = .init(content)
      }
    }
    #expect(message == expected)
  }

  @Test("a response about an unknown type names what is not there")
  func nothing() throws {
    let wire = ResponseEncoding.nothing("type.googleapis.com/x.Y", names: ["a", "b"], nonce: "3")
    let message = try Envoy_Service_Discovery_V3_DeltaDiscoveryResponse(
      serializedBytes: Array(wire.readableBytesView))
    #expect(message.typeURL == "type.googleapis.com/x.Y")
    #expect(message.removedResources == ["a", "b"])
    #expect(message.nonce == "3")
    #expect(message.resources.isEmpty)
  }
}

@Suite("An encoded resource")
struct EncodedResourceTests {
  private func cluster(_ name: String, edsName: String? = nil) -> Envoy_Config_Cluster_V3_Cluster {
    .with {
      $0.name = name
      if let edsName {
        $0.type = .eds
        $0.edsClusterConfig.serviceName = edsName
      }
    }
  }

  @Test("equal messages have equal bytes and versions, other messages have others")
  func version() throws {
    let first = try EncodedResource(type: .cluster, name: "a", message: cluster("a"))
    let second = try EncodedResource(type: .cluster, name: "a", message: cluster("a"))
    let third = try EncodedResource(type: .cluster, name: "a", message: cluster("a", edsName: "b"))
    #expect(first == second && first.bytes == second.bytes)
    #expect(first.version != third.version)
    #expect(first.version.wholeMatch(of: /[0-9a-f]{16}/) != nil)
  }

  @Test("maps in a message do not make its bytes depend on their order")
  func maps() throws {
    let versions = try Set(
      (0..<20).map { _ in
        let struct_ = Google_Protobuf_Struct(
          fields: Dictionary(
            uniqueKeysWithValues: (0..<50).map { ("key\($0)", Google_Protobuf_Value(stringValue: "v")) }))
        return try EncodedResource(type: .cluster, name: "a", message: struct_).version
      })
    #expect(versions.count == 1)
  }

  @Test("a cluster with endpoint discovery knows where its endpoints are")
  func endpointName() throws {
    #expect(try EncodedResource(type: .cluster, name: "a", message: cluster("a", edsName: "e")).endpointName == "e")
    #expect(try EncodedResource(type: .cluster, name: "a", message: cluster("a", edsName: "")).endpointName == "a")
    #expect(try EncodedResource(type: .cluster, name: "a", message: cluster("a")).endpointName == nil)
  }

  @Test("the version of a type does not depend on the order or the history of its resources")
  func typeVersion() {
    let (a, b) = (resource(.cluster, "a"), resource(.cluster, "b"))
    #expect(Snapshot([a, b]).version(.cluster) == Snapshot([b, a]).version(.cluster))
    #expect(Snapshot([a, b]).version(.cluster) != Snapshot([a]).version(.cluster))
    #expect(Snapshot([resource(.cluster, "a", "0"), b, a]).version(.cluster) == Snapshot([a, b]).version(.cluster))
    #expect(Snapshot([resource(.cluster, "a", "0"), b, a]).count(.cluster) == 2)
  }
}

@Suite("A Gateway's name")
struct GatewayIDTests {
  @Test("is read from namespace/name and from nothing else")
  func read() {
    #expect(GatewayID("ns/gw") == GatewayID(namespace: "ns", name: "gw"))
    #expect(GatewayID("ns/gw")?.description == "ns/gw")
    for text in ["", "gw", "/gw", "ns/", "a/b/c", "/"] {
      #expect(GatewayID(text) == nil)
    }
  }
}

@Suite("A refusal's message")
struct RefusalMessageTests {
  @Test("a message is cut by its bytes, however few characters they are, and never within a character's code")
  func isShort() {
    // One character for a reader, a mebibyte in memory.
    let marked = "e" + String(repeating: "\u{301}", count: 1 << 19)
    #expect(marked.count == 1)
    #expect(RefusalMessage.shortened(marked).utf8.count <= 4096)
    let euros = String(repeating: "€", count: 3000)
    #expect(RefusalMessage.shortened(euros) == String(repeating: "€", count: 1365))
    #expect(RefusalMessage.shortened("no such file") == "no such file")
  }

  private let listeners = ["listener~80", "listener~8080", "listener~443"].map { resource(.listener, $0) }

  @Test("the resource that is malformed is the one whose fields are told, not one that these mention")
  func malformed() throws {
    let listeners = ["b", "a"].map { resource(.listener, $0) }
    let told = "goo.gle/debugproto  \nname: \"a\"\nfilter_chains { stat_prefix: \"b\" }\n: "
    let verdict = "Proto constraint validation failed (ListenerValidationError.FilterChains[0]: too short)"
    let found = try #require(RefusalMessage.malformed(told + verdict, among: listeners))
    #expect(found.resource == listeners[1])
    #expect(found.reason == verdict)
    // As older versions of Envoy say it, and of endpoints.
    let endpoints = [resource(.endpoint, "e")]
    let message = "Proto constraint validation failed (bad): cluster_name: \"e\""
    #expect(RefusalMessage.malformed(message, among: endpoints)?.resource == endpoints[0])
    // What is told of one by name is of that one alone.
    let partly = "Error adding/updating listener(s) a: name: \"b\": \(verdict)"
    #expect(RefusalMessage.malformed(partly, among: listeners) == nil)
    #expect(RefusalMessage.malformed("Unable to unpack as envoy.config.listener.v3.Listener", among: listeners) == nil)
  }

  @Test(
    "names the resources that stand alone in it",
    arguments: [
      ("Error adding/updating listener(s) listener~80: bad filter", ["listener~80"]),
      ("Error adding/updating listener(s) listener~8080: bad filter", ["listener~8080"]),
      ("Error adding/updating listener(s) listener~80: x, listener~443: y", ["listener~80", "listener~443"]),
      ("listener~80", ["listener~80"]),
      ("'listener~443'.", ["listener~443"]),
      ("my-listener~80 listener~80~x listener~800", []),
      ("Proto constraint validation failed", []),
      ("", []),
    ])
  func named(message: String, names: [String]) {
    #expect(RefusalMessage.named(message, among: listeners).map(\.name) == names)
  }
}
