import EnvoyAPI
import NIOCore
import RealComponents
import ScriptedADSClient
import SwiftProtobuf
import Synchronization
import Testing

@testable import XDS

/// Requests one after the other.
final class Load: Sendable {
  private let envoy: EnvoyProxy
  private let group: any EventLoopGroup
  private let isStopped = Mutex(false)

  init(envoy: EnvoyProxy, group: any EventLoopGroup) {
    self.envoy = envoy
    self.group = group
  }

  func stop() {
    isStopped.withLock { $0 = true }
  }

  /// The answers other than 200 until it is stopped.
  func run() async throws -> [String] {
    var failures: [String] = []
    while !isStopped.withLock({ $0 }) {
      let answer = try await envoy.request("/ready", on: group)
      if !answer.hasPrefix("HTTP/1.1 200") { failures.append(answer) }
    }
    return failures
  }
}

@Suite("A real Envoy", .serialized)
struct EnvoyTests {
  static let apiTypes = ["DELTA_GRPC", "GRPC"]

  @Test("serves what it gets over ADS, and takes changes of endpoints, clusters and listeners", arguments: apiTypes)
  func serve(apiType: String) async throws {
    try await ADSServer.with { server in
      try await EnvoyProxy.with(server, apiType: apiType) { envoy in
        // It starts before its Gateway is known.
        try await eventually("Envoy has opened its stream") { server.observer.count("opened ns/gw envoy") == 1 }
        var configuration = try envoy.configuration(service: "a")
        configuration[1] = try Fixture.endpoints("a", port: 1)
        server.publish(configuration)
        try await eventually("the route leads to a dead endpoint") {
          try await envoy.request("/ready", on: server.group).hasPrefix("HTTP/1.1 503")
        }
        server.store.update(
          [try Fixture.endpoints("a", port: UInt32(envoy.adminPort))], for: server.gateway, changedAt: .now)
        try await eventually("the route leads to a live endpoint") {
          try await envoy.request("/ready", on: server.group).hasPrefix("HTTP/1.1 200")
        }

        // A changed cluster is warmed only when its endpoints come again, which did not change.
        server.publish(try envoy.configuration(service: "a", connectTimeout: 7))
        try await eventually("the changed cluster is in use", within: .seconds(8)) {
          let dump = try await envoy.admin("/config_dump?resource=dynamic_active_clusters", on: server.group)
          return dump.contains(#""connect_timeout": "7s""#)
        }
        #expect(server.observer.rejections == [])
        #expect(try await envoy.request("/ready", on: server.group).hasPrefix("HTTP/1.1 200"))
      }
      try await eventually("its stream is closed") { server.observer.count("closed ns/gw envoy") == 1 }
    }
  }

  @Test("answers every request while the service behind its route is replaced again and again", arguments: apiTypes)
  func replaceUnderLoad(apiType: String) async throws {
    try await ADSServer.with { server in
      try await EnvoyProxy.with(server, apiType: apiType) { envoy in
        server.publish(try envoy.configuration(service: "s0"))
        try await eventually("it serves") {
          try await envoy.request("/ready", on: server.group).hasPrefix("HTTP/1.1 200")
        }
        let load = Load(envoy: envoy, group: server.group)
        async let failures = load.run()
        for number in 1...15 {
          server.publish(try envoy.configuration(service: "s\(number)"))
          try await eventually("change \(number) is acknowledged") {
            server.observer.count("converged ns/gw") == number
          }
        }
        load.stop()
        #expect(try await failures == [])
        let clusters = try await envoy.admin("/clusters", on: server.group)
        #expect(clusters.contains("s15::"))
        #expect(!clusters.contains("s14::"))
        #expect(server.observer.rejections == [])
      }
    }
  }

  @Test("names the listener that it refuses, and goes on with the others", arguments: apiTypes)
  func refuse(apiType: String) async throws {
    try await ADSServer.with { server in
      try await EnvoyProxy.with(server, apiType: apiType) { envoy in
        let good = try envoy.configuration(service: "a")
        server.publish(good)
        try await eventually("it serves") {
          try await envoy.request("/ready", on: server.group).hasPrefix("HTTP/1.1 200")
        }
        let port = try LoopbackPorts.free()
        let bad = try envoy.listener(
          "listener~8080", port: port, route: "route~80", filter: "type.googleapis.com/no.Such")
        server.publish(good + [bad])
        try await eventually("the refusal is heard") { !server.observer.rejections.isEmpty }
        #expect(server.observer.rejections.map(\.names) == [["listener~8080"]])
        #expect(server.observer.rejections.first?.message.contains("no.Such") == true)
        #expect(server.store.rejections(for: server.gateway).map(\.isWithheld) == [true])
        #expect(try await envoy.request("/ready", on: server.group).hasPrefix("HTTP/1.1 200"))

        server.publish(good + [try envoy.listener("listener~8080", port: port, route: "route~80")])
        try await eventually("the mended listener is there") {
          try await envoy.admin("/listeners", on: server.group).contains("listener~8080")
        }
        #expect(server.store.rejections(for: server.gateway).isEmpty)
      }
    }
  }

  @Test("gets the others of a response that it refuses whole because one is malformed")
  func malformed() async throws {
    try await ADSServer.with { server in
      try await EnvoyProxy.with(server, apiType: "DELTA_GRPC") { envoy in
        let before = try envoy.configuration(service: "a")
        server.publish(before)
        try await eventually("it serves") {
          try await envoy.request("/ready", on: server.group).hasPrefix("HTTP/1.1 200")
        }
        var message = try Envoy_Config_Cluster_V3_Cluster(serializedBytes: before[0].bytes)
        message.name = "malformed"
        // There is no such policy; and names of others in its fields do not make these malformed.
        message.altStatName = "b"
        message.lbPolicy = .UNRECOGNIZED(99)
        let malformed = try EncodedResource(type: .cluster, name: "malformed", message: message)
        server.publish(try envoy.configuration(service: "b") + [malformed])
        try await eventually("the other new cluster is there") {
          try await envoy.admin("/clusters", on: server.group).contains("b::")
        }
        #expect(server.observer.rejections.map(\.names) == [["malformed"]])
        #expect(server.store.rejections(for: server.gateway).map(\.name) == ["malformed"])
        #expect(try await envoy.request("/ready", on: server.group).hasPrefix("HTTP/1.1 200"))
      }
    }
  }

  @Test("comes back when its stream was cut, and is sent nothing that it has", arguments: apiTypes)
  func comeBack(apiType: String) async throws {
    try await ADSServer.with { server in
      try await EnvoyProxy.with(server, apiType: apiType) { envoy in
        server.publish(try envoy.configuration(service: "a"))
        try await eventually("it serves") {
          try await envoy.request("/ready", on: server.group).hasPrefix("HTTP/1.1 200")
        }
        let acknowledged = { server.observer.lines.count { $0.hasPrefix("acknowledged") } }
        try await eventually("everything is acknowledged") { acknowledged() == 4 }
        try await server.restart()
        try await eventually("it has come back", within: .seconds(20)) {
          server.observer.count("opened ns/gw envoy") == 2
        }
        let pushed = server.observer.lines.count { $0.hasPrefix("pushed") }
        server.publish(try envoy.configuration(service: "a", connectTimeout: 8))
        try await eventually("a change comes through") { server.observer.count("converged ns/gw") == 1 }
        // The changed cluster and its endpoints, and nothing of what was there before.
        #expect(server.observer.lines.count { $0.hasPrefix("pushed") } - pushed == 2)
      }
    }
  }
}
