import Fuzzing
import Logging
import NIOCore
import NIOEmbedded
import RealComponents
import Testing

@testable import GRPCServer

@Suite("Fuzzing gRPC connections", .serialized)
struct ConnectionFuzzTests {
  /// Methods that answer on the connection's own event loop: the embedded one knows no other threads.
  private static func router(_ calls: CallLog) -> GRPCRouter {
    var router = GRPCRouter()
    router.stream("/test.Test/Echo") { EchoHandler(call: $0, calls: calls) }
    router.stream("/test.Test/BoundedEcho") { BoundedEchoHandler(call: $0, calls: calls) }
    router.stream("/test.Test/Count") { CountHandler(call: $0, calls: calls) }
    router.stream("/test.Test/Hang") { LoggingHandler(call: $0, calls: calls) }
    router.stream("/test.Test/Paused") { PausedHandler(call: $0, calls: calls) }
    router.stream("/test.Test/RefuseAtOnce") {
      $0.finish(GRPCStatus(.permissionDenied, "not you"))
      return LoggingHandler(call: $0, calls: calls)
    }
    return router
  }

  @Test("whatever comes in whatever pieces, each call that begins ends once, and little is sent")
  func embedded() throws {
    let findings = Fuzzer("grpc", cases: 1_500).run(HTTP2Bytes.random) { input, random in
      let calls = CallLog()
      let sent = try Self.feed(random.cut(input.bytes), calls)
      let counts = calls.now
      guard counts.opened == counts.closed else { return .fault("\(counts.opened) begun, \(counts.closed) ended") }
      guard counts.eventsAfterClosed == 0 else { return .fault("a call hears something after its end") }
      // A call is answered with a few hundred bytes, and what it sent; each piece may get an answer of HTTP/2's own.
      let limit = 2_000 + 80 * input.bytes.count
      guard sent <= limit else { return .fault("\(sent) bytes are sent for \(input.bytes.count)") }
      return counts.messages > 0 ? .accepted : .refused
    }
    #expect(findings == [])
  }

  /// Sends the pieces to a connection of its own, ends it, and returns how many bytes it sent.
  private static func feed(_ pieces: [[UInt8]], _ calls: CallLog) throws -> Int {
    let channel = EmbeddedChannel()
    var configuration = GRPCServer.Configuration(host: "", port: 0)
    configuration.maximumMessageLength = 2_000
    let timer = channel.eventLoop.scheduleTask(in: .hours(1)) {}
    let connection = GRPCConnectionHandler(
      configuration: configuration, eventLoop: channel.eventLoop, handshakeTimer: timer,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, isShuttingDown: { false })
    try GRPCPipeline.configure(
      channel, connection: connection, configuration: configuration, router: router(calls))
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    var sent = 0
    for piece in pieces where channel.isActive {
      // An error is what damaged bytes are for; the handlers have seen it before it comes here.
      _ = try? channel.writeInbound(ByteBuffer(bytes: piece))
      channel.embeddedEventLoop.run()
      while let bytes = try channel.readOutbound(as: ByteBuffer.self) { sent += bytes.readableBytes }
    }
    _ = try? channel.finish(acceptAlreadyClosed: true)
    channel.embeddedEventLoop.run()
    return sent
  }

  @Test("over real connections the server stays able to serve, and lets go of each")
  func real() async throws {
    try await withServer { server in
      let findings = await Fuzzer("grpc-connection", cases: 200, limit: .seconds(5)).run(HTTP2Bytes.random) {
        input, random in
        let (answer, _) = try await LoopbackExchange.send(
          random.chance(50) ? [input.bytes] : random.cut(input.bytes), toPort: server.port, within: .milliseconds(10))
        return answer.isEmpty ? .refused : .accepted
      }
      #expect(findings == [])
      let client = try await RawHTTP2Client.connect(port: server.port)
      try await client.exchange()
      await client.close()
      try await eventually("all calls have ended") { server.calls.now.opened == server.calls.now.closed }
    }
  }

  @Test("messages come out the same however their bytes are cut")
  func deframer() {
    let mutator = ByteMutator(
      corpus: [
        [0, 0, 0, 0, 0], [0, 0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0, 1, 9], [1, 0, 0, 0, 1, 7], [0, 0xFF, 0xFF, 0xFF, 0xFF],
      ],
      dictionary: ["\u{0}\u{0}\u{0}\u{0}\u{1}a", "\u{0}\u{0}\u{0}\u{0}\u{0}"])
    let findings = Fuzzer("grpc-frames", cases: 3_000).run(mutator.mutant) { bytes, random in
      let whole = Self.steps([bytes])
      guard whole == Self.steps(random.cut(bytes)) else { return .fault("it depends on the cuts") }
      return whole.contains { if case .refused = $0 { true } else { false } } ? .refused : .accepted
    }
    #expect(findings == [])
  }

  private static func steps(_ pieces: [[UInt8]]) -> [GRPCMessageDeframer.Step] {
    var deframer = GRPCMessageDeframer(maximumMessageLength: 5_000)
    var steps: [GRPCMessageDeframer.Step] = []
    for piece in pieces {
      deframer.append(ByteBuffer(bytes: piece))
      cutting: while true {
        let step = deframer.next()
        switch step {
        case .message: steps.append(step)
        case .incomplete: break cutting
        case .refused: return steps + [step]
        }
      }
    }
    return steps + (deframer.holdsPartialMessage ? [.incomplete] : [])
  }

  @Test("timeouts are well-formed times or nothing")
  func timeouts() {
    let mutator = ByteMutator(
      corpus: ["1S", "99999999H", "0n", "12345678m"], dictionary: ["H", "M", "S", "m", "u", "n", "-", "+", "9"])
    let findings = Fuzzer("grpc-timeout", cases: 2_000).run {
      String(decoding: mutator.mutant(using: &$0), as: UTF8.self)
    } check: {
      text, _ in
      guard let timeout = GRPCTimeout.parse(text) else { return .refused }
      return timeout >= .zero && timeout <= GRPCTimeout.longest && text.utf8.count <= 9
        ? .accepted : .fault("\(timeout)")
    }
    #expect(findings == [])
  }
}
