import EnvoyAPI
import JSON
import KubernetesAPI
import RealComponents
import SwiftProtobuf
import Testing
import Translator

/// Sends requests through a real Envoy that runs a translated configuration. Its backends are further listeners of the
/// same Envoy, each of which answers with its Service's name.
@Suite("Routing by the real Envoy")
struct RoutingEnvoyTests {
  private struct Expectation {
    var host = "shop.example.com"
    var method = "GET"
    let path: String
    var headers: [String: String] = [:]
    let answer: String
  }

  private static let expectations = [
    Expectation(path: "/", answer: "200 root"),
    Expectation(path: "/cart", answer: "200 cart"),
    Expectation(path: "/cart/", answer: "200 cart"),
    Expectation(path: "/cart/1", answer: "200 cart"),
    Expectation(path: "/cart?x=1", answer: "200 cart"),
    Expectation(path: "/carton", answer: "200 root"),
    Expectation(path: "/x/../cart", answer: "200 cart"),
    Expectation(path: "//cart", answer: "200 cart"),
    Expectation(path: "/x%2F..%2Fcart", answer: "307"),
    Expectation(path: "/cart/exact", answer: "200 exact"),
    Expectation(path: "/cart/exact/more", answer: "200 cart"),
    Expectation(method: "POST", path: "/cart", answer: "200 post"),
    Expectation(path: "/cart", headers: ["X-Version": "2"], answer: "200 header"),
    Expectation(path: "/cart", headers: ["X-Version": "22"], answer: "200 cart"),
    Expectation(path: "/cart?debug=1", answer: "200 query"),
    Expectation(path: "/cart?debug=2", answer: "200 cart"),
    Expectation(host: "shop.example.com:8080", path: "/cart", answer: "200 cart"),
    Expectation(host: "SHOP.example.com", path: "/cart", answer: "200 cart"),
    Expectation(host: "a.b.example.com", path: "/", answer: "200 wildcard"),
    Expectation(host: "example.com", path: "/", answer: "404"),
    Expectation(host: "other.org", path: "/", answer: "404"),
    Expectation(path: "/missing", answer: "500"),
    Expectation(path: "/zero", answer: "500"),
    Expectation(path: "/empty", answer: "503"),
  ]

