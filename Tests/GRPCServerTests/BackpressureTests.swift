import GRPCServer
import NIOCore
import NIOHPACK
import NIOHTTP2
import RealComponents
import Testing

@Suite("Clients that do not keep up")
struct BackpressureTests {
  @Test("a client that does not read stops the handler, and gets everything when it reads again")
  func slowReader() async throws {
    try await withServer { server in
      let client = try await RawHTTP2Client.connect(port: server.port)
      let stream = try await client.openStream(reads: false)
      try await stream.send(headers: .request("/test.Test/Repeat"))
      try await stream.send(.framed("1000 10000"), endStream: true)
      // HTTP/2's default window is 65,535 bytes; beside it only what the handler sent before it was told to stop.
      try await eventually("the handler is stopped") { server.calls.now.messagesSent >= 6 }
      #expect(server.calls.now.messagesSent <= 10)
      let changes = server.calls.now.writabilityChanges

      try await stream.startReading()
      try await eventually("all has arrived") { stream.log.now.isClosed }
      #expect(server.calls.now.messagesSent == 1000)
      #expect(server.calls.now.writabilityChanges > changes)
      #expect(stream.log.now.status == 0)
      // Each message: 5 bytes of prefix, the head (a number and a space), the shared body.
      let heads = (0..<1000).reduce(0) { $0 + "\($1) ".utf8.count }
      #expect(stream.log.now.bytes == 1000 * 10_005 + heads)
      await client.close()
    }
  }

  @Test("while a call is paused, the client can send no more than its window")
  func pausedReader() async throws {
    try await withServer({ $0.receiveWindow = 64 << 10 }) { server in
      let client = try await RawHTTP2Client.connect(port: server.port)
      let stream = try await client.openStream()
      try await stream.send(headers: .request("/test.Test/Paused"))
      try await stream.send(.framed("wait"))
      try await eventually("the call is paused") { server.calls.now.messages == 1 }
      stream.enqueue(.framed(String(repeating: "x", count: 1 << 20)))
      try await client.exchange()
      // The client is stuck with what did not fit the window.
      #expect(!stream.channel.isWritable)
      server.calls.resume()
      try await eventually("the message arrives after all") { server.calls.now.messages == 2 }
      await client.close()
    }
  }

  @Test("a handler that receives only while it can send holds little of a client that only sends")
  func boundedEcho() async throws {
    try await withServer({ $0.receiveWindow = 64 << 10 }) { server in
      let client = try await RawHTTP2Client.connect(port: server.port)
      let stream = try await client.openStream(reads: false)
      try await stream.send(headers: .request("/test.Test/BoundedEcho"))
      let message = ByteBuffer.framed(String(repeating: "e", count: 10_000))
      for _ in 0..<100 { stream.enqueue(message) }
      stream.enqueue(ByteBuffer(), endStream: true)
      try await eventually("the handler is stopped") { server.calls.now.messages >= 6 }
      try await client.exchange()
      #expect(server.calls.now.messages <= 10)

      try await stream.startReading()
      try await eventually("all came back") { stream.log.now.isClosed }
      #expect(stream.log.now.bytes == 100 * message.readableBytes)
      #expect(stream.log.now.status == 0)
      await client.close()
    }
  }

  @Test("a deadline resets the stream of a client that does not read")
  func deadlineOfSlowReader() async throws {
    try await withServer { server in
      let client = try await RawHTTP2Client.connect(port: server.port)
      let stream = try await client.openStream(reads: false)
      var headers = HPACKHeaders.request("/test.Test/Repeat")
      headers.add(name: "grpc-timeout", value: "200m")
      try await stream.send(headers: headers)
      // On a busy machine the deadline may come first.
      stream.enqueue(.framed("1000 10000"), endStream: true)
      try await eventually("the handler is told") { server.calls.now.closed == 1 }
      try await eventually("the stream is reset") { stream.log.now.resetCode == .cancel }
      await client.close()
    }
  }
}
