import EnvoyAPI
import KubernetesAPI
import Testing
import Translator

@Suite("Listeners of a Gateway")
struct ListenerTests {
  @Test("listeners that share a port become one Envoy listener")
  func sharesPort() {
    let translation = Translator.translate(
      Fixtures.inputs(listeners: [
        Gateway.Listener(name: "a", hostname: "a.example.com", port: 80),
        Gateway.Listener(name: "b", hostname: "b.example.com", port: 80),
        Gateway.Listener(name: "c", port: 81),
      ]))
    #expect(translation.configuration.listeners.map(\.name) == ["listener~80", "listener~81"])
    #expect(translation.configuration.routes.map(\.name) == ["route~80", "route~81"])
    #expect(translation.report.problems.isEmpty)
  }

  @Test("a listener without routes is served all the same")
  func servesWithoutRoutes() {
    let translation = Translator.translate(Fixtures.inputs())
    #expect(translation.configuration.listeners.count == 1)
    #expect(translation.report.condition("Programmed", ofListener: "http")?.status == .yes)
    #expect(translation.configuration.routes.first?.virtualHosts.isEmpty == true)
  }

  @Test(
    "a protocol that is not built is refused, and the other listeners serve", arguments: ["HTTPS", "TLS", "TCP", "UDP"])
  func refusesProtocol(_ name: String) throws {
    let translation = Translator.translate(
      Fixtures.inputs(listeners: [
        Gateway.Listener(name: "plain", port: 80),
        Gateway.Listener(name: "other", port: 443, protocolType: name),
      ]))
    #expect(translation.configuration.listeners.map(\.name) == ["listener~80"])
    let accepted = try #require(translation.report.condition("Accepted", ofListener: "other"))
    #expect(accepted.status == .no)
    #expect(accepted.reason == "UnsupportedProtocol")
    #expect(accepted.message.contains("'\(name)'") && accepted.message.contains("use HTTP"))
    #expect(translation.report.condition("Accepted", ofListener: "plain")?.status == .yes)
    #expect(translation.report.gateway.conditions.map(\.reason) == ["ListenersNotValid", "Programmed"])
    #expect(translation.report.problems.map(\.path) == ["spec.listeners[1].protocol"])
  }

  @Test("of listeners with the same port and host none wins")
  func refusesTwins() {
    let translation = Translator.translate(
      Fixtures.inputs(listeners: [
        Gateway.Listener(name: "one", port: 80),
        Gateway.Listener(name: "two", hostname: "", port: 80),
        Gateway.Listener(name: "three", hostname: "a.example.com", port: 80),
      ]))
    let report = translation.report
    #expect(report.condition("Conflicted", ofListener: "one")?.status == .yes)
    #expect(report.condition("Conflicted", ofListener: "two")?.reason == "HostnameConflict")
    #expect(report.condition("Conflicted", ofListener: "three")?.status == .no)
    #expect(report.condition("Accepted", ofListener: "one")?.status == .no)
    #expect(translation.configuration.routes.first?.virtualHosts.isEmpty == true)
  }

  @Test("a Gateway of which no listener is served is not accepted")
  func refusesGateway() {
    let report = Translator.translate(
      Fixtures.inputs(listeners: [Gateway.Listener(name: "tls", port: 443, protocolType: "HTTPS")])
    ).report
    #expect(report.gateway.conditions.map(\.status) == [.no, .no])
    #expect(report.gateway.conditions.first?.message.contains("tls") == true)
  }

  @Test(
    "a listener whose host is no host name is refused",
    arguments: ["*", "a..b", "-a.com", "a-.com", "A.com", "a.*.com", "*a.com", "1.2.3.4", "a b", "a/b", "ä.de"])
  func refusesHost(_ hostname: String) {
    let translation = Translator.translate(
      Fixtures.inputs(listeners: [Gateway.Listener(name: "http", hostname: hostname, port: 80)]))
    #expect(translation.configuration.listeners.isEmpty)
    #expect(translation.report.condition("Accepted", ofListener: "http")?.message.contains("'\(hostname)'") == true)
  }

  @Test("conditions carry the generation that was judged")
  func carriesGeneration() {
    var route = Fixtures.route("a")
    route.metadata.generation = 9
    var inputs = Fixtures.inputs(routes: [route])
    inputs.gateway.metadata.generation = 4
    let report = Translator.translate(inputs).report
    #expect(report.gateway.conditions.allSatisfy { $0.observedGeneration == 4 })
    #expect(report.gateway.listeners.flatMap(\.conditions).allSatisfy { $0.observedGeneration == 4 })
    #expect(report.condition("Accepted", ofRoute: "a")?.observedGeneration == 9)
  }
}
