import JSON
import KubernetesAPI
import Testing

@Suite("Reading the Gateway API's kinds")
struct GatewayAPITests {
  static func gateway(json: String) throws -> Gateway {
    var reader = JSONReader(Array(json.utf8))
    let gateway = try Gateway(from: &reader)
    try reader.readEnd()
    return gateway
  }

  static func route(_ manifest: String) throws -> HTTPRoute {
    guard case .httpRoute(let route) = try objects(manifest).first else {
      throw JSONError(offset: 0, message: "the manifest is no HTTPRoute")
    }
    return route
  }

  @Test("a Gateway as the API server sends it, with its status")
  func appliedGateway() throws {
    #expect(
      try Self.gateway(json: APIServerObjects.appliedGateway)
        == Gateway(
          metadata: ObjectMeta(
            namespace: "demo", name: "ssa", uid: "0a537ad9-8b30-44e1-ae49-c5451ff8c3a0", resourceVersion: "263",
            generation: 2, creationTimestamp: "2026-11-23T09:01:46Z"),
          gatewayClassName: "agentgateway",
          listeners: [Gateway.Listener(name: "http", port: 81)],
          status: GatewayStatus(conditions: [
            Condition(
              type: "Accepted", status: .yes, reason: "Accepted", observedGeneration: 2,
              lastTransitionTime: "2026-01-01T00:00:00Z"),
            Condition(
              type: "Programmed", status: .unknown, reason: "Pending", message: "Waiting for controller",
              lastTransitionTime: "1970-01-01T00:00:00Z"),
          ])))
  }

  @Test("a Gateway that waits for its finalizers is being deleted")
  func deletedGateway() throws {
    let gateway = try Self.gateway(json: APIServerObjects.deletedGateway)
    #expect(gateway.metadata.isBeingDeleted)
    #expect(try !Self.gateway(json: APIServerObjects.appliedGateway).metadata.isBeingDeleted)
  }

  @Test("listeners say which routes they admit")
  func listeners() throws {
    guard case .gateway(let gateway) = try objects(Manifests.gateway).first else {
      Issue.record("no Gateway")
      return
    }
    let selector = LabelSelector(
      matchLabels: ["team": "a"],
      matchExpressions: [LabelSelector.Requirement(key: "env", operator: .in, values: ["prod"])])
    #expect(
      gateway.listeners == [
        Gateway.Listener(name: "same", port: 80),
        Gateway.Listener(name: "empty-host", port: 80),
        Gateway.Listener(
          name: "all", hostname: "*.example.com", port: 8080,
          allowedRoutes: Gateway.AllowedRoutes(namespaces: .all, kinds: [RouteGroupKind(kind: "HTTPRoute")])),
        Gateway.Listener(
          name: "some", port: 8443, protocolType: "HTTPS",
          allowedRoutes: Gateway.AllowedRoutes(namespaces: .selector(selector)), hasTLS: true),
        Gateway.Listener(
          name: "none", port: 81, allowedRoutes: Gateway.AllowedRoutes(namespaces: .unknown("None"))),
      ])
  }

  @Test("a route's matches and backends, with their defaults")
  func route() throws {
    let route = try Self.route(Manifests.route)
    #expect(route.parentRefs == [ParentReference(namespace: "infra", name: "proxy", sectionName: "http")])
    #expect(route.hostnames == ["shop.example.com", "*.shop.example.com"])
    #expect(
      route.rules == [
        HTTPRoute.Rule(
          matches: [
            HTTPRoute.Match(
              path: .exact("/login"), headers: [HTTPRoute.ValueMatch(name: "x-tenant", value: "1")],
              queryParams: [HTTPRoute.ValueMatch(name: "debug", value: "on")], method: "POST"),
            HTTPRoute.Match(path: .prefix("/api")),
          ],
          backendRefs: [
            HTTPRoute.BackendReference(name: "api", port: 8080, weight: 90),
            HTTPRoute.BackendReference(namespace: "next", name: "api-next", port: 8080, weight: 0),
          ]),
        HTTPRoute.Rule(backendRefs: [HTTPRoute.BackendReference(name: "web", port: 80)]),
      ])
    #expect(route.unsupported == [])
  }

  @Test("what a route asks for and is not built is listed by its path")
  func unsupported() throws {
    let route = try Self.route(Manifests.unsupportedRoute)
    #expect(
      route.unsupported == [
        UnsupportedField(path: "spec.rules[1].matches[0].path.type", value: "RegularExpression"),
        UnsupportedField(path: "spec.rules[1].matches[0].headers[1].type", value: "RegularExpression"),
        UnsupportedField(path: "spec.rules[1].filters[0].type", value: "RequestHeaderModifier"),
        UnsupportedField(path: "spec.rules[1].filters[1].type", value: "URLRewrite"),
        UnsupportedField(path: "spec.rules[1].timeouts", value: "an object"),
        UnsupportedField(path: "spec.rules[1].retry", value: "an object"),
        UnsupportedField(path: "spec.rules[1].backendRefs[0].filters[0].type", value: "RequestMirror"),
        UnsupportedField(path: "spec.rules[1].futureField", value: "7"),
      ])
    #expect(try complaints(Manifests.unsupportedRoute) == ["spec.rules[1].futureField"])
  }

  @Test("a weight out of its range is refused")
  func weight() throws {
    #expect(
      try complaints(Manifests.route.replacing("weight: 90", with: "weight: -1"))
        == ["spec.rules[0].backendRefs[0].weight: expected a weight from 0 to 1000000, found -1"])
  }

  @Test(
    "times are brought to UTC and to the second, so that they compare as text",
    arguments: [
      ("2026-11-23T09:01:45Z", "2026-11-23T09:01:45Z"), ("2026-11-23T10:01:45+01:00", "2026-11-23T09:01:45Z"),
      ("2026-11-23t09:01:45.987654z", "2026-11-23T09:01:45Z"), ("2023-12-31T23:30:00-01:00", "2024-01-01T00:30:00Z"),
      ("2024-03-01T00:00:00+00:01", "2024-02-29T23:59:00Z"), ("2023-03-01T00:00:00+00:01", "2023-02-28T23:59:00Z"),
      ("1900-03-01T00:00:00+00:01", "1900-02-28T23:59:00Z"), ("2000-03-01T00:00:00+00:01", "2000-02-29T23:59:00Z"),
      ("1970-01-01T00:00:00.1+00:00", "1970-01-01T00:00:00Z"), ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
      ("2026-12-31T23:59:59Z", "2026-12-31T23:59:59Z"), ("2026-11-30T00:00:00Z", "2026-11-30T00:00:00Z"),
      ("2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"), ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
    ])
  func times(text: String, normalized: String) throws {
    var reader = JSONReader(Array(#"{"name":"x","creationTimestamp":"\#(text)"}"#.utf8))
    #expect(try ObjectMeta(from: &reader).creationTimestamp == normalized)
  }

  @Test(
    "what is no time is refused",
    arguments: [
      "2026-11-23", "2026-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-11-31T00:00:00Z",
      "2026-11-23T24:00:00Z", "2026-11-23T09:01:45",
      "2026-11-23T09:01:45.Z", "2026-11-23T09:01:45+0100", "2026-11-23 09:01:45Z", "x026-11-23T09:01:45Z",
      "2026-11-23T09:01:45ZZ", "2026-02-30T00:00:00Z", "2026-04-31T00:00:00+01:00", "2026-11-23T09:01:60Z",
      "2026-11-23T09:01:45GMT", "2026-11-23T09:01:45+01:60", "2026-1-23T009:01:45Z", "0000-01-01T00:00:00+01:00",
      "9999-12-31T23:59:59-01:00", "",
    ])
  func badTimes(text: String) {
    var reader = JSONReader(Array(#"{"name":"x","creationTimestamp":"\#(text)"}"#.utf8))
    #expect(throws: JSONError.self) { try ObjectMeta(from: &reader) }
  }
}
