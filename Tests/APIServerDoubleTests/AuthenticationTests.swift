import APIServerDouble
import RealComponents
import Testing

@Suite("Credentials and TLS")
struct AuthenticationTests {
  private static var tls: APIServerDouble.Configuration {
    var configuration = Kubectl.configuration
    configuration.tls = .test
    configuration.requiresCredentials = true
    return configuration
  }

  @Test("over TLS the administrator's token opens the server")
  func token() async throws {
    try await Kubectl.withDouble(Self.tls) { kubectl, double in
      #expect(await double.url.hasPrefix("https://"))
      let output = try await kubectl("get", "namespaces", "-o", "name")
      #expect(output.contains("namespace/kgateway-system"))
    }
  }

  @Test("over TLS a client certificate of the authority opens the server")
  func clientCertificate() async throws {
    let credentials = APIServerDouble.Credentials.certificate(TestCertificates.client, key: TestCertificates.clientKey)
    try await Kubectl.withDouble(Self.tls, credentials: credentials) { kubectl, _ in
      let output = try await kubectl("get", "namespaces", "-o", "name")
      #expect(output.contains("namespace/kgateway-system"))
    }
  }

  @Test("over TLS a wrong token is refused")
  func wrongToken() async throws {
    try await Kubectl.withDouble(Self.tls) { kubectl, _ in
      let error = try await kubectl.failing("get", "namespaces", "--token=wrong")
      #expect(error.contains("You must be logged in to the server"))
    }
  }

  @Test("a watch works over HTTP/2")
  func watchOverHTTP2() async throws {
    try await Kubectl.withDouble(Self.tls) { kubectl, double in
      try await withProcess(
        kubectl.program, ["get", "namespaces", "-w"], settings: kubectl.settings
      ) { watch in
        try await eventually("the watch is open") { await double.watchCount == 1 }
        try await double.put(["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "telemetry"]])
        try await eventually("the new namespace is printed") { watch.output.text.contains("telemetry") }
        await double.dropConnections()
      }
      try await eventually("the watch has ended") { await double.watchCount == 0 }
    }
  }

  @Test("a client that does not know the authority refuses the server")
  func unknownAuthority() async throws {
    try await Kubectl.withDouble(Self.tls) { kubectl, double in
      try await double.writeKubeconfig(to: kubectl.folder.path("config"), authority: TestCertificates.client)
      let error = try await kubectl.failing("get", "namespaces")
      #expect(error.contains("certificate signed by unknown authority"))
    }
  }

  @Test("a token of a ServiceAccount is good until it expires")
  func expiredToken() async throws {
    let clock = TestClock()
    var configuration = APIServerDouble.Configuration()
    configuration.now = { clock.now }
    try await withDouble(configuration) { double, client in
      try await double.put(["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "proxy"]])
      let request = #"{"spec":{"audiences":["kgateway"],"expirationSeconds":600}}"#
      let issued = try await client.send(
        "POST", "/api/v1/namespaces/default/serviceaccounts/proxy/token", json: request)
      let token = try #require(JSONValue(json: issued.body)?[["status", "token"]]?.stringValue)
      #expect(token.split(separator: ".").count == 3)
      let review = #"{"spec":{"token":"\#(token)","audiences":["kgateway"]}}"#
      let reviews = "/apis/authentication.k8s.io/v1/tokenreviews"
      let early = try await client.send("POST", reviews, json: review)
      #expect(JSONValue(json: early.body)?[["status", "authenticated"]] == true)
      clock.advance(by: 601)
      let late = try await client.send("POST", reviews, json: review)
      #expect(JSONValue(json: late.body)?[["status", "error"]] == "invalid bearer token")
    }
  }
}
