import JSON
import KubernetesAPI
import Testing

@Suite("Writing statuses")
struct StatusDocumentTests {
  static let id = NamespacedName(namespace: "demo", name: "ssa")
  static let metadata = ObjectMeta(namespace: "demo", name: "ssa", resourceVersion: "41")
  static let accepted = Condition(
    type: "Accepted", status: .yes, reason: "Accepted", observedGeneration: 2,
    lastTransitionTime: "2026-01-01T00:00:00Z")

  @Test("a Gateway's status is what a server-side apply takes")
  func gateway() {
    let status = GatewayStatus(
      conditions: [Self.accepted],
      listeners: [
        GatewayStatus.ListenerStatus(
          name: "http", attachedRoutes: 1, supportedKinds: [RouteGroupKind(kind: "HTTPRoute")],
          conditions: [Condition(type: "Conflicted", status: .no, reason: "NoConflicts", message: "a \"b\"")])
      ])
    let condition =
      #"{"type":"Accepted","status":"True","reason":"Accepted","message":"","observedGeneration":2,"#
      + #""lastTransitionTime":"2026-01-01T00:00:00Z"}"#
    #expect(
      String(decoding: StatusDocument.gateway(Self.id, status), as: UTF8.self)
        == #"{"apiVersion":"gateway.networking.k8s.io/v1","kind":"Gateway","#
        + #""metadata":{"name":"ssa","namespace":"demo"},"status":{"conditions":["# + condition
        + #"],"listeners":[{"name":"http","attachedRoutes":1,"#
        + #""supportedKinds":[{"group":"gateway.networking.k8s.io","kind":"HTTPRoute"}],"#
        + #""conditions":[{"type":"Conflicted","status":"False","reason":"NoConflicts","message":"a \"b\""}]}]}}"#)
  }

  @Test("a Gateway's status that is written and read again is the same")
  func gatewayRoundTrip() throws {
    let status = GatewayStatus(
      conditions: [Self.accepted],
      listeners: [GatewayStatus.ListenerStatus(name: "http", attachedRoutes: 3, conditions: [Self.accepted])])
    let document = StatusDocument.gateway(Self.id, status)
    let read = try Self.status(in: document) { (reader: inout JSONReader) throws(JSONError) in
      try GatewayStatus(from: &reader)
    }
    #expect(read == status)
  }

  @Test("a route's parents, of other controllers too, are written whole")
  func route() throws {
    let parents = [
      RouteParentStatus(
        parentRef: ParentReference(namespace: "infra", name: "a", sectionName: "http", port: 80),
        controllerName: "kgateway.dev/kgateway", conditions: [Self.accepted]),
      RouteParentStatus(parentRef: ParentReference(name: "b"), controllerName: "other/controller", conditions: []),
    ]
    let document = StatusDocument.httpRoute(Self.metadata, parents: parents)
    let read = try Self.list("parents", in: document, of: RouteParentStatus.self)
    #expect(read == parents)
    #expect(String(decoding: document, as: UTF8.self).contains(#""resourceVersion":"41""#))
  }

  @Test("a policy's ancestors are written whole")
  func policy() throws {
    let ancestors = [
      PolicyAncestorStatus(
        ancestorRef: ParentReference(namespace: "infra", name: "a"), controllerName: "kgateway.dev/kgateway",
        conditions: [Self.accepted])
    ]
    let document = StatusDocument.httpListenerPolicy(Self.metadata, ancestors: ancestors)
    #expect(try Self.list("ancestors", in: document, of: PolicyAncestorStatus.self) == ancestors)
    #expect(String(decoding: document, as: UTF8.self).contains(#""apiVersion":"gateway.kgateway.dev/v1alpha1""#))
  }

  @Test("a GatewayClass has no namespace")
  func gatewayClass() {
    let document = StatusDocument.gatewayClass("kgateway", [])
    #expect(
      String(decoding: document, as: UTF8.self)
        == #"{"apiVersion":"gateway.networking.k8s.io/v1","kind":"GatewayClass","metadata":{"name":"kgateway"},"#
        + #""status":{"conditions":[]}}"#)
  }

  static func status<Status>(
    in document: [UInt8], _ read: (inout JSONReader) throws(JSONError) -> Status
  ) throws -> Status? {
    var reader = JSONReader(document)
    var status: Status?
    try reader.readObject { reader, key throws(JSONError) in
      if key == "status" { status = try read(&reader) }
    }
    try reader.readEnd()
    return status
  }

  static func list<Element: JSONDecodable>(
    _ name: StaticString, in document: [UInt8], of type: Element.Type
  ) throws -> [Element]? {
    try status(in: document) { (reader: inout JSONReader) throws(JSONError) in
      var list: [Element] = []
      try reader.readObject { reader, key throws(JSONError) in
        if key == name { list = try reader.readArray() }
      }
      return list
    }
  }
}
