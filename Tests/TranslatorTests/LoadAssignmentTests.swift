import EnvoyAPI
import KubernetesAPI
import Testing
import Translator

@Suite("Endpoints of a Service port")
struct LoadAssignmentTests {
  private let reference = EndpointReference(service: Fixtures.id("web"), port: 80, portName: "http")

  @Test("the ready endpoints of all slices are there once, in order")
  func joinsSlices() {
    let slices = [
      slice([endpoint("10.0.0.3"), endpoint("10.0.0.1", ready: true)]),
      slice([endpoint("10.0.0.1"), endpoint("10.0.0.2", ready: false)]),
      slice([endpoint("fd00::1")], type: "IPv6"),
    ]
    let expected = ["10.0.0.1:8080", "10.0.0.3:8080", "fd00::1:8080"]
    #expect(addresses(slices) == expected)
    #expect(addresses(slices.reversed()) == expected)
  }

  @Test("the target port is that of the slice under the name of the Service's port")
  func findsNamedPort() {
    var other = slice([endpoint("10.0.0.1")])
    other.ports = [
      EndpointSlice.Port(name: "metrics", port: 9090), EndpointSlice.Port(name: "http", port: 3000),
      EndpointSlice.Port(name: "http", port: 3001, transport: "UDP"), EndpointSlice.Port(name: "http", port: nil),
    ]
    #expect(addresses([other]) == ["10.0.0.1:3000"])
  }

  @Test("endpoints that drain but still answer serve only where none is ready")
  func fallsBackToDraining() {
    let draining = endpoint("10.0.0.9", ready: false, serving: true, terminating: true)
    let dead = endpoint("10.0.0.8", ready: false, serving: false, terminating: true)
    #expect(addresses([slice([draining, dead])]) == ["10.0.0.9:8080"])
    #expect(addresses([slice([draining, dead]), slice([endpoint("10.0.0.1")])]) == ["10.0.0.1:8080"])
  }

  @Test("slices of other Services, host names, and no slices at all give no endpoints")
  func givesNone() {
    var foreign = slice([endpoint("10.0.0.1")])
    foreign.metadata.labels["kubernetes.io/service-name"] = "other"
    let names = slice([endpoint("example.com")], type: "FQDN")
    #expect(addresses([foreign, names]) == [])
    let message = Translator.loadAssignment(reference, slices: [])
    #expect(message.clusterName == "cluster~default~web~80")
    #expect(message.endpoints.isEmpty)
  }

  @Test("of an endpoint's addresses the first is taken")
  func takesFirstAddress() {
    #expect(
      addresses([slice([EndpointSlice.Endpoint(addresses: ["10.0.0.1", "10.0.0.2"]), endpoint(nil)])])
        == ["10.0.0.1:8080"])
  }

  private func addresses(_ slices: [EndpointSlice]) -> [String] {
    Translator.loadAssignment(reference, slices: slices).endpoints.flatMap(\.lbEndpoints).map {
      let address = $0.endpoint.address.socketAddress
      return "\(address.address):\(address.portValue)"
    }
  }

  private func slice(_ endpoints: [EndpointSlice.Endpoint], type: String = "IPv4") -> EndpointSlice {
    EndpointSlice(
      metadata: ObjectMeta(namespace: "default", name: "web-x", labels: ["kubernetes.io/service-name": "web"]),
      addressType: type, ports: [EndpointSlice.Port(name: "http", port: 8080)], endpoints: endpoints)
  }

  private func endpoint(
    _ address: String?, ready: Bool? = nil, serving: Bool? = nil, terminating: Bool? = nil
  ) -> EndpointSlice.Endpoint {
    EndpointSlice.Endpoint(
      addresses: address.map { [$0] } ?? [], isReady: ready, isServing: serving, isTerminating: terminating)
  }
}
