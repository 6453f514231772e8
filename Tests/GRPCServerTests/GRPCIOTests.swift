import GRPCServer
import NIOCore
import NIOSSL
import RealComponents
import Testing

/// The server against grpcio, an implementation of gRPC that is not ours. `Python/client.py` has the scenarios.
@Suite("grpcio as the client", .serialized)
struct GRPCIOTests {
  private let python: String

  init() throws {
    python = try RealComponent.python.path()
  }

  private static let script = PackageRoot.path("Tests/GRPCServerTests/Python/client.py")

  /// What a scenario printed last.
  private func answer(
    to scenario: String, _ arguments: [String] = [], port: Int, host: String = "127.0.0.1"
  ) async throws -> String {
    let output = try await outputOfCommand(
      python, [Self.script, scenario, "\(host):\(port)"] + arguments, deadline: .seconds(60))
    return try #require(output.split(separator: "\n").last.map(String.init))
  }

  private func expect(
    _ scenario: String, _ arguments: [String] = [], port: Int, host: String = "127.0.0.1", gives expected: String,
    at location: SourceLocation = #_sourceLocation
  ) async throws {
    let answer = try await answer(to: scenario, arguments, port: port, host: host)
    #expect(answer == expected, sourceLocation: location)
  }

  @Test("a unary call")
  func unary() async throws {
    try await withServer { server in
      try await expect("unary", port: server.port, gives: #""hello""#)
    }
  }

  @Test("every status code arrives, with a message in any script")
  func statusCodes() async throws {
    try await withServer { server in
      let names = [
        "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
        "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
        "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
      ]
      let codes = names.enumerated().map {
        #""\#($0 + 1)": ["\#($1)", "Gr\u00f6\u00dfe 100% \u2602 \#($0 + 1)"]"#
      }
      let others = [
        #""throw": ["INTERNAL", "the method failed"]"#,
        #""unknown": ["UNIMPLEMENTED", "there is no method /test.Test/Nothing"]"#,
      ]
      let expected = "{" + (codes + others).joined(separator: ", ") + "}"
      try await expect("status", port: server.port, gives: expected)
    }
  }

  @Test("metadata arrives, repeated and binary too")
  func metadata() async throws {
    try await withServer { server in
      let answer = try await answer(to: "metadata", port: server.port)
      #expect(answer.contains(#""x-one": "first,second""#))
      #expect(answer.contains(#""x-raw-bin": "AP8""#))
      #expect(answer.contains(#""te": "trailers""#))
      #expect(answer.contains(#""user-agent": "grpc-python/"#))
    }
  }

  @Test("metadata over the limit is RESOURCE_EXHAUSTED")
  func largeMetadata() async throws {
    try await withServer { server in
      let answer = try await answer(to: "large_metadata", port: server.port)
      #expect(answer == #"["RESOURCE_EXHAUSTED", "the request's headers are over the limit of 16384 bytes"]"#)
    }
  }

  @Test("streaming in both directions at once")
  func bidirectional() async throws {
    try await withServer { server in
      try await expect("bidirectional", port: server.port, gives: #""OK""#)
      #expect(server.calls.now.messages == 100)
      #expect(server.calls.now.ends == 1)
    }
  }

  @Test("streaming requests with one response")
  func clientStreaming() async throws {
    try await withServer { server in
      try await expect("client_streaming", port: server.port, gives: #""500 124750""#)
    }
  }

  @Test("one request with streaming responses")
  func serverStreaming() async throws {
    try await withServer { server in
      let heads = (0..<200).reduce(0) { $0 + "\($1) ".utf8.count }
      try await expect("server_streaming", port: server.port, gives: #"[200, \#(1_000_000 + heads), "OK"]"#)
    }
  }

  @Test("a deadline")
  func deadline() async throws {
    try await withServer { server in
      let answer = try await answer(to: "deadline", port: server.port)
      #expect(answer == #"{"status": "DEADLINE_EXCEEDED", "waited": true}"#)
      try await eventually("the task is cancelled") { server.calls.now.cancelledTasks == 1 }
    }
  }

  @Test("a cancelled call ends for the handler")
  func cancel() async throws {
    try await withServer { server in
      try await expect("cancel", port: server.port, gives: #""CANCELLED""#)
      try await eventually("the handler is told") { server.calls.now.closed == 1 }
    }
  }

  @Test("large messages in both directions")
  func large() async throws {
    try await withServer({ $0.maximumMessageLength = 64 << 20 }) { server in
      try await expect("large", ["\(4 << 20)"], port: server.port, gives: "true")
      try await expect("large", ["\(48 << 20)"], port: server.port, gives: "true")
    }
  }

  @Test("a message over the limit is RESOURCE_EXHAUSTED")
  func tooLarge() async throws {
    try await withServer { server in
      let answer = try await answer(to: "too_large", ["\(8 << 20)"], port: server.port)
      #expect(answer == #"["RESOURCE_EXHAUSTED", "a message of 8388608 bytes is over the limit of 4194304 bytes"]"#)
    }
  }

  @Test("fifty streams on one connection")
  func manyStreams() async throws {
    try await withServer { server in
      try await expect("many_streams", ["50"], port: server.port, gives: "50")
      #expect(server.calls.now.opened == 50)
      #expect(server.calls.now.messages == 1000)
      #expect(server.calls.now.peers.count == 1)
    }
  }

  @Test("a client that pings every second keeps its idle stream")
  func keepalive() async throws {
    try await withServer({
      $0.keepaliveInterval = .milliseconds(500)
      $0.keepaliveTimeout = .seconds(2)
    }) { server in
      try await expect("keepalive", ["5"], port: server.port, gives: #"["before", "after", "OK"]"#)
    }
  }

  @Test("a graceful shutdown tells an endless call UNAVAILABLE")
  func gracefulShutdown() async throws {
    try await withServer { server in
      let arguments = [Self.script, "until_closed", "127.0.0.1:\(server.port)"]
      try await withProcess(python, arguments) { client in
        try await client.output.line("the call is open") { $0 == #""open""# }
        server.server.beginGracefulShutdown()
        try await client.waitForExit()
        #expect(
          client.output.lines.last == #"["UNAVAILABLE", "the server closes this connection; connect again"]"#)
      }
    }
  }

  @Test("TLS, negotiated by ALPN; plain text is not served beside it")
  func tls() async throws {
    try await withTemporaryFolder { folder in
      let tls = try await makeTLS(in: folder)
      try await withServer({ $0.tls = tls }) { server in
        let authority = ["--ca", folder.path("cert.pem")]
        try await expect("unary", authority, port: server.port, host: "localhost", gives: #""hello""#)
        try await expect("bidirectional", authority, port: server.port, host: "localhost", gives: #""OK""#)
        try await expect("large", authority + ["\(3 << 20)"], port: server.port, host: "localhost", gives: "true")
        let plain = try await answer(to: "plain_text", port: server.port)
        #expect(plain == #""UNAVAILABLE""# || plain == #""DEADLINE_EXCEEDED""#)
      }
    }
  }

  @Test("a graceful shutdown over TLS")
  func gracefulShutdownOverTLS() async throws {
    try await withTemporaryFolder { folder in
      let tls = try await makeTLS(in: folder)
      try await withServer({ $0.tls = tls }) { server in
        let arguments = [
          Self.script, "until_closed", "localhost:\(server.port)", "--ca", folder.path("cert.pem"),
        ]
        try await withProcess(python, arguments) { client in
          try await client.output.line("the call is open") { $0 == #""open""# }
          let start = ContinuousClock.now
          server.server.beginGracefulShutdown()
          await server.server.waitUntilClosed()
          #expect(Sanitizer.isOn || ContinuousClock.now - start < .seconds(1))
          try await client.waitForExit()
          #expect(client.output.lines.last?.hasPrefix(#"["UNAVAILABLE""#) == true)
        }
      }
    }
  }

  @Test("a server whose trust roots are missing does not start, and says why")
  func unusableTLS() async throws {
    try await withTemporaryFolder { folder in
      var tls = try await makeTLS(in: folder)
      tls.certificateVerification = .noHostnameVerification
      tls.trustRoots = .file(folder.path("missing.pem"))
      let error = await #expect(throws: GRPCServerError.self) {
        try await withServer({ $0.tls = tls }) { _ in }
      }
      guard case .unusableTLS? = error else {
        Issue.record("the error was \(String(describing: error))")
        return
      }
    }
  }

  /// A certificate for `localhost` that signs itself.
  private func makeTLS(in folder: TemporaryFolder) async throws -> TLSConfiguration {
    try await TestCertificate.make(in: folder).server
  }
}
