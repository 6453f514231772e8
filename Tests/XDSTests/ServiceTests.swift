import EnvoyAPI
import GRPCServer
import NIOCore
import RealComponents
import ScriptedADSClient
import SwiftProtobuf
import Testing

@testable import XDS

/// Opens a stream of the server's Gateway, runs `body`, and closes the connection.
private func withStream(
  _ server: ADSServer, _ dialect: ADSProtocol = .delta, gateway: GatewayID? = nil, node: String = "envoy",
  window: Int = 1 << 20, _ body: (ADSClientStream) async throws -> Void
) async throws {
  try await ScriptedADSClient.with(port: server.port, on: server.group, window: window) { client in
    try await body(client.open(dialect, cluster: (gateway ?? server.gateway).description, node: node))
  }
}

extension ADSClientStream {
  /// Takes the responses to subscriptions to everything until all of a configuration was there, and acknowledges them.
  fileprivate func takeAll() async throws {
    for typeURL in ADSTypeURL.all {
      _ = try await next(typeURL)
    }
  }
}

@Suite("The aggregated discovery service")
struct ServiceTests {
  @Test(
    "a proxy gets its configuration in order, and its Gateway converges on a change",
    arguments: [
      ADSProtocol.delta, .stateOfTheWorld,
    ])
  func initialConfiguration(dialect: ADSProtocol) async throws {
    try await ADSServer.with { server in
      server.publish(try Fixture.configuration())
      try await withStream(server, dialect) { stream in
        stream.followEverything()
        let responses = [
          try await stream.next(), try await stream.next(), try await stream.next(), try await stream.next(),
        ]
        #expect(responses.map(\.typeURL) == ADSTypeURL.all)
        #expect(responses.map(\.names) == [["a"], ["a"], ["listener~80"], ["route~80"]])
        let first = try #require(responses.first)
        #expect(try first.resources.first?.bytes == Fixture.cluster("a").bytes)

        server.publish(try Fixture.configuration(listenerPort: 81))
        #expect(try await stream.next(ADSTypeURL.listener).names == ["listener~80"])
        try await eventually("the Gateway has converged") { server.observer.count("converged ns/gw") == 1 }
      }
      try await eventually("the stream is closed") { server.observer.count("closed ns/gw envoy") == 1 }
      #expect(server.observer.lines.first == "opened ns/gw envoy")
      let version = Snapshot(try Fixture.configuration()).version(.cluster)
      #expect(server.observer.count("acknowledged cluster ns/gw \(version)") == 1)
    }
  }

  @Test("a change of one resource pushes only that, and no change pushes nothing")
  func oneChange() async throws {
    try await ADSServer.with { server in
      let rest = try Fixture.configuration() + [Fixture.listener("listener~81")]
      server.publish(rest)
      try await withStream(server) { stream in
        stream.followEverything()
        try await stream.takeAll()
        server.publish(rest.reversed())
        server.publish(rest + [try Fixture.listener("listener~81", port: 8081)])
        let change = try await stream.next(ADSTypeURL.listener)
        #expect(change.names == ["listener~81"])
        #expect(change.removed == [])
        server.publish(rest + [try Fixture.listener("listener~81", port: 8082)])
        _ = try await stream.next(ADSTypeURL.listener)
        #expect(try await stream.received == 6)
      }
    }
  }

  @Test(
    "an update of endpoints pushes endpoints and nothing else",
    arguments: [
      ADSProtocol.delta, .stateOfTheWorld,
    ])
  func endpointUpdate(dialect: ADSProtocol) async throws {
    try await ADSServer.with { server in
      server.publish(try Fixture.configuration() + [Fixture.endpoints("b")])
      try await withStream(server, dialect) { stream in
        stream.followEverything()
        try await stream.takeAll()
        try await eventually("the response is acknowledged") {
          server.observer.lines.contains { $0.hasPrefix("acknowledged route") }
        }
        for port in 81...83 as ClosedRange<UInt32> {
          server.store.update([try Fixture.endpoints("a", port: port)], for: server.gateway, changedAt: .now)
          #expect(try await stream.next(ADSTypeURL.endpoint).names == ["a"])
          try await eventually("the Gateway has converged") {
            server.observer.count("converged ns/gw") == Int(port) - 80
          }
        }
        #expect(try await stream.received == 7)
      }
    }
  }

