import GRPCServer
import NIOCore
import RealComponents
import ScriptedADSClient
import Testing

@testable import XDS

@Suite("The aggregated discovery service, authenticated")
struct AuthenticatedServiceTests {
  private let reviewer = ScriptedReviewer()
  private let gateway = GatewayID(namespace: "ns", name: "gw")
  private let other = GatewayID(namespace: "ns", name: "other")
  private let token = TestToken.make("gw")
  private let otherToken = TestToken.make("other")

  private func withServer(
    limits: ADSService.Limits = ADSService.Limits(), _ body: (ADSServer) async throws -> Void
  ) async throws {
    reviewer.accept(token, user: "system:serviceaccount:ns:gw")
    reviewer.accept(otherToken, user: "system:serviceaccount:ns:other")
    let authenticator = ServiceAccountAuthenticator(reviewer: reviewer, isServed: { _ in true }, count: { _ in })
    try await ADSServer.with(authenticator: authenticator, limits: limits) { server in
      server.publish(try Fixture.configuration(service: "a"), for: gateway)
      server.publish(try Fixture.configuration(service: "b"), for: other)
      try await body(server)
    }
  }

  /// Opens a stream with a token on a connection of its own, and runs the body.
  private func withStream(
    _ server: ADSServer, token: String?, claiming cluster: String = "", window: Int = 1 << 20,
    _ body: (ADSClientStream) async throws -> Void
  ) async throws {
    let headers = token.map { [("authorization", "Bearer \($0)")] } ?? []
    try await ScriptedADSClient.with(port: server.port, on: server.group, window: window) { client in
      try await body(client.open(.delta, cluster: cluster, node: cluster, headers: headers))
    }
  }

