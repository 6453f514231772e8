import Foundation
import RealComponents
import Testing

extension EndToEnd {
  @Suite("when a disk is full")
  struct FullDisk {
    @Test("the control plane whose log cannot be written serves on, takes changes, and ends when it is asked to")
    func log() async throws {
      try await LimitedControlPlane.withReady("exec > /dev/full 2> /dev/full") { plane in
        let listeners = try await plane.sample("kgateway_xds_resources{type=\"listener\"}")
        try plane.addGateway("second", port: try LoopbackPorts.free())
        try await eventually("a change is taken", within: EndToEnd.patience) {
          try await plane.sample("kgateway_xds_resources{type=\"listener\"}") == listeners + 1
        }
        #expect(plane.process.exitStatus == nil)
        try plane.process.send(.terminate)
        #expect(try await plane.process.waitForExit() == .exited(0))
        #expect(plane.process.errorOutput.text.isEmpty)
      }
    }

    @Test(
      "listeners that cannot be written down for Envoy's check are served unchecked, and nothing of them is left behind",
      .disabled(
        if: Sanitizer.isOfThreads, "the sanitizer itself writes a file as the program starts, and ends it if not")
    )
    func check() async throws {
      let envoy = try RealComponent.envoy.path()
      try await withTemporaryFolder { temporary in
        // No file may have a byte: as on a full disk, each write fails.
        let shell = "trap '' XFSZ; ulimit -f 0; export TMPDIR='\(temporary.path)'"
        try await LimitedControlPlane.withReady(shell, ["--validate-with-envoy", envoy]) { plane in
          try await plane.process.errorOutput.line("the log says so", within: EndToEnd.patience) {
            $0.contains("cannot write \(temporary.path)/kgateway-validate-")
          }
          try await eventually("the listener is served", within: EndToEnd.patience) {
            try await plane.sample("kgateway_xds_resources{type=\"listener\"}") > 0
          }
          let left = try FileManager.default.contentsOfDirectory(atPath: temporary.path)
          #expect(left.filter { $0.hasPrefix("kgateway-validate-") } == [])
        }
      }
    }
  }
}
