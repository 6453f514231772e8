import APIServerDouble
import FoundationEssentials
import NIOPosix
import NetworkLink
import RealComponents
import ScriptedADSClient
import Synchronization
import Testing

extension EndToEnd {
  /// Who gets what of an operator that asks for tokens.
  @Suite("kgateway run: proxies with tokens")
  struct XDSAuthentication {
    @Test("a token of a Gateway's ServiceAccount gets that Gateway's configuration, and not a byte of another")
    func ownGateway() async throws {
      try await TokenBed.withRunning { bed in
        let (first, second) = (try await bed.token(of: "first"), try await bed.token(of: "second"))
        for (token, claim, port, foreign) in [
          (first, "first", "8081", "8082"), (first, "second", "8081", "8082"), (second, "first", "8082", "8081"),
        ] {
          try await bed.withStream(token: token, claiming: claim) { stream in
            stream.followEverything()
            var listeners: [String] = []
            for typeURL in ADSTypeURL.all {
              let response = try await stream.next(typeURL)
              if typeURL == ADSTypeURL.listener { listeners = response.names }
              let bytes = response.resources.flatMap(\.bytes)
              #expect(!String(decoding: bytes, as: UTF8.self).contains(foreign))
            }
            #expect(listeners == ["listener~\(port)"])
          }
        }
        #expect(try await bed.count(.accepted) == 3)
        #expect(await bed.reviews == 2)
        try await bed.expectNoToken([first, second], answers: [])
      }
    }

    @Test("tokens that are missing, malformed, expired, for somebody else or of somebody else get nothing")
    func strangers() async throws {
      try await TokenBed.withRunning { bed in
        let expired = try await bed.token(of: "first")
        bed.clock.advance(by: 7_200)
        let good = try await bed.token(of: "first")
        let wrongAudience = try await bed.token(of: "first", audience: "other")
        let ownAudience = try await bed.token(of: "first", audience: nil)
        let stolen = try await bed.token(of: "first", in: "elsewhere")
        let noGateway = try await bed.token(of: "default")

        let attempts: [(what: Comment, header: String?, status: Int)] = [
          ("none", nil, 16), ("another scheme", "Basic \(good)", 16), ("nothing", "Bearer ", 16),
          ("garbage", "Bearer garbage", 16), ("three parts of garbage", "Bearer x.y.z", 16),
          ("a token with another signature", "Bearer \(good)AAAA", 16), ("an expired one", "Bearer \(expired)", 16),
          ("one for another audience", "Bearer \(wrongAudience)", 16),
          ("one for the API server", "Bearer \(ownAudience)", 16), ("one of another namespace", "Bearer \(stolen)", 7),
          ("one of an account without a Gateway", "Bearer \(noGateway)", 7),
          ("the administrator's", "Bearer administrator", 16),
        ]
        var answers: [String] = []
        for attempt in attempts {
          answers.append(try await bed.refusal(of: attempt.header, status: attempt.status, attempt.what))
        }
        #expect(Set(answers).count == 3, "\(answers)")
        #expect(try await bed.count(.missing) == 2)
        #expect(try await bed.count(.invalid) == 8)
        #expect(try await bed.count(.forbidden) == 2)
        #expect(try await bed.count(.accepted) == 0)
        #expect(bed.kgateway.logLines("is refused: its token is that of the ServiceAccount elsewhere/first").count == 1)
        #expect(bed.kgateway.logLines("from 127.0.0.1, is refused: the review of its token says: ").count >= 3)

        try await bed.withStream(token: good, claiming: "first") { stream in
          stream.followEverything()
          _ = try await stream.next(ADSTypeURL.cluster)
        }
        #expect(try await bed.count(.accepted) == 1)
        try await bed.expectNoToken(
          [good, expired, wrongAudience, ownAudience, stolen, noGateway], answers: answers)
      }
    }

