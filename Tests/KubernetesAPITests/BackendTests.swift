import KubernetesAPI
import Testing

@Suite("Reading what routes lead to")
struct BackendTests {
  static let found = Result { try objects(Manifests.backend) }

  @Test("a Service's ports; its target ports, names or numbers, are passed over")
  func service() throws {
    let expected = Service(
      metadata: ObjectMeta(namespace: "shop", name: "web"),
      ports: [
        Service.Port(name: "http", port: 80, appProtocol: "kubernetes.io/h2c"),
        Service.Port(name: "dns", port: 53, transport: "UDP"),
      ])
    #expect(try Self.found.get()[0] == .service(expected))
  }

  @Test("an EndpointSlice's endpoints; a condition that is not given stays unknown")
  func endpointSlice() throws {
    let expected = EndpointSlice(
      metadata: ObjectMeta(namespace: "shop", name: "web-x7k2p", labels: ["kubernetes.io/service-name": "web"]),
      ports: [EndpointSlice.Port(name: "http", port: 8080)],
      endpoints: [
        EndpointSlice.Endpoint(addresses: ["10.1.0.4"], isReady: true, isServing: true, isTerminating: false),
        EndpointSlice.Endpoint(addresses: ["10.1.0.5"], isReady: false),
        EndpointSlice.Endpoint(addresses: ["10.1.0.6"]),
      ])
    #expect(try Self.found.get()[1] == .endpointSlice(expected))
  }

  @Test("a Namespace's labels")
  func namespace() throws {
    let expected = Namespace(
      metadata: ObjectMeta(name: "shop", labels: ["team": "a", "kubernetes.io/metadata.name": "shop"]))
    #expect(try Self.found.get()[2] == .namespace(expected))
  }

  @Test("a ReferenceGrant, of the older version too")
  func referenceGrant() throws {
    let expected = ReferenceGrant(
      metadata: ObjectMeta(namespace: "next", name: "from-shop"),
      from: [ReferenceGrant.From(group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "shop")],
      to: [ReferenceGrant.To(group: "", kind: "Service"), ReferenceGrant.To(group: "", kind: "Service", name: "api")])
    #expect(try Self.found.get()[3] == .referenceGrant(expected))
  }

  @Test("a GatewayClass's controller")
  func gatewayClass() throws {
    let expected = GatewayClass(metadata: ObjectMeta(name: "kgateway"), controllerName: "kgateway.dev/kgateway")
    #expect(try Self.found.get()[4] == .gatewayClass(expected))
  }
}
