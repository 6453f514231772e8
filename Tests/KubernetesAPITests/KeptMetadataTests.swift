import JSON
import KubernetesAPI
import Testing

/// Most objects of a cluster are nobody's backend: what is kept of them is most of the operator's memory.
@Suite("What is kept of an object's metadata")
struct KeptMetadataTests {
  private static let uid = "0a537ad9-8b30-44e1-ae49-c5451ff8c3a0"

  private static func object(
    _ kind: String, _ apiVersion: String, _ rest: String, labels: String = #"{"a":"b"}"#
  ) throws -> KubernetesObject {
    let metadata =
      #"{"annotations":{"x":"y"},"creationTimestamp":"2026-11-23T09:01:46Z","generation":3,"labels":\#(labels),"#
      + #""name":"n","namespace":"demo","resourceVersion":"7","uid":"\#(uid)"}"#
    let json = #"{"apiVersion":"\#(apiVersion)","kind":"\#(kind)","metadata":\#(metadata)\#(rest)}"#
    return try #require(try KubernetesObject.decode(json: Array(json.utf8)))
  }

  private static let named = ObjectMeta(namespace: "demo", name: "n", resourceVersion: "7", generation: 3)

  @Test("of a Service and of a ReferenceGrant their names and versions")
  func names() throws {
    #expect(try Self.object("Service", "v1", #","spec":{}"#).metadata == Self.named)
    #expect(try Self.object("ReferenceGrant", "gateway.networking.k8s.io/v1beta1", "").metadata == Self.named)
  }

  @Test("of an EndpointSlice the label that names its Service, besides")
  func slice() throws {
    let labels = #"{"a":"b","kubernetes.io/service-name":"web","x":null}"#
    let slice = try Self.object("EndpointSlice", "discovery.k8s.io/v1", "", labels: labels)
    var expected = Self.named
    expected.labels = ["kubernetes.io/service-name": "web"]
    #expect(slice.metadata == expected)
  }

  @Test("of a Namespace its labels, and of a Gateway everything")
  func labels() throws {
    #expect(try Self.object("Namespace", "v1", "").metadata.labels == ["a": "b"])
    let gateway = try Self.object(
      "Gateway", "gateway.networking.k8s.io/v1", #","spec":{"gatewayClassName":"c","listeners":[]}"#)
    #expect(gateway.metadata.labels == ["a": "b"])
    #expect(gateway.metadata.uid == Self.uid)
  }

  @Test(
    "of routes and policies who they are and since when",
    arguments: [("HTTPRoute", "gateway.networking.k8s.io/v1"), ("HTTPListenerPolicy", "gateway.kgateway.dev/v1alpha1")])
  func identity(kind: String, apiVersion: String) throws {
    var expected = Self.named
    (expected.uid, expected.creationTimestamp) = (Self.uid, "2026-11-23T09:01:46Z")
    #expect(try Self.object(kind, apiVersion, #","spec":{}"#).metadata == expected)
  }

  @Test("what is not kept is held to the same rules", arguments: ["Service", "EndpointSlice", "HTTPRoute"])
  func strict(kind: String) throws {
    let groups = ["EndpointSlice": "discovery.k8s.io/v1", "HTTPRoute": "gateway.networking.k8s.io/v1"]
    let error = #expect(throws: JSONError.self) {
      try Self.object(kind, groups[kind] ?? "v1", "", labels: #"{"a":true}"#)
    }
    #expect(error?.description == "metadata.labels.a: expected a string, found a boolean")
  }

  @Test(
    "a uid comes back as it was, whatever it is",
    arguments: [
      uid, "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", uid.uppercased(), "",
      "7", "0a537ad9-8b30-44e1-ae49-c5451ff8c3a", "0a537ad98-b30-44e1-ae49-c5451ff8c3a0",
      "0a537ad9-8b30-44e1-ae49-c5451ff8c3ag", "0a537ad9-8b30-44e1-ae49-c5451ff8c3a0-", "ü5",
    ])
  func uids(text: String) {
    var metadata = ObjectMeta(uid: text)
    #expect(metadata.uid == text)
    metadata.uid = "x"
    #expect(metadata != ObjectMeta(uid: text))
    metadata.uid = text
    #expect(metadata == ObjectMeta(uid: text))
  }

  @Test("an endpoint's addresses, none, one or several", arguments: [[], ["10.0.0.1"], ["10.0.0.1", "fd00::1", "x"]])
  func addresses(texts: [String]) throws {
    let list = texts.map { "\"\($0)\"" }.joined(separator: ",")
    var reader = JSONReader(Array(#"{"addresses":["old"],"addresses":[\#(list)]}"#.utf8))
    var endpoint = try EndpointSlice.Endpoint(from: &reader)
    #expect(endpoint == EndpointSlice.Endpoint(addresses: texts))
    #expect(endpoint.addresses == texts)
    #expect(endpoint.firstAddress == texts.first)
    endpoint.addresses = ["other"]
    #expect(endpoint == EndpointSlice.Endpoint(addresses: ["other"]))
  }

  @Test("conditions keep what they say, whether or not it is what the one before says")
  func conditions() throws {
    let times = ["2026-11-23T09:01:46Z", "2026-11-23T09:01:46Z", "2026-11-23T09:01:47Z"]
    let conditions = zip(["a message for people", "a message for people", "another one"], times).map {
      Condition(type: "T", status: .yes, reason: "R", message: $0, lastTransitionTime: $1)
    }
    let json = conditions.map {
      #"{"type":"T","status":"True","reason":"R","message":"\#($0.message)","lastTransitionTime":"\#($0.lastTransitionTime)"}"#
    }
    let status = #","spec":{"gatewayClassName":"c"},"status":{"conditions":[\#(json.joined(separator: ","))]}"#
    guard case .gateway(let gateway) = try Self.object("Gateway", "gateway.networking.k8s.io/v1", status) else {
      Issue.record("no Gateway")
      return
    }
    #expect(gateway.status.conditions == conditions)
  }
}
