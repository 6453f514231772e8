import GRPCServer
import NIOCore
import NIOHPACK
import NIOHTTP2
import RealComponents
import Testing

@Suite("gRPC over HTTP/2 as a client sees it")
struct ProtocolTests {
  /// Sends a request in one go and returns what came back.
  private func response(
    to headers: HPACKHeaders, _ body: ByteBuffer? = nil, ends: Bool = true, from port: Int
  ) async throws -> StreamLog.Received {
    let client = try await RawHTTP2Client.connect(port: port)
    let stream = try await client.openStream()
    try await stream.send(headers: headers, endStream: ends && body == nil)
    // The server may have answered the headers already; then the stream takes no body any more.
    if let body { stream.enqueue(body, endStream: ends) }
    try await eventually("the stream ends") { stream.log.now.isClosed }
    await client.close()
    return stream.log.now
  }

  @Test("an answer is headers, framed messages, and trailers")
  func unary() async throws {
    try await withServer { server in
      let response = try await response(to: .request("/test.Test/Unary"), .framed("hello"), from: server.port)
      #expect(
        response.headers == [
          [":status": "200", "content-type": "application/grpc"], ["grpc-status": "0"],
        ])
      #expect(response.data == .framed("hello"))
      #expect(response.isEnded && response.resetCode == nil)
    }
  }

  @Test("an unknown method is UNIMPLEMENTED, in one block")
  func unknownMethod() async throws {
    try await withServer { server in
      let response = try await response(to: .request("/test.Test/Nothing"), .framed("x"), from: server.port)
      #expect(response.headers.count == 1)
      #expect(response.headers[0].first(name: ":status") == "200")
      #expect(response.status == 12)
      #expect(response.headers[0].first(name: "grpc-message") == "there is no method /test.Test/Nothing")
    }
  }

  @Test("a request that is not gRPC gets HTTP's 415")
  func notGRPC() async throws {
    try await withServer { server in
      var headers = HPACKHeaders.request("/test.Test/Unary")
      headers.replaceOrAdd(name: "content-type", value: "application/json")
      let response = try await response(to: headers, from: server.port)
      #expect(response.headers.first?.first(name: ":status") == "415")
    }
  }

  @Test("headers over gRPC's limit end their call, and the connection goes on")
  func headerLimit() async throws {
    try await withServer({ $0.maximumHeaderListLength = 4096 }) { server in
      let client = try await RawHTTP2Client.connect(port: server.port)
      try await client.exchange()
      var large = HPACKHeaders.request("/test.Test/Unary")
      large.add(name: "x", value: String(repeating: "v", count: 5000))
      let refused = try await client.openStream()
      try await refused.send(headers: large, endStream: true)
      try await eventually("the large request is answered") { refused.log.now.isClosed }
      #expect(refused.log.now.status == 8)

      try await client.exchange()
      await client.close()
    }
  }

  @Test("headers far over the limit end their connection")
  func hardHeaderLimit() async throws {
    try await withServer({ $0.maximumHeaderListLength = 4096 }) { server in
      let client = try await RawHTTP2Client.connect(port: server.port)
      try await client.exchange()
      var huge = HPACKHeaders.request("/test.Test/Unary")
      huge.add(name: "x", value: String(repeating: "v", count: 12000))
      try await client.openStream().send(headers: huge, endStream: true)
      try await eventually("the connection is closed") { client.frames.now.isClosed }
    }
  }

  @Test("a malformed header block resets its stream, and the connection goes on")
  func malformedHeaders() async throws {
    try await withServer { server in
      let client = try await RawHTTP2Client.connect(port: server.port)
      let malformed = try await client.openStream()
      try await malformed.send(headers: [":method": "POST", ":scheme": "http", "te": "trailers"], endStream: true)
      try await eventually("the stream is reset") { malformed.log.now.resetCode == .protocolError }

      try await client.exchange()
      await client.close()
    }
  }

  @Test("a compressed message is UNIMPLEMENTED, and identity is offered")
  func compressed() async throws {
    try await withServer { server in
      let response = try await response(to: .request("/test.Test/Echo"), .framed("x", flag: 1), from: server.port)
      #expect(response.status == 12)
      #expect(response.headers.last?.first(name: "grpc-accept-encoding") == "identity")
    }
  }

  @Test("a message over the limit is RESOURCE_EXHAUSTED before it has arrived, and the client may stop")
  func tooLong() async throws {
    try await withServer { server in
      let response = try await response(
        to: .request("/test.Test/Echo"), .framed("", length: 4 << 20 + 1), ends: false, from: server.port)
      #expect(response.status == 8)
      #expect(response.isEnded)
      #expect(response.resetCode == .noError)
      try await eventually("the handler is told") { server.calls.now.closed == 1 }
    }
  }

  @Test("messages that arrive byte by byte are answered the same")
  func byteByByte() async throws {
    try await withServer { server in
      let client = try await RawHTTP2Client.connect(port: server.port)
      let stream = try await client.openStream()
      try await stream.send(headers: .request("/test.Test/Echo"))
      var bytes = ByteBuffer.framed("one") + .framed("") + .framed("three")
      while let byte = bytes.readSlice(length: 1) { try await stream.send(byte) }
      try await stream.send(ByteBuffer(), endStream: true)
      try await eventually("the stream ends") { stream.log.now.isClosed }
      #expect(stream.log.now.data == .framed("one") + .framed("") + .framed("three"))
      #expect(stream.log.now.status == 0)
      await client.close()
    }
  }

  @Test("a unary method takes exactly one message")
  func cardinality() async throws {
    try await withServer { server in
      let none = try await response(to: .request("/test.Test/Unary"), from: server.port)
      #expect(none.status == 12)
      let two = try await response(
        to: .request("/test.Test/Unary"), .framed("a") + .framed("b"), from: server.port)
      #expect(two.status == 12)
    }
  }

  @Test("an error that is not a status becomes INTERNAL without its text")
  func thrownError() async throws {
    try await withServer { server in
      let response = try await response(to: .request("/test.Test/Throw"), .framed("x"), from: server.port)
      #expect(response.status == 13)
      #expect(response.headers.last?.first(name: "grpc-message") == "the method failed")
    }
  }

  @Test("a handler may refuse a call before it sees a message, and is told of the end once")
  func refusedAtOnce() async throws {
    try await withServer { server in
      let response = try await response(
        to: .request("/test.Test/RefuseAtOnce"), .framed("x"), ends: false, from: server.port)
      #expect(response.status == 7)
      #expect(response.headers.count == 1)
      try await eventually("the handler is told") { server.calls.now.closed == 1 }
      #expect(server.calls.now.messages == 0)
    }
  }

  @Test("a reset and a lost connection each end their call for the handler, once")
  func peerGoes() async throws {
    try await withServer { server in
      let client = try await RawHTTP2Client.connect(port: server.port)
      let reset = try await client.openStream()
      try await reset.send(headers: .request("/test.Test/Hang"))
      try await eventually("the call is open") { server.calls.now.opened == 1 }
      try await reset.reset(.cancel)
      try await eventually("the reset is noticed") { server.calls.now.closed == 1 }

      try await client.openStream().send(headers: .request("/test.Test/Hang"))
      try await client.openStream().send(headers: .request("/test.Test/Hang"))
      try await eventually("the calls are open") { server.calls.now.opened == 3 }
      await client.close()
      try await eventually("the loss is noticed") { server.calls.now.closed == 3 }
      #expect(server.calls.now.eventsAfterClosed == 0)
      #expect(server.calls.now.ends == 0)
    }
  }

  @Test("a deadline ends its call, and the task of a unary one")
  func deadline() async throws {
    try await withServer { server in
      var headers = HPACKHeaders.request("/test.Test/Sleep")
      headers.add(name: "grpc-timeout", value: "500m")
      let response = try await response(to: headers, .framed("x"), from: server.port)
      #expect(response.status == 4)
      try await eventually("the task is cancelled") { server.calls.now.cancelledTasks == 1 }
    }
  }

  @Test("a paused call takes no message until it is resumed")
  func paused() async throws {
    try await withServer { server in
      let client = try await RawHTTP2Client.connect(port: server.port)
      let stream = try await client.openStream()
      try await stream.send(headers: .request("/test.Test/Paused"))
      try await stream.send(.framed("one") + .framed("two"), endStream: true)
      try await eventually("the call is paused") { server.calls.now.messages == 1 }
      try await client.exchange()
      #expect(server.calls.now.messages == 1)
      server.calls.resume()
      try await eventually("the second message arrives") { server.calls.now.messages == 2 }
      try await client.exchange()
      #expect(server.calls.now.ends == 0)
      server.calls.resume()
      try await eventually("the stream ends") { stream.log.now.status == 0 }
      await client.close()
    }
  }
}
