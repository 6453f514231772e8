import Foundation
import RealComponents

/// `kgateway standalone` without a proxy, started by a shell that first takes something from it.
struct LimitedControlPlane {
  let process: ChildProcess
  let manifests: TemporaryFolder
  let xdsPort: Int
  let metricsPort: Int
  let healthPort: Int

  /// Runs it for the time of the body, which begins when it is ready.
  ///
  /// - Parameters:
  ///   - shell: commands of the shell, as `ulimit -n 64`.
  ///   - arguments: to `kgateway standalone`, besides those that it always gets.
  static func withReady(
    _ shell: String, _ arguments: [String] = [], _ body: (LimitedControlPlane) async throws -> Void
  ) async throws {
    let program = try BuiltProduct.path("kgateway")
    try await withTemporaryFolder { folder in
      let ports = try LoopbackPorts.free(5)
      for (name, text) in try Examples.all(GatewayPorts(gateway: ports[3], backend: ports[4])) {
        try folder.write(text, to: name)
      }
      let addresses = zip(["--xds-address", "--metrics-address", "--health-address"], ports).flatMap {
        [$0, "127.0.0.1:\($1)"]
      }
      try await withProcess(
        "/bin/bash",
        ["-c", "\(shell)\nexec \"$0\" \"$@\"", program, "standalone", "--no-envoy", "--manifests", folder.path]
          + addresses + arguments
      ) { process in
        let plane = LimitedControlPlane(
          process: process, manifests: folder, xdsPort: ports[0], metricsPort: ports[1], healthPort: ports[2])
        try await plane.becomesReady()
        try await body(plane)
      }
    }
  }

  func becomesReady() async throws {
    try await eventually("/readyz answers 200; the log:\n\(process.errorOutput.tail(20))", within: EndToEnd.patience) {
      try await HTTPConnection.get(port: healthPort, "/readyz").status == 200
    }
  }

  /// The value of a sample, given with its labels as it stands in the exposition.
  func sample(_ name: String) async throws -> Double {
    let text = try await HTTPConnection.get(port: metricsPort, "/metrics").body
    let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
    return line.flatMap { $0.split(separator: " ").last }.flatMap { Double($0) } ?? -1
  }

  /// Adds a Gateway, with a port of its own.
  func addGateway(_ name: String, port: Int) throws {
    let text = try Examples.text("gateway.yaml").replacing("port: 8080", with: "port: \(port)")
      .replacing("name: agentgateway-proxy", with: "name: \(name)")
    try manifests.write(text, to: "\(name).yaml")
  }
}

extension ProcessTable {
  /// How many files and connections a process has open.
  static func openDescriptors(of id: Int32) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd").count
  }

  /// The processor time that a process has used, in seconds.
  static func processorTime(of id: Int32) throws -> Double {
    let text = try String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)
    guard let end = text.lastIndex(of: ")") else { return 0 }
    // After the name: user time and system time are the 12th and 13th, in hundredths of a second on every Linux.
    let fields = text[end...].dropFirst().split(separator: " ")
    return fields.count > 12 ? ((Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)) / 100 : 0
  }

  /// The most memory that a process had at any time (`VmHWM`), in bytes.
  static func peakMemory(of id: Int32) throws -> Int { try memory("VmHWM", of: id) }

  /// The memory that a process has for itself (`RssAnon`), in bytes: what a limit cannot take away from it, as it can
  /// the pages of programs and libraries.
  static func anonymousMemory(of id: Int32) throws -> Int { try memory("RssAnon", of: id) }

  private static func memory(_ field: String, of id: Int32) throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.hasPrefix(field + ":") }
    let kibibytes = line.flatMap { $0.split(whereSeparator: \.isWhitespace).dropFirst().first }.flatMap { Int($0) }
    return (kibibytes ?? 0) << 10
  }
}
