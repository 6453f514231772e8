import NIOCore
import NIOPosix
import RealComponents
import Testing

extension EndToEnd {
  @Suite("when there are few file descriptors")
  struct DescriptorLimit {
    private static let limit = 64

    @Test("clients that connect to all ports leave the control plane enough to work with, and it serves on after them")
    func flooded() async throws {
      try await LimitedControlPlane.withReady("ulimit -n \(Self.limit)") { plane in
        let id = try #require(plane.process.id)
        #expect(try await plane.sample("process_max_fds") == Double(Self.limit))
        let listeners = try await plane.sample("kgateway_xds_resources{type=\"listener\"}")
        #expect(listeners > 0)

        let clients = try await Self.connect(100, to: plane.xdsPort) + Self.connect(100, to: plane.healthPort)
        let before = try ProcessTable.processorTime(of: id)
        // What comes meanwhile is served: the folder is read, the metrics have a port of their own.
        try plane.addGateway("second", port: try LoopbackPorts.free())
        try await eventually("the new Gateway is there", within: EndToEnd.patience) {
          try await plane.sample("kgateway_xds_resources{type=\"listener\"}") == listeners + 1
        }
        #expect(try ProcessTable.openDescriptors(of: id) < Self.limit)
        let used = try ProcessTable.processorTime(of: id) - before
        #expect(used < 3, "\(used) s of processor time")
        #expect(plane.process.exitStatus == nil)

        for client in clients { client.close(promise: nil) }
        try await plane.becomesReady()
        #expect(!plane.process.errorOutput.text.contains("removed"), "\(plane.process.errorOutput.text)")
      }
    }

    /// Connections that say nothing; the system takes them whether or not the server does.
    private static func connect(_ count: Int, to port: Int) async throws -> [any Channel] {
      var channels: [any Channel] = []
      for _ in 0..<count {
        channels.append(
          try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(
            host: "127.0.0.1", port: port
          ).get())
      }
      return channels
    }
  }
}
