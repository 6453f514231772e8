import KubernetesAPI
import Testing
import Translator

@Suite("Status of HTTPRoutes")
struct RouteStatusTests {
  @Test("a route to a missing Service is accepted, and its condition names the field and the Service")
  func tellsMissingService() throws {
    let report = Translator.translate(Fixtures.inputs(routes: [Fixtures.route("a", backend: "gone")])).report
    #expect(report.condition("Accepted", ofRoute: "a")?.status == .yes)
    let resolved = try #require(report.condition("ResolvedRefs", ofRoute: "a"))
    #expect(resolved.status == .no)
    #expect(resolved.reason == "BackendNotFound")
    #expect(resolved.message.contains("spec.rules[0].backendRefs[0].name"))
    #expect(resolved.message.contains("default/gone"))
    #expect(report.problems.map(\.object.description) == ["HTTPRoute default/a"])
  }

  @Test("a route with a field that is not built is refused as a whole, and the others serve")
  func refusesUnsupported() throws {
    var refused = Fixtures.route("refused")
    refused.unsupported = [UnsupportedField(path: "spec.rules[0].filters[0].type", value: "URLRewrite")]
    let translation = Translator.translate(Fixtures.inputs(routes: [refused, Fixtures.route("fine")]))
    let accepted = try #require(translation.report.condition("Accepted", ofRoute: "refused"))
    #expect(accepted.status == .no)
    #expect(accepted.reason == "UnsupportedValue")
    #expect(accepted.message.contains("spec.rules[0].filters[0].type: URLRewrite"))
    #expect(translation.configuration.routeNames(port: 80, host: "any") == ["default/fine/0"])
    #expect(translation.report.gateway.listeners.first?.attachedRoutes == 1)
  }

  @Test("each parent reference has its own status")
  func tellsEachParent() {
    var route = Fixtures.route("a")
    route.parentRefs = [
      ParentReference(name: "edge", sectionName: "http"),
      ParentReference(name: "edge", sectionName: "gone"),
      ParentReference(name: "edge", port: 81),
      ParentReference(name: "another"),
      ParentReference(group: "", kind: "Service", name: "edge"),
    ]
    let report = Translator.translate(Fixtures.inputs(routes: [route])).report
    let parents = report.routes[Fixtures.id("a")] ?? []
    #expect(parents.map(\.parentRef) == Array(route.parentRefs.prefix(3)))
    #expect(parents.compactMap { $0.conditions.first?.reason } == ["Accepted", "NoMatchingParent", "NoMatchingParent"])
    #expect(parents.allSatisfy { $0.controllerName == "kgateway.dev/kgateway" })
  }

  @Test("a route without a host in common with the listener is told so")
  func tellsHostMismatch() {
    let translation = Translator.translate(
      Fixtures.inputs(
        listeners: [Gateway.Listener(name: "http", hostname: "*.example.com", port: 80)],
        routes: [Fixtures.route("a", hostnames: ["example.com"])]))
    #expect(translation.report.condition("Accepted", ofRoute: "a")?.reason == "NoMatchingListenerHostname")
    #expect(translation.configuration.clusters.isEmpty)
  }

  @Test("a route of a namespace that the listener does not admit is told so")
  func tellsNamespace() {
    var route = Fixtures.route("a")
    route.metadata.namespace = "elsewhere"
    route.parentRefs[0].namespace = "default"
    let report = Translator.translate(Fixtures.inputs(routes: [route])).report
    let id = NamespacedName(namespace: "elsewhere", name: "a")
    #expect(report.routes[id]?.first?.conditions.first?.reason == "NotAllowedByListeners")
  }

  @Test("a route that means another Gateway gets no status here")
  func passesOverOthers() {
    var route = Fixtures.route("a")
    route.parentRefs = [ParentReference(namespace: "other", name: "edge")]
    #expect(Translator.translate(Fixtures.inputs(routes: [route])).report.routes.isEmpty)
  }

  @Test("a condition with very many findings tells the first and counts the rest")
  func boundsMessage() throws {
    var route = Fixtures.route("a")
    route.rules[0].backendRefs = (0..<200).map { HTTPRoute.BackendReference(name: "gone-\($0)", port: 80) }
    let report = Translator.translate(Fixtures.inputs(routes: [route])).report
    let message = try #require(report.condition("ResolvedRefs", ofRoute: "a")).message
    #expect(message.hasSuffix("and 192 more"))
    #expect(report.problems.count == 200)
  }
}
