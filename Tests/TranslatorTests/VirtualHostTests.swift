import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf
import Testing
import Translator

@Suite("Virtual hosts")
struct VirtualHostTests {
  @Test("routes of one host are tried together, in the order of the matches")
  func mergesRoutes() {
    let configuration = translate([
      Fixtures.route("prefix", hostnames: ["a.example.com"], matches: [HTTPRoute.Match(path: .prefix("/a"))]),
      Fixtures.route("exact", hostnames: ["a.example.com"], matches: [HTTPRoute.Match(path: .exact("/a"))]),
    ])
    #expect(names(configuration, "a.example.com") == ["exact", "prefix"])
    #expect(names(configuration, "b.example.com") == nil)
  }

  @Test("where no route of a host matches, those of its wildcards are tried, the narrowest first")
  func fallsThroughToWildcards() {
    let configuration = translate([
      Fixtures.route("every-host"),
      Fixtures.route("wide", hostnames: ["*.com"]),
      Fixtures.route("narrow", hostnames: ["*.example.com"]),
      Fixtures.route("exact", hostnames: ["a.example.com"]),
    ])
    #expect(names(configuration, "a.example.com") == ["exact", "narrow", "wide", "every-host"])
    #expect(names(configuration, "b.c.example.com") == ["narrow", "wide", "every-host"])
    #expect(names(configuration, "example.com") == ["wide", "every-host"])
    #expect(names(configuration, "example.org") == ["every-host"])
  }

  @Test("a route that has a host twice, by name and by wildcard, is there once")
  func avoidsDuplicates() {
    let configuration = translate([Fixtures.route("both", hostnames: ["a.example.com", "*.example.com"])])
    #expect(names(configuration, "a.example.com") == ["both"])
  }

  @Test("a request never falls through to a listener with a wider host")
  func isolatesListeners() {
    let configuration = translate(
      [
        Fixtures.route("on-wildcard", section: "wildcard"),
        Fixtures.route("on-wildcard-exact", hostnames: ["a.example.com"], section: "wildcard"),
        Fixtures.route("on-exact", section: "exact", matches: [HTTPRoute.Match(path: .exact("/a"))]),
      ],
      listeners: [
        Gateway.Listener(name: "exact", hostname: "a.example.com", port: 80),
        Gateway.Listener(name: "wildcard", hostname: "*.example.com", port: 80),
        Gateway.Listener(name: "empty", hostname: "empty.example.com", port: 80),
      ])
    #expect(names(configuration, "a.example.com") == ["on-exact"])
    #expect(names(configuration, "b.example.com") == ["on-wildcard"])
    #expect(names(configuration, "empty.example.com") == [])
  }

  @Test("hosts with the same routes share a virtual host")
  func sharesVirtualHost() throws {
    let configuration = translate([Fixtures.route("a", hostnames: ["b.example.com", "a.example.com"])])
    let host = try #require(configuration.routes.first?.virtualHosts.first)
    #expect(host.domains == ["a.example.com", "b.example.com"])
    #expect(configuration.routes.first?.virtualHosts.count == 1)
  }

  @Test("the port in a Host header makes no difference")
  func ignoresPort() {
    #expect(translate([Fixtures.route("a")]).routes.first?.ignorePortInHostMatching == true)
  }

  @Test("only the hosts that route and listener have in common are served")
  func intersects() {
    let configuration = translate(
      [
        Fixtures.route("mixed", hostnames: ["*.com", "a.b.example.com", "*.b.example.com", "example.com", "x.org"])
      ],
      listeners: [Gateway.Listener(name: "http", hostname: "*.example.com", port: 80)])
    let domains = configuration.routes.first?.virtualHosts.flatMap(\.domains)
    #expect(domains?.sorted() == ["*.b.example.com", "*.example.com", "a.b.example.com"])
  }

  @Test("whatever the order of the objects, the bytes are the same")
  func isDeterministic() throws {
    let listeners = [
      Gateway.Listener(name: "a", hostname: "*.example.com", port: 80), Gateway.Listener(name: "b", port: 81),
    ]
    let routes = (0..<20).map { Fixtures.route("route-\($0)", hostnames: ["h\($0 % 7).example.com", "*.example.com"]) }
    let services = (0..<5).map { Fixtures.service("s\($0)") }
    func bytes(_ inputs: GatewayInputs) throws -> [[UInt8]] {
      var options = BinaryEncodingOptions()
      options.useDeterministicOrdering = true
      let configuration = Translator.translate(inputs).configuration
      return try configuration.listeners.map { try $0.serializedBytes(options: options) }
        + configuration.routes.map { try $0.serializedBytes(options: options) }
        + configuration.clusters.map { try $0.serializedBytes(options: options) }
    }
    let expected = try bytes(Fixtures.inputs(listeners: listeners, routes: routes, services: services))
    for _ in 0..<5 {
      let inputs = Fixtures.inputs(
        listeners: listeners, routes: routes.shuffled(), services: services.shuffled())
      #expect(try bytes(inputs) == expected)
    }
  }

  private func translate(
    _ routes: [HTTPRoute], listeners: [Gateway.Listener] = [Gateway.Listener(name: "http", port: 80)]
  ) -> ProxyConfiguration {
    Translator.translate(Fixtures.inputs(listeners: listeners, routes: routes)).configuration
  }

  private func names(_ configuration: ProxyConfiguration, _ host: String) -> [String]? {
    configuration.routeNames(port: 80, host: host)?.compactMap {
      $0.split(separator: "/").dropFirst().first.map(String.init)
    }
  }
}