  @Test("each request goes where the rules of the Gateway API send it, and a missing backend costs its share alone")
  func routes() async throws {
    let ports = try ports()
    let manifests = try Manifests(Self.manifests(gateway: ports.gateway, backends: ports.backends))
    #expect(
      manifests.translation.report.problems.map(\.path) == [
        "spec.rules[6].backendRefs[0].name", "spec.rules[8].backendRefs[1].name",
      ])
    try await withEnvoy(manifests, backends: ports.backends) { folder in
      let requests = Self.expectations.map { Request($0.method, $0.path, $0.host, $0.headers) }
      let shares = Array(repeating: Request("GET", "/half", "shop.example.com", [:]), count: 200)
      let answers = try await send(requests + shares, port: ports.gateway, in: folder)
      for (expectation, answer) in zip(Self.expectations, answers) {
        #expect(answer == expectation.answer, "\(expectation)")
      }
      let halves = answers.dropFirst(requests.count)
      #expect(Set(halves) == ["200 root", "500"])
      #expect((60...140).contains(halves.count { $0 == "500" }))
    }
  }

  private struct Request {
    let method: String
    let path: String
    let host: String
    let headers: [String: String]

    init(_ method: String, _ path: String, _ host: String, _ headers: [String: String]) {
      self.method = method
      self.path = path
      self.host = host
      self.headers = headers
    }
  }

  private static let services = ["root", "cart", "exact", "post", "header", "query", "wildcard"]

  private func ports() throws -> (gateway: Int, backends: [String: Int]) {
    let free = try LoopbackPorts.free(Self.services.count + 1)
    return (free[0], Dictionary(uniqueKeysWithValues: zip(Self.services, free.dropFirst())))
  }

  private static func manifests(gateway port: Int, backends: [String: Int]) -> String {
    let objects = backends.map { name, port in
      """
      ---
      {apiVersion: v1, kind: Service, metadata: {name: \(name), namespace: default}, spec: {ports: [{port: 80}]}}
      ---
      apiVersion: discovery.k8s.io/v1
      kind: EndpointSlice
      metadata: {name: \(name), namespace: default, labels: {kubernetes.io/service-name: \(name)}}
      addressType: IPv4
      ports: [{name: "", port: \(port)}]
      endpoints: [{addresses: [127.0.0.1]}]

      """
    }
    return """
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: {name: edge, namespace: default}
      spec:
        gatewayClassName: kgateway
        listeners: [{name: http, port: \(port), protocol: HTTP}]
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: shop, namespace: default}
      spec:
        parentRefs: [{name: edge}]
        hostnames: [shop.example.com]
        rules:
        - {backendRefs: [{name: root, port: 80}]}
        - {matches: [{path: {value: /cart}}], backendRefs: [{name: cart, port: 80}]}
        - {matches: [{path: {type: Exact, value: /cart/exact}}], backendRefs: [{name: exact, port: 80}]}
        - {matches: [{path: {value: /cart}, method: POST}], backendRefs: [{name: post, port: 80}]}
        - matches: [{path: {value: /cart}, headers: [{name: x-version, value: "2"}]}]
          backendRefs: [{name: header, port: 80}]
        - matches: [{path: {value: /cart}, queryParams: [{name: debug, value: "1"}]}]
          backendRefs: [{name: query, port: 80}]
        - {matches: [{path: {value: /missing}}], backendRefs: [{name: gone, port: 80}]}
        - {matches: [{path: {value: /zero}}], backendRefs: [{name: root, port: 80, weight: 0}]}
        - {matches: [{path: {value: /half}}], backendRefs: [{name: root, port: 80}, {name: gone, port: 80}]}
        - {matches: [{path: {value: /empty}}], backendRefs: [{name: empty, port: 80}]}
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: wildcard, namespace: default}
      spec:
        parentRefs: [{name: edge}]
        hostnames: ["*.example.com"]
        rules: [{backendRefs: [{name: wildcard, port: 80}]}]
      ---
      {apiVersion: v1, kind: Service, metadata: {name: empty, namespace: default}, spec: {ports: [{port: 80}]}}

      """ + objects.joined()
  }

  private func withEnvoy(
    _ manifests: Manifests, backends: [String: Int], _ body: (TemporaryFolder) async throws -> Void
  ) async throws {
    var bootstrap = try StaticBootstrap.bootstrap(
      of: manifests.translation.configuration, gateway: manifests.inputs.gateway.metadata.id
    ) { Translator.loadAssignment($0, slices: manifests.slices) }
    for index in bootstrap.staticResources.listeners.indices {
      bootstrap.staticResources.listeners[index].address.socketAddress.address = "127.0.0.1"
    }
    for (name, port) in backends { bootstrap.staticResources.listeners.append(try backend(name, port: port)) }
    let text = JSONText.encode(try MessageDocument.value(of: bootstrap))
    try await withTemporaryFolder { folder in
      let file = try folder.write(text, to: "bootstrap.json")
      let arguments = ["-c", file, "--use-dynamic-base-id", "--concurrency", "1", "--log-level", "warning"]
      try await withProcess(RealComponent.envoy.path(), arguments) { _ in try await body(folder) }
    }
  }

  private func backend(_ name: String, port: Int) throws -> Envoy_Config_Listener_V3_Listener {
    let manager = try Google_Protobuf_Any(
      message: Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpConnectionManager.with {
        $0.statPrefix = name
        $0.routeConfig.virtualHosts = [
          .with {
            $0.name = name
            $0.domains = ["*"]
            $0.routes = [
              .with {
                $0.match.prefix = "/"
                $0.directResponse.status = 200
                $0.responseHeadersToAdd = [
                  .with { $0.header = .with { ($0.key, $0.value) = ("x-backend", name) } }
                ]
              }
            ]
          }
        ]
        $0.httpFilters = [
          .with {
            $0.name = "envoy.filters.http.router"
            $0.typedConfig =
              (try? Google_Protobuf_Any(message: Envoy_Extensions_Filters_Http_Router_V3_Router())) ?? .init()
          }
        ]
      })
    return .with {
      $0.name = name
      $0.address.socketAddress.address = "127.0.0.1"
      $0.address.socketAddress.portValue = UInt32(port)
      $0.filterChains = [
        .with {
          $0.filters = [
            .with {
              $0.name = "envoy.filters.network.http_connection_manager"
              $0.typedConfig = manager
            }
          ]
        }
      ]
    }
  }

  /// Sends the requests one after another; an answer is the status, and the name of the backend if one answered.
  private func send(_ requests: [Request], port: Int, in folder: TemporaryFolder) async throws -> [String] {
    let script = """
      import http.client, json, sys, time
      port, requests = json.load(sys.stdin)
      deadline = time.monotonic() + 20
      while True:
          try:
              connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
              connection.connect()
              break
          except OSError:
              if time.monotonic() > deadline: raise
              time.sleep(0.02)
      for method, path, host, headers in requests:
          connection.putrequest(method, path, skip_host=True)
          connection.putheader("Host", host)
          connection.putheader("Content-Length", "0")
          for name, value in headers.items(): connection.putheader(name, value)
          connection.endheaders()
          response = connection.getresponse()
          response.read()
          print(response.status, response.getheader("x-backend", ""))
      """
    var writer = JSONWriter()
    writer.array { writer in
      writer.int(port)
      writer.array { writer in
        for request in requests {
          writer.array { writer in
            writer.string(request.method)
            writer.string(request.path)
            writer.string(request.host)
            writer.object { writer in
              for (name, value) in request.headers { writer.member(name, value) }
            }
          }
        }
      }
    }
    let file = try folder.write(script, to: "send.py")
    let settings = ProcessSettings(standardInput: String(decoding: writer.bytes, as: UTF8.self))
    let output = try await outputOfCommand(RealComponent.python.path(), [file], settings: settings)
    return output.split(separator: "\n").map { $0.hasSuffix(" ") ? String($0.dropLast()) : String($0) }
  }
}