  @Test("a service that is replaced: cluster first, then the route, the old cluster last")
  func replacement() async throws {
    try await ADSServer.with { server in
      server.publish(try Fixture.configuration(service: "a"))
      try await withStream(server) { stream in
        stream.followEverything()
        try await stream.takeAll()
        server.publish(try Fixture.configuration(service: "b"))
        var seen: [String] = []
        for _ in 0..<5 {
          let response = try await stream.next()
          seen += response.names.map { "+\($0)" } + response.removed.map { "-\($0)" }
        }
        #expect(seen == ["+b", "+b", "+route~80", "-a", "-a"])
        try await eventually("the Gateway has converged") { server.observer.count("converged ns/gw") == 1 }
      }
    }
  }

  @Test("a proxy that comes back with current versions gets nothing until something changes")
  func reconnect() async throws {
    try await ADSServer.with { server in
      let configuration = try Fixture.configuration()
      server.publish(configuration)
      try await withStream(server) { stream in
        stream.acknowledgeAll()
        for type in ResourceType.allCases {
          let versions = configuration.filter { $0.type == type }.map { ($0.name, $0.version) }
          stream.subscribe(type.typeURL, to: ["*"], initialVersions: Dictionary(uniqueKeysWithValues: versions))
        }
        try await eventually("the stream is open") { server.observer.count("opened ns/gw envoy") == 1 }
        server.publish(try Fixture.configuration(listenerPort: 81))
        #expect(try await stream.next(ADSTypeURL.listener).names == ["listener~80"])
        try await eventually("the Gateway has converged") { server.observer.count("converged ns/gw") == 1 }
        #expect(try await stream.received == 1)
      }
    }
  }

  @Test("a proxy that starts before its Gateway is known waits for it")
  func unknownGateway() async throws {
    try await ADSServer.with { server in
      try await withStream(server) { stream in
        stream.followEverything()
        try await eventually("the stream is open") { server.observer.count("opened ns/gw envoy") == 1 }
        server.publish(try Fixture.configuration())
        try await stream.takeAll()
      }
    }
  }

  @Test("Gateways do not see each other's configuration")
  func isolation() async throws {
    try await ADSServer.with { server in
      let other = GatewayID(namespace: "ns", name: "other")
      server.publish(try Fixture.configuration(service: "a"))
      server.publish(try Fixture.configuration(service: "b"), for: other)
      try await withStream(server) { stream in
        try await withStream(server, gateway: other) { otherStream in
          stream.followEverything()
          otherStream.followEverything()
          #expect(try await stream.next().names == ["a"])
          #expect(try await otherStream.next().names == ["b"])
          for _ in 1..<4 {
            _ = try await stream.next()
            _ = try await otherStream.next()
          }
          server.publish(try Fixture.configuration(service: "b", listenerPort: 81), for: other)
          #expect(try await otherStream.next(ADSTypeURL.listener).names == ["listener~80"])
          #expect(try await stream.received == 4)
        }
      }
    }
  }

  @Test("a slow reader gets only the newest of many changes")
  func slowReader() async throws {
    try await ADSServer.with { server in
      func route(_ number: Int) throws -> [EncodedResource] {
        [try Fixture.route("route~80", to: "c\(number)", padding: 1 << 20)]
      }
      server.publish(try route(0))
      try await withStream(server, window: 65_535) { stream in
        stream.acknowledgeAll()
        stream.subscribe(ADSTypeURL.route, to: ["*"])
        _ = try await stream.next(ADSTypeURL.route)
        try await eventually("the response is acknowledged") {
          server.observer.lines.contains { $0.hasPrefix("acknowledged") }
        }
        try await stream.pauseReading()
        for number in 1...50 {
          server.publish(try route(number))
        }
        try await eventually("the response is sent") { server.observer.count("pushed route ns/gw") == 2 }
        server.publish(try route(51))
        try await stream.resumeReading()
        try await eventually("the Gateway has converged", within: .seconds(20)) {
          server.observer.count("converged ns/gw") == 1
        }
        let received = try await stream.received
        #expect(received <= 3)
        var last = try await stream.next()
        for _ in 2..<received { last = try await stream.next() }
        #expect(try last.resources.first?.bytes == route(51)[0].bytes)
      }
    }
  }

  @Test("200 streams on their own connections get a change, from a few responses")
  func manyStreams() async throws {
    try await ADSServer.with { server in
      server.publish(try Fixture.configuration())
      var clients: [ScriptedADSClient] = []
      var streams: [ADSClientStream] = []
      for number in 0..<200 {
        let client = try await ScriptedADSClient.connect(port: server.port, on: server.group)
        clients.append(client)
        let stream = try await client.open(
          number.isMultiple(of: 2) ? .delta : .stateOfTheWorld, cluster: "ns/gw", node: "envoy\(number)")
        stream.followEverything()
        streams.append(stream)
      }
      for stream in streams {
        try await stream.takeAll()
      }
      server.publish(try Fixture.configuration(listenerPort: 81))
      for stream in streams {
        #expect(try await stream.next(ADSTypeURL.listener).names == ["listener~80"])
      }
      try await eventually("the Gateway has converged") { server.observer.count("converged ns/gw") == 1 }
      for client in clients {
        await client.close()
      }
      try await eventually("all streams are closed") { server.observer.lines.count { $0.hasPrefix("closed") } == 200 }
    }
  }