    @Test("an API server that cannot be asked is no refusal: the proxy comes again, and one that is known goes on")
    func unavailable() async throws {
      try await TokenBed.withRunning { bed in
        let (known, new) = (try await bed.token(of: "first"), try await bed.token(of: "second"))
        try await bed.withStream(token: known, claiming: "first") { stream in
          stream.followEverything()
          _ = try await stream.next(ADSTypeURL.cluster)
        }
        var answers: [String] = []
        for (code, reason) in [(500, "InternalError"), (403, "Forbidden")] {
          await bed.cluster.apiServer.inject(.status(code: code, reason: reason), into: .path("tokenreviews"), times: 1)
          answers.append(try await bed.refusal(of: "Bearer \(new)", status: 14, "while nobody can be asked"))
        }
        #expect(Set(answers).count == 1)
        #expect(try await bed.count(.unavailable) == 2)
        #expect(bed.kgateway.logLines("it needs create on tokenreviews of authentication.k8s.io").count == 1)
        for (token, name) in [(known, "first"), (new, "second")] {
          try await bed.withStream(token: token, claiming: name) { stream in
            stream.followEverything()
            _ = try await stream.next(ADSTypeURL.cluster)
          }
        }
        #expect(try await bed.count(.accepted) == 3)
        try await bed.expectNoToken([known, new], answers: answers)
      }
    }

    @Test("a proxy that comes before a replica knows all Gateways waits for its own; later a strange one is refused")
    func beforeTheFirstSync() async throws {
      try await TokenBed.withRunning(isReady: false) { bed in
        let (token, stolen) = (try await bed.token(of: "first"), try await bed.token(of: "first", in: "elsewhere"))
        try await eventually("it listens", within: .seconds(30)) { try await bed.kgateway.readiness().status == 503 }
        try await bed.withStream(token: token, claiming: "first") { stream in
          stream.followEverything()
          try await bed.withStream(token: stolen, claiming: "first") { other in
            other.followEverything()
            try await eventually("both are taken") { try await bed.count(.accepted) == 2 }
            await bed.cluster.apiServer.endFailures()
            _ = try await stream.next(ADSTypeURL.cluster, within: .seconds(60))
            try await bed.kgateway.waitUntilReady()
            let received = try await other.received
            #expect(received == 0)
          }
        }
        _ = try await bed.refusal(of: "Bearer \(stolen)", status: 7, "when all are known")
      }
    }

    @Test("a flood of bad tokens reaches the API server as a trickle, and proxies that are known go on")
    func flood() async throws {
      try await TokenBed.withRunning { bed in
        let good = try await bed.token(of: "first")
        try await bed.withStream(token: good, claiming: "first") { stream in
          stream.followEverything()
          _ = try await stream.next(ADSTypeURL.cluster)
          for number in 0..<100 {
            try await bed.withStream(token: "\(good)\(100 + number)a", claiming: "first") { bad in
              bad.followEverything()
              await #expect(throws: ADSClientError.self) { try await bad.next() }
            }
          }
          try await bed.withStream(token: good, claiming: "first") { again in
            again.followEverything()
            _ = try await again.next(ADSTypeURL.cluster)
          }
        }
        let (invalid, limited) = (try await bed.count(.invalid), try await bed.count(.limited))
        #expect(invalid + limited == 100)
        #expect(limited >= 50)
        #expect(await bed.reviews == Int(invalid) + 1)
        #expect(bed.kgateway.logLines("is refused").count < 50)
        try await bed.expectNoToken([good], answers: [])
      }
    }

    @Test("what is at risk without TLS is logged", arguments: [["--xds-plaintext"], KubernetesOperator.trusting])
    func warnings(_ security: [String]) async throws {
      try await KubernetesCluster.withRunning { cluster in
        try await KubernetesOperator.withReady(cluster, security: security) { kgateway in
          #expect(kgateway.logLines("warning xDS is served without TLS").count == 1)
        }
      }
    }
  }
}

/// An operator that asks for tokens, with two Gateways, `first` and `second`.
struct TokenBed {
  enum Result: String {
    case accepted, missing, invalid, forbidden, limited, unavailable
  }

  let cluster: KubernetesCluster
  let kgateway: KubernetesOperator
  let clock: ServerClock
  /// Between the operator and the API server; nil where there is nothing between.
  var link: NetworkLink?

  /// The API server's clock, by which it judges tokens.
  final class ServerClock: Sendable {
    private let offset = Mutex(0.0)
    var now: Date { Date().addingTimeInterval(offset.withLock { $0 }) }
    func advance(by seconds: Double) { offset.withLock { $0 += seconds } }
  }

