import GRPCServer
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import RealComponents
import Testing

@Suite("The life of a connection")
struct ConnectionTests {
  private func open(_ path: String, on client: RawHTTP2Client) async throws -> RawStream {
    let stream = try await client.openStream()
    try await stream.send(headers: .request(path))
    return stream
  }

  @Test("a client that answers pings stays, however silent it is")
  func keepsSilentClient() async throws {
    try await withServer({
      $0.keepaliveInterval = .milliseconds(30)
      $0.keepaliveTimeout = .milliseconds(500)
    }) { server in
      let client = try await RawHTTP2Client.connect(port: server.port)
      let stream = try await open("/test.Test/Echo", on: client)
      try await eventually("ten pings came") { client.frames.now.pings >= 10 }
      try await stream.send(.framed("still here"))
      try await eventually("the echo came") { stream.log.now.data == .framed("still here") }
      await client.close()
    }
  }

  @Test("a connection outlives hundreds of calls that end badly, whoever ends them")
  func outlivesBadCalls() async throws {
    try await withServer { server in
      let client = try await RawHTTP2Client.connect(port: server.port)
      // Refused while the client has more to say.
      for number in 0..<300 {
        let stream = try await open("/test.Test/Nothing", on: client)
        try await eventually("call \(number) is refused", every: .milliseconds(1)) { stream.log.now.status == 12 }
        try? await stream.send(.framed("more"), endStream: true)
      }
      // Fewer than NIOHTTP2 takes for an attack in its time.
      for _ in 0..<150 {
        let stream = try await open("/test.Test/Hang", on: client)
        try await stream.reset(.cancel)
      }
      try await client.exchange()
      #expect(client.frames.now.goAways == [])
      await client.close()
    }
  }

  @Test("a client that answers no ping is closed, and its calls end")
  func closesDeadClient() async throws {
    try await withServer({
      $0.keepaliveInterval = .milliseconds(300)
      $0.keepaliveTimeout = .milliseconds(300)
    }) { server in
      // Speaks just enough HTTP/2 to open a call: preface, empty SETTINGS, one HEADERS frame; then never a word.
      let client = try await MuteClient.connect(port: server.port)
      try await client.write(MuteClient.greeting + MuteClient.request("/test.Test/Hang"))
      try await eventually("the call is open") { server.calls.now.opened == 1 }
      try await eventually("the connection is closed") { !client.channel.isActive }
      try await eventually("the call has ended") { server.calls.now.closed == 1 }
    }
  }

  @Test("a client that does not greet is closed when its time is over")
  func handshakeTimeout() async throws {
    try await withServer({ $0.handshakeTimeout = .milliseconds(100) }) { server in
      let silent = try await MuteClient.connect(port: server.port)
      try await eventually("the silent client is closed") { !silent.channel.isActive }
    }
  }