  // MARK: Refusals

  @Test("a refused listener is reported and held back, also from proxies that come later, until it is mended")
  func refusal() async throws {
    try await ADSServer.with { server in
      let good = [try Fixture.listener("listener~80"), try Fixture.listener("listener~8080")]
      server.publish(good)
      try await withStream(server) { stream in
        stream.subscribe(ADSTypeURL.listener)
        stream.acknowledge(try await stream.next(ADSTypeURL.listener))
        try await eventually("the response is acknowledged") {
          server.observer.lines.contains { $0.hasPrefix("acknowledged listener") }
        }

        let bad = try Fixture.listener("listener~8080", port: 1)
        server.publish([good[0], bad])
        let message = "Error adding/updating listener(s) listener~8080: cannot bind"
        stream.refuse(try await stream.next(ADSTypeURL.listener), message)
        try await eventually("the refusal is heard") { !server.observer.rejections.isEmpty }
        let rejection = XDSRejection(
          gateway: server.gateway, node: "envoy", type: .listener, names: ["listener~8080"], message: message)
        #expect(server.observer.rejections == [rejection])
        #expect(server.store.rejections(for: server.gateway).map(\.name) == ["listener~8080"])

        // The refusing proxy is told what it keeps.
        let back = try await stream.next(ADSTypeURL.listener)
        #expect(back.resources.map(\.version) == [good[1].version])
        stream.acknowledge(back)

        try await withStream(server, node: "late") { late in
          late.subscribe(ADSTypeURL.listener)
          let response = try await late.next(ADSTypeURL.listener)
          #expect(Set(response.resources.map(\.version)) == Set(good.map(\.version)))
          late.acknowledge(response)

          let mended = try Fixture.listener("listener~8080", port: 8081)
          server.publish([good[0], mended])
          for proxy in [stream, late] {
            let response = try await proxy.next(ADSTypeURL.listener)
            #expect(response.resources.map(\.version) == [mended.version])
            proxy.acknowledge(response)
          }
          try await eventually("the Gateway has converged") { server.observer.count("converged ns/gw") == 1 }
          #expect(server.store.rejections(for: server.gateway).isEmpty)
        }
      }
    }
  }

  @Test("a new listener that is refused is taken out of what is served, the others go on")
  func refusalOfNew() async throws {
    try await ADSServer.with { server in
      let good = try Fixture.listener("listener~80")
      server.publish([good, try Fixture.listener("listener~81", port: 1)])
      try await withStream(server, .stateOfTheWorld) { stream in
        stream.subscribe(ADSTypeURL.listener)
        let first = try await stream.next(ADSTypeURL.listener)
        stream.refuse(first, "Error adding/updating listener(s) listener~81: no")
        let second = try await stream.next(ADSTypeURL.listener)
        #expect(second.names == ["listener~80"])
        stream.acknowledge(second)
        // The good one was taken with the refused response, and is what is fallen back to.
        server.publish([try Fixture.listener("listener~80", port: 1), try Fixture.listener("listener~81", port: 1)])
        stream.refuse(try await stream.next(ADSTypeURL.listener), "listener~80: no")
        let third = try await stream.next(ADSTypeURL.listener)
        #expect(third.version == second.version)
      }
    }
  }

  @Test("what a proxy has from before a restart is fallen back to when its change is refused, also for later proxies")
  func refusalAfterRestart() async throws {
    try await ADSServer.with { server in
      let configuration = try Fixture.configuration()
      server.publish(configuration)
      try await withStream(server) { stream in
        for type in ResourceType.allCases {
          let versions = configuration.filter { $0.type == type }.map { ($0.name, $0.version) }
          stream.subscribe(type.typeURL, to: ["*"], initialVersions: Dictionary(uniqueKeysWithValues: versions))
        }
        let version = configuration.first { $0.type == .listener }?.version
        try await eventually("the proxy's listener is known") {
          server.store.acceptedVersion(.listener, "listener~80", for: server.gateway) == version
        }
        server.publish(try Fixture.configuration(listenerPort: 1))
        stream.refuse(try await stream.next(ADSTypeURL.listener), "listener~80: no")
        let back = try await stream.next(ADSTypeURL.listener)
        #expect(back.resources.map(\.version) == [version])
        try await withStream(server, node: "late") { late in
          late.subscribe(ADSTypeURL.listener)
          let response = try await late.next(ADSTypeURL.listener)
          #expect(response.resources.map(\.version) == [version])
        }
      }
    }
  }

