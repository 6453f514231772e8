import ALSSink
import EnvoyAPI
import KubernetesAPI
import OTLPSink
import RealComponents
import Translator

/// A real Envoy that runs what the translator makes of policies as users write them, between an upstream and receivers
/// of telemetry in the process of the test. Many Gateways are in one Envoy, so that many policies take one start.
struct PolicyBed: Sendable {
  let envoy: ChildProcess
  /// For files that policies name as `${folder}/NAME`.
  let folder: TemporaryFolder
  let upstream: RawUpstream
  let als: ALSSink
  let otlp: OTLPSink
  let ports: PolicyPorts

  /// Why the Envoy does not run.
  struct Unusable: Error, CustomStringConvertible {
    let description: String
  }

  /// Starts an Envoy with a Gateway for each policy, of the same name.
  ///
  /// - Parameters:
  ///   - policies: the policies' specs, without targets, by name.
  ///   - arrange: changes what Envoy starts with.
  static func run(
    _ policies: KeyValuePairs<String, String>, environment: [String: String?] = [:],
    arrange: (inout Envoy_Config_Bootstrap_V3_Bootstrap) throws -> Void = { _ in },
    _ body: (PolicyBed) async throws -> Void
  ) async throws {
    let manifests = policies.map { PolicyManifests.gateway($0) + PolicyManifests.policy($0, on: $0, $1) }
    try await run(manifests: manifests, environment: environment, arrange: arrange, body)
  }

  /// Starts an Envoy with several Gateways.
  ///
  /// - Parameter manifests: of each, the Gateway and its routes and policies.
  static func run(
    manifests: [String], environment: [String: String?] = [:],
    arrange: (inout Envoy_Config_Bootstrap_V3_Bootstrap) throws -> Void = { _ in },
    _ body: (PolicyBed) async throws -> Void
  ) async throws {
    let (als, otlp) = (try await ALSSink.start(), try await OTLPSink.start())
    do {
      try await RawUpstream.with { upstream in
        try await withTemporaryFolder { folder in
          var ports = try PolicyPorts(upstream: upstream.port, als: als, otlp: otlp)
          var bootstrap = try PolicyManifests.bootstrap(manifests, folder: folder, &ports)
          try arrange(&bootstrap)
          let file = try folder.write(JSONText.encode(try MessageDocument.value(of: bootstrap)), to: "bootstrap.json")
          let arguments = [
            "-c", file, "--use-dynamic-base-id", "--concurrency", "1", "-l", "warn", "--file-flush-interval-msec", "20",
          ]
          try await withProcess(
            try RealComponent.envoy.path(), arguments, settings: ProcessSettings(environment: environment)
          ) { envoy in
            let bed = PolicyBed(
              envoy: envoy, folder: folder, upstream: upstream, als: als, otlp: otlp, ports: ports)
            try await bed.waitUntilServing()
            try await body(bed)
          }
        }
      }
    } catch {
      await als.stop()
      await otlp.stop()
      throw error
    }
    await als.stop()
    await otlp.stop()
  }

  private func waitUntilServing() async throws {
    try await eventually("Envoy listens", within: EndToEnd.patience) {
      if envoy.exitStatus != nil { return true }
      return try await HTTPConnection.get(port: ports.admin, "/ready").status == 200
    }
    if let status = envoy.exitStatus {
      throw Unusable(description: "Envoy ended: \(status)\n\(envoy.errorOutput.tail(20))")
    }
  }
}

// MARK: What a test does with it

extension PolicyBed {
  /// Sends a request on a connection of its own.
  ///
  /// - Parameter port: the name of the Gateway, or of another port of the manifests.
  @discardableResult
  func send(
    _ port: String, _ path: String, method: String = "GET", headers: [(String, String)] = [],
    host: String = "shop.example", body: String = ""
  ) async throws -> RawAnswer {
    let fields =
      headers.map { "\($0): \($1)\r\n" }.joined() + (body.isEmpty ? "" : "content-length: \(body.utf8.count)\r\n")
    return try await RawConnection.with(port: ports[port]) { connection in
      try await connection.send(
        "\(method) \(path) HTTP/1.1\r\nhost: \(host)\r\nconnection: close\r\n\(fields)\r\n\(body)")
      return try await connection.readAnswer()
    }
  }

  /// Calls a method of a gRPC service behind Envoy, which answers with trailers, without saying anything.
  func call(_ port: String, _ method: String = "Export") async throws {
    try await send(
      port, "/opentelemetry.proto.collector.trace.v1.TraceService/\(method)", method: "POST",
      headers: [("content-type", "application/grpc"), ("te", "trailers")], body: "\0\0\0\0\0")
  }

  /// The lines of a log in the folder; waits until one is as wanted.
  func lines(of file: String, until isWanted: (String) -> Bool) async throws -> [String] {
    var lines: [String] = []
    do {
      try await eventually("\(file) has the line", within: EndToEnd.patience) {
        lines = try folder.read(file).split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(
          String.init)
        return lines.contains(where: isWanted)
      }
    } catch {
      throw Unusable(description: "\(error); \(file) has: \(lines)")
    }
    return lines
  }

  /// The value of one of Envoy's counters; nil for one that is not there.
  func counter(_ name: String) async throws -> Int? {
    let text = try await HTTPConnection.get(port: ports.admin, "/stats?filter=%5E\(name)$").body
    return text.split(separator: ":").last.flatMap { Int($0.trimmingPrefix(" ").prefix { $0.isNumber }) }
  }
}