  /// - Parameter isReady: false: the API server does not give out HTTPRoutes until its failures are ended.
  /// - Parameter cutting: whether there is a network between the operator and the API server that can be cut.
  static func withRunning(
    isReady: Bool = true, cutting: Bool = false, _ body: (TokenBed) async throws -> Void
  ) async throws {
    let clock = ServerClock()
    try await KubernetesCluster.withRunning {
      $0.now = { clock.now }
      $0.namespaces.append("elsewhere")
    } _: { cluster in
      try await cluster.put([Objects.gatewayClass(), Objects.service(), Objects.endpoints(port: 9)])
      for (name, port) in [("first", 8081), ("second", 8082)] {
        try await cluster.put([
          Objects.gateway(name, port: port), Objects.route(name, gateway: name), account(name, in: Objects.namespace),
        ])
      }
      try await cluster.put([account("first", in: "elsewhere"), account("default", in: Objects.namespace)])
      if !isReady {
        await cluster.apiServer.inject(
          .status(code: 500, reason: "InternalError"), into: .path("/httproutes"), times: 1_000)
      }
      func run(_ kubeconfig: String, _ link: NetworkLink?) async throws {
        try await KubernetesOperator.withRunning(
          kubeconfig: kubeconfig, ["--log-level", "trace"], security: ["--xds-plaintext"]
        ) { kgateway in
          if isReady { try await kgateway.waitUntilReady() }
          try await body(TokenBed(cluster: cluster, kgateway: kgateway, clock: clock, link: link))
        }
      }
      guard cutting else { return try await run(cluster.kubeconfig, nil) }
      try await NetworkLink.withRunning(to: cluster.apiServer.port, from: "127.0.0.11") { link in
        let kubeconfig = cluster.folder.path("kubeconfig-over-link")
        try await cluster.apiServer.writeKubeconfig(to: kubeconfig, port: link.port)
        try await run(kubeconfig, link)
      }
    }
  }

  private static func account(_ name: String, in namespace: String) -> JSONValue {
    [
      "apiVersion": "v1", "kind": "ServiceAccount",
      "metadata": ["name": .string(name), "namespace": .string(namespace)],
    ]
  }

  /// A token as the kubelet gets one for a pod.
  ///
  /// - Parameter audience: nil for the API server's own.
  func token(
    of account: String, in namespace: String = Objects.namespace, audience: String? = "kgateway"
  ) async throws -> String {
    var spec: JSONValue = ["expirationSeconds": 3600]
    if let audience { spec["audiences"] = [.string(audience)] }
    let request: JSONValue = ["apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec]
    let answer = try await cluster.kubectl(
      ["create", "--raw", "/api/v1/namespaces/\(namespace)/serviceaccounts/\(account)/token", "-f", "-"],
      input: request.jsonText)
    guard let token = JSONValue(json: answer)?[["status", "token"]]?.stringValue else {
      throw UnreadableAnswer(text: answer)
    }
    return token
  }

  /// Opens a stream whose node claims to be of a Gateway of this name.
  func withStream(
    token: String, claiming gateway: String, _ body: (ADSClientStream) async throws -> Void
  ) async throws {
    try await withStream(header: "Bearer \(token)", claiming: gateway, body)
  }

  private func withStream(
    header: String?, claiming gateway: String, _ body: (ADSClientStream) async throws -> Void
  ) async throws {
    let group = MultiThreadedEventLoopGroup.singleton
    try await ScriptedADSClient.with(port: kgateway.xdsPort, on: group) { client in
      let stream = try await client.open(
        .delta, cluster: "\(Objects.namespace)/\(gateway)", node: gateway,
        headers: header.map { [("authorization", $0)] } ?? [])
      try await body(stream)
    }
  }

  /// What a stream is told that is refused, and got nothing before.
  func refusal(of header: String?, status: Int, _ what: Comment) async throws -> String {
    var answer = ""
    try await withStream(header: header, claiming: "first") { stream in
      stream.followEverything()
      let error = await #expect(throws: ADSClientError.self, what) { try await stream.next() }
      guard case .ended(status: status, let message) = error else {
        Issue.record("\(what): it ended with \(String(describing: error))")
        return
      }
      answer = message
    }
    return answer
  }

  func count(_ result: Result) async throws -> Double {
    try await kgateway.metric("kgateway_xds_auth_total", ["result": result.rawValue])
  }

  /// How many tokens the API server was asked about.
  var reviews: Int {
    get async { await cluster.apiServer.requests.count { $0.path.contains("/tokenreviews") } }
  }

  /// Checks that the log, the answers to clients and the metrics hold nothing of these tokens.
  func expectNoToken(_ tokens: [String], answers: [String]) async throws {
    let texts = [kgateway.process.errorOutput.text, kgateway.process.output.text] + answers
    for part in tokens.flatMap({ $0.split(separator: ".").dropFirst() }) {
      for text in texts { #expect(!text.contains(part)) }
    }
  }
}