  private func expectEnd(
    of stream: ADSClientStream, status: Int, at location: SourceLocation = #_sourceLocation
  ) async {
    let error = await #expect(throws: ADSClientError.self, sourceLocation: location) {
      while true { _ = try await stream.next() }
    }
    guard case .ended(status: status, _) = error else {
      Issue.record("it ended with \(String(describing: error))", sourceLocation: location)
      return
    }
  }

  /// Publishes a change, which a proxy has to get.
  private func expectChange(
    _ server: ADSServer, of gateway: GatewayID, service: String, port: UInt32, on stream: ADSClientStream
  ) async throws {
    server.publish(try Fixture.configuration(service: service, listenerPort: port), for: gateway)
    #expect(try await stream.next(ADSTypeURL.listener).names == ["listener~80"])
  }

  @Test("a token gets its own Gateway's configuration, and nothing of the one that its node claims")
  func claims() async throws {
    try await withServer { server in
      try await withStream(server, token: token, claiming: "ns/other") { stream in
        stream.followEverything()
        #expect(try await stream.next(ADSTypeURL.cluster).names == ["a"])
        for typeURL in ADSTypeURL.all.dropFirst() { _ = try await stream.next(typeURL) }
        server.publish(try Fixture.configuration(service: "b", listenerPort: 81), for: other)
        try await expectChange(server, of: gateway, service: "a", port: 82, on: stream)
        #expect(try await stream.received == 5)
      }
      #expect(server.observer.lines.first == "opened ns/gw ns/other")
    }
  }

  @Test("without a good token there is nothing")
  func refused() async throws {
    try await withServer { server in
      for token in [nil, TestToken.make("stranger"), "x.y.z"] {
        try await withStream(server, token: token, claiming: "ns/gw") { stream in
          stream.followEverything()
          await expectEnd(of: stream, status: 16)
          let received = try await stream.received
          #expect(received == 0)
        }
      }
      #expect(server.observer.lines == [])
    }
  }

  @Test("a stream that breaks a limit ends, and no other")
  func limits() async throws {
    var limits = ADSService.Limits()
    limits.names = 5
    limits.requestLength = 2_000
    try await withServer(limits: limits) { server in
      try await withStream(server, token: token) { good in
        good.followEverything()
        for typeURL in ADSTypeURL.all { _ = try await good.next(typeURL) }
        try await withStream(server, token: token) { stream in
          stream.subscribe(ADSTypeURL.endpoint, to: (0..<6).map(String.init))
          await expectEnd(of: stream, status: 8)
        }
        try await withStream(server, token: token) { stream in
          stream.subscribe(ADSTypeURL.cluster)
          _ = try await stream.next(ADSTypeURL.cluster)
          stream.subscribe(ADSTypeURL.endpoint, to: [String(repeating: "a", count: 2_000)])
          await expectEnd(of: stream, status: 8)
        }
        try await eventually("both are closed") { server.observer.count("closed ns/gw ") == 2 }
        try await expectChange(server, of: gateway, service: "a", port: 81, on: good)
      }
    }
  }

  @Test("a stream that does not say whose it is, or of which nobody can tell, ends after a time")
  func openingTime() async throws {
    var limits = ADSService.Limits()
    limits.openingTime = .milliseconds(100)
    try await withServer(limits: limits) { server in
      try await withStream(server, token: token) { stream in
        stream.sendHeaders()
        await expectEnd(of: stream, status: 4)
      }
      reviewer.hold()
      try await withStream(server, token: token) { stream in
        stream.followEverything()
        await expectEnd(of: stream, status: 14)
      }
      reviewer.release()
      try await withStream(server, token: otherToken) { stream in
        stream.followEverything()
        _ = try await stream.next(ADSTypeURL.cluster)
        // Such a time later it is still open.
        try await withStream(server, token: token) { silent in
          silent.sendHeaders()
          await expectEnd(of: silent, status: 4)
        }
        for typeURL in ADSTypeURL.all.dropFirst() { _ = try await stream.next(typeURL) }
        try await expectChange(server, of: other, service: "b", port: 81, on: stream)
      }
    }
  }

  @Test("a Gateway has so many streams and no more, however many another has")
  func streamsPerGateway() async throws {
    var limits = ADSService.Limits()
    limits.streamsPerGateway = 3
    try await withServer(limits: limits) { server in
      var clients: [ScriptedADSClient] = []
      func open(_ token: String) async throws -> ADSClientStream {
        let client = try await ScriptedADSClient.connect(port: server.port, on: server.group)
        clients.append(client)
        let stream = try await client.open(.delta, cluster: "", headers: [("authorization", "Bearer \(token)")])
        stream.followEverything()
        return stream
      }
      var streams: [ADSClientStream] = []
      for _ in 0..<3 {
        streams.append(try await open(token))
        _ = try await streams.last?.next(ADSTypeURL.cluster)
      }
      await expectEnd(of: try await open(token), status: 8)
      _ = try await open(otherToken).next(ADSTypeURL.cluster)
      await streams[0].close()
      try await eventually("one is closed") { server.observer.lines.contains { $0.hasPrefix("closed ns/gw") } }
      _ = try await open(token).next(ADSTypeURL.cluster)
      for client in clients { await client.close() }
    }
  }

  @Test("proxies that do not read hold up none that do, of the same Gateway or another")
  func slowReaders() async throws {
    try await withServer { server in
      try await withStream(server, token: token, window: 65_535) { slow in
        slow.acknowledgeAll()
        slow.subscribe(ADSTypeURL.route, to: ["*"])
        _ = try await slow.next(ADSTypeURL.route)
        try await slow.pauseReading()
        try await withStream(server, token: token) { same in
          try await withStream(server, token: otherToken) { foreign in
            for stream in [same, foreign] {
              stream.acknowledgeAll()
              stream.subscribe(ADSTypeURL.route, to: ["*"])
              _ = try await stream.next(ADSTypeURL.route)
            }
            for number in 1...20 {
              for (gateway, stream) in [(gateway, same), (other, foreign)] {
                let route = try Fixture.route("route~80", to: "c\(number)", padding: 1 << 20)
                server.publish([route], for: gateway)
                let response = try await stream.next(ADSTypeURL.route)
                #expect(response.resources.first?.version == route.version)
              }
            }
          }
        }
        // The one response that it was sent when it did not read yet, and later the newest.
        try await slow.resumeReading()
        var last = try await slow.next(ADSTypeURL.route, within: .seconds(20))
        let newest = try Fixture.route("route~80", to: "c20", padding: 1 << 20).version
        while last.resources.first?.version != newest { last = try await slow.next(ADSTypeURL.route) }
        #expect(try await slow.received <= 3)
      }
    }
  }

  @Test("a proxy that asks and does not read is not listened to, so that its answers fill no memory")
  func asksWithoutReading() async throws {
    let secret = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"
    try await withServer { server in
      try await withStream(server, token: token, window: 65_535) { stream in
        stream.subscribe(secret, to: ["first"])
        _ = try await stream.next(secret)
        try await stream.pauseReading()
        // 2 MiB of answers, where the client takes 64 KiB.
        let count = 250
        for number in 0..<count {
          stream.subscribe(secret, to: ["\(number)" + String(repeating: "n", count: 8 << 10)])
        }
        try await withStream(server, token: otherToken) { foreign in
          foreign.followEverything()
          for typeURL in ADSTypeURL.all { _ = try await foreign.next(typeURL) }
          for port in 81...100 as ClosedRange<UInt32> {
            try await expectChange(server, of: other, service: "b", port: port, on: foreign)
          }
        }
        // Far longer than it would take to listen to all of it.
        await #expect(throws: NeverCameTrue.self) {
          try await eventually("all is sent", within: .seconds(2)) { stream.isSent }
        }
        try await stream.resumeReading()
        for _ in 0..<count { _ = try await stream.next(secret) }
        #expect(stream.isSent)
      }
    }
  }
}