  @Test("bytes that are not HTTP/2 close their connection at once")
  func notHTTP2() async throws {
    try await withServer { server in
      let client = try await MuteClient.connect(port: server.port)
      try await client.write(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
      try await eventually("the connection is closed", within: .seconds(3)) { !client.channel.isActive }
    }
  }

  @Test("random bytes harm nobody else", arguments: 0..<20)
  func randomBytes(seed: Int) async throws {
    try await withServer { server in
      let good = try await RawHTTP2Client.connect(port: server.port)
      var random = SplitMix64(seed: UInt64(seed))
      let bad = try await MuteClient.connect(port: server.port)
      let opening =
        try seed.isMultiple(of: 2) ? MuteClient.greeting : MuteClient.greeting + MuteClient.request("/test.Test/Echo")
      // Frames of random type, flags and content, so that not only the first length is nonsense.
      var frames = ByteBuffer()
      for _ in 0..<20 {
        let length = Int.random(in: 0...60, using: &random)
        frames.writeBytes([
          0, 0, UInt8(length), .random(in: 0...10, using: &random), .random(in: 0...255, using: &random),
        ])
        frames.writeBytes([0, 0, 0, .random(in: 0...3, using: &random)])
        for _ in 0..<length { frames.writeInteger(UInt8.random(in: 0...255, using: &random)) }
      }
      try? await bad.write(opening + frames)
      try await good.exchange()
      try? await bad.channel.close()
      await good.close()
    }
  }

  @Test("a flood of pings closes its connection; a ping every now and then does not")
  func pingFlood() async throws {
    try await withServer({ $0.maximumControlFrames = 20 }) { server in
      let client = try await RawHTTP2Client.connect(port: server.port)
      for number in 1...10 { try await client.send(.ping(HTTP2PingData(withInteger: UInt64(number)), ack: false)) }
      try await eventually("the pings are answered") { client.frames.now.pingAnswers == 10 }
      #expect(!client.frames.now.isClosed)
      for number in 11...40 {
        try? await client.send(.ping(HTTP2PingData(withInteger: UInt64(number)), ack: false))
      }
      try await eventually("the flood is cut off") { client.frames.now.isClosed }
      #expect(client.frames.now.goAwayCodes.last == .enhanceYourCalm)
    }
  }

  @Test("an aged connection is asked to go; calls that end in time are not cut")
  func age() async throws {
    try await withServer({
      $0.maximumConnectionAge = .seconds(1)
      $0.maximumConnectionAgeGrace = .seconds(60)
    }) { server in
      let client = try await RawHTTP2Client.connect(port: server.port)
      let stream = try await open("/test.Test/Echo", on: client)
      try await eventually("both GOAWAYs came") { client.frames.now.goAways == [.maxID, 1] }
      try await stream.send(.framed("not yet"), endStream: true)
      try await eventually("the call has ended well") { stream.log.now.status == 0 }
      try await eventually("the connection is closed") { client.frames.now.isClosed }
    }
  }

  @Test("calls that go on after an aged connection's grace end with UNAVAILABLE")
  func ageGrace() async throws {
    try await withServer({
      $0.maximumConnectionAge = .seconds(1)
      $0.maximumConnectionAgeGrace = .milliseconds(100)
    }) { server in
      let client = try await RawHTTP2Client.connect(port: server.port)
      let stream = try await open("/test.Test/Hang", on: client)
      try await eventually("the connection is closed") { client.frames.now.isClosed }
      #expect(stream.log.now.status == 14)
      try await eventually("the handler is told") { server.calls.now.closed == 1 }
    }
  }

  @Test("a client may open as many calls as allowed and no more")
  func concurrentStreams() async throws {
    try await withServer({ $0.maximumConcurrentStreams = 3 }) { server in
      let client = try await RawHTTP2Client.connect(port: server.port)
      var streams: [RawStream] = []
      for _ in 0..<3 { streams.append(try await open("/test.Test/Echo", on: client)) }
      try await eventually("three calls are open") { server.calls.now.opened == 3 }
      // NIO's client holds the fourth back as told by the server's SETTINGS, until one of the three ends.
      let fourth = try await client.openStream()
      fourth.channel.writeAndFlush(
        HTTP2Frame.FramePayload.headers(.init(headers: .request("/test.Test/Echo"))), promise: nil)
      try await streams[0].send(ByteBuffer(), endStream: true)
      try await eventually("the fourth call is open") { server.calls.now.opened == 4 }
      #expect(server.calls.now.closed >= 1)
      await client.close()
    }
  }

  @Test("connections over the limit are refused, and there is room again when one goes")
  func connectionLimit() async throws {
    try await withServer({ $0.maximumConnections = 2 }) { server in
      let first = try await RawHTTP2Client.connect(port: server.port)
      let second = try await RawHTTP2Client.connect(port: server.port)
      _ = try await open("/test.Test/Hang", on: first)
      _ = try await open("/test.Test/Hang", on: second)
      try await eventually("both are served") { server.calls.now.opened == 2 }

      let refused = try await MuteClient.connect(port: server.port)
      try await eventually("the third is refused") { !refused.channel.isActive }

      await first.close()
      try await eventually("there is room for another") {
        let another = try await RawHTTP2Client.connect(port: server.port)
        try await another.openStream().send(headers: .request("/test.Test/Hang"))
        try await eventually("it is served", within: .milliseconds(500)) { server.calls.now.opened == 3 }
        await another.close()
        return true
      }
      await second.close()
    }
  }

  @Test("an address has so many connections and no more, and leaves the others theirs")
  func connectionsPerAddress() async throws {
    try await withServer({ $0.maximumConnectionsPerAddress = 2 }) { server in
      let first = try await RawHTTP2Client.connect(port: server.port)
      try await first.exchange()
      let second = try await RawHTTP2Client.connect(port: server.port)
      try await second.exchange()
      let refused = try await MuteClient.connect(port: server.port)
      try await eventually("the third is refused") { !refused.channel.isActive }
      let other = try await RawHTTP2Client.connect(port: server.port, from: "127.0.0.2")
      try await other.exchange()

      await first.close()
      try await eventually("there is room for another") {
        let another = try await RawHTTP2Client.connect(port: server.port)
        try await another.openStream().send(headers: .request("/test.Test/Hang"))
        try await eventually("it is served", within: .milliseconds(500)) { server.calls.now.opened == 1 }
        await another.close()
        return true
      }
      await second.close()
      await other.close()
    }
  }
}

/// A TCP client that writes what it is told and answers nothing.
struct MuteClient: Sendable {
  let channel: any Channel

  static func connect(port: Int) async throws -> MuteClient {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: port).get()
    return MuteClient(channel: channel)
  }

  func write(_ bytes: ByteBuffer) async throws {
    try await channel.writeAndFlush(bytes)
  }

  /// The connection preface of RFC 9113 section 3.4: the magic and an empty SETTINGS frame.
  static let greeting =
    ByteBuffer(string: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") + ByteBuffer(bytes: [0, 0, 0, 4, 0, 0, 0, 0, 0])

  /// A HEADERS frame of stream 1 that opens a call.
  static func request(_ path: String) throws -> ByteBuffer {
    var block = ByteBuffer()
    var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
    try encoder.encode(headers: .request(path), to: &block)
    var frame = ByteBuffer()
    frame.writeBytes([0, UInt8(block.readableBytes >> 8), UInt8(block.readableBytes & 0xFF)])
    // HEADERS, END_HEADERS, stream 1.
    frame.writeBytes([1, 4, 0, 0, 0, 1])
    return frame + block
  }
}
