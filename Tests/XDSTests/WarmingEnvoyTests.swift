import NIOPosix
import RealComponents
import Testing

@testable import XDS

/// Envoy takes requests of a new cluster only when it has heard of its endpoints, or after `initial_fetch_timeout`, 15 s.
/// As long as one waits, it neither acknowledges clusters nor asks for them on a new stream.
@Suite("A real Envoy with a cluster that waits for its endpoints", .serialized)
struct WarmingEnvoyTests {
  @Test("answers all requests when its control plane is replaced meanwhile, and soon has what is newest")
  func replaced() async throws {
    let port = try LoopbackPorts.free()
    try await EnvoyProxy.with(port: port, apiType: "DELTA_GRPC") { envoy in
      let group = MultiThreadedEventLoopGroup.singleton
      let before = try envoy.configuration(service: "a")
      let cluster = try Fixture.cluster("a~variant", endpoints: "a")
      try await ScriptedADSServer.with(before, port: port) { scripted in
        try await eventually("it serves") { try await envoy.request("/ready", on: group).hasPrefix("HTTP/1.1 200") }
        scripted.push(cluster)
        try await eventually("the new cluster waits") {
          try await envoy.admin("/config_dump?resource=dynamic_warming_clusters", on: group).contains("a~variant")
        }
      }
      try await ADSServer.with(port: port) { server in
        let load = Load(envoy: envoy, group: group)
        async let failures = load.run()
        server.publish([cluster, before[1], before[2], try Fixture.route("route~80", to: "a~variant")])
        try await eventually("it has everything", within: .seconds(12)) {
          let clusters = try await envoy.admin("/clusters", on: group)
          return clusters.contains("a~variant::") && !clusters.contains("a::")
        }
        load.stop()
        #expect(try await failures == [])
        #expect(server.observer.rejections == [])
      }
    }
  }
}