  // MARK: Bad clients

  @Test("a proxy without a Gateway in node.cluster is refused with what to do")
  func noGateway() async throws {
    try await ADSServer.with { server in
      try await ScriptedADSClient.with(port: server.port, on: server.group) { client in
        let stream = try await client.open(.delta, cluster: "ingress")
        stream.subscribe(ADSTypeURL.cluster)
        let error = await #expect(throws: ADSClientError.self) { try await stream.next() }
        guard case .ended(status: 3, let message) = error else {
          Issue.record("\(String(describing: error))")
          return
        }
        #expect(message.contains("NAMESPACE/NAME"))
      }
    }
  }

  @Test("nothing is served to a stream that is not authenticated", arguments: [ADSProtocol.delta, .stateOfTheWorld])
  func notAuthenticated(dialect: ADSProtocol) async throws {
    struct Nobody: StreamAuthenticator {
      func gateway(for node: Envoy_Config_Core_V3_Node, request: GRPCRequest) async throws(StreamRefusal) -> GatewayID {
        throw StreamRefusal(GRPCStatus(.unauthenticated, "a token is needed"))
      }
    }
    try await ADSServer.with(authenticator: Nobody()) { server in
      server.publish(try Fixture.configuration())
      try await withStream(server, dialect) { stream in
        stream.followEverything()
        await #expect(throws: ADSClientError.ended(status: 16, message: "a token is needed")) {
          try await stream.next()
        }
        #expect(server.observer.lines == [])
      }
    }
  }

  @Test("a first request without a node is refused")
  func noNode() async throws {
    try await ADSServer.with { server in
      try await withStream(server) { stream in
        stream.send(Envoy_Service_Discovery_V3_DeltaDiscoveryRequest.with { $0.typeURL = ADSTypeURL.cluster })
        let error = await #expect(throws: ADSClientError.self) { try await stream.next() }
        guard case .ended(status: 3, _) = error else {
          Issue.record("\(String(describing: error))")
          return
        }
      }
    }
  }

  @Test("what is not a request ends its stream, and only that")
  func garbage() async throws {
    try await ADSServer.with { server in
      server.publish(try Fixture.configuration())
      try await withStream(server) { good in
        good.followEverything()
        try await good.takeAll()
        try await withStream(server, node: "bad") { bad in
          bad.send([0xFF, 0xFF, 0xFF])
          let error = await #expect(throws: ADSClientError.self) { try await bad.next() }
          guard case .ended(status: 3, _) = error else {
            Issue.record("\(String(describing: error))")
            return
          }
        }
        server.publish(try Fixture.configuration(listenerPort: 81))
        _ = try await good.next(ADSTypeURL.listener)
      }
    }
  }

  @Test("too many names, and too long a request, end the stream as a resource that is exhausted")
  func limits() async throws {
    var limits = ADSService.Limits()
    limits.names = 3
    limits.requestLength = 1000
    try await ADSServer.with(limits: limits) { server in
      try await withStream(server) { stream in
        stream.subscribe(ADSTypeURL.endpoint, to: ["a", "b", "c", "d"])
        let error = await #expect(throws: ADSClientError.self) { try await stream.next() }
        guard case .ended(status: 8, _) = error else {
          Issue.record("\(String(describing: error))")
          return
        }
      }
      try await withStream(server) { stream in
        stream.subscribe(ADSTypeURL.endpoint, to: [String(repeating: "a", count: 1000)])
        let error = await #expect(throws: ADSClientError.self) { try await stream.next() }
        guard case .ended(status: 8, _) = error else {
          Issue.record("\(String(describing: error))")
          return
        }
      }
      #expect(server.store.snapshot(for: server.gateway) == nil)
    }
  }

  @Test("an unknown type is answered with nothing there, and the stream goes on")
  func unknownType() async throws {
    try await ADSServer.with { server in
      server.publish(try Fixture.configuration())
      try await withStream(server) { stream in
        let secret = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"
        stream.subscribe(secret, to: ["token"])
        let response = try await stream.next(secret)
        #expect(response.removed == ["token"])
        stream.refuse(response, "it has to be there")
        stream.followEverything()
        try await stream.takeAll()
      }
    }
  }

  @Test("a client that says it is done is let go")
  func end() async throws {
    try await ADSServer.with { server in
      server.publish(try Fixture.configuration())
      try await withStream(server) { stream in
        stream.followEverything()
        try await stream.takeAll()
        stream.sendEnd()
        try await eventually("the stream is closed") { server.observer.count("closed ns/gw envoy") == 1 }
      }
    }
  }
}
