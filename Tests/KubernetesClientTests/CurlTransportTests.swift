import KubernetesClient
import RealComponents
import Synchronization
import Testing

@Suite("The transport on libcurl", .timeLimit(.minutes(1)))
struct CurlTransportTests {
  typealias Requests = Mutex<[LocalHTTPServer.Request]>

  func transport(
    _ address: String, version: CurlTransport.Configuration.HTTPVersion = .http1
  ) throws -> CurlTransport {
    try CurlTransport(
      CurlTransport.Configuration(
        server: try #require(ServerAddress(address)), userAgent: "kgateway/test", version: version))
  }

  /// Status, headers and the whole body.
  func exchange(
    _ transport: CurlTransport, _ request: HTTPRequest
  ) async throws -> (head: HTTPResponseHead, body: String) {
    try await transport.perform(request) { head, body in
      var bytes: [UInt8] = []
      while let chunk = try await body.next() { bytes += chunk }
      return (head, String(decoding: bytes, as: UTF8.self))
    }
  }

  func get(_ path: String = "/x", idle: Duration? = nil, total: Duration? = nil) -> HTTPRequest {
    HTTPRequest(.get, path: path, timeouts: HTTPRequest.Timeouts(total: total, idle: idle))
  }

  // MARK: Requests and answers

  @Test("a request arrives as it was made, and the answer comes back whole")
  func exchange() async throws {
    let requests = Requests([])
    let server = try LocalHTTPServer { connection in
      while let request = connection.readRequest() {
        requests.withLock { $0.append(request) }
        connection.write("HTTP/1.1 404 Not Found\r\nRetry-After:  7 \r\nContent-Length: 4\r\n\r\nnone")
      }
    }
    let transport = try transport(server.address)
    let request = HTTPRequest(
      .patch, path: "/apis/x", query: [HTTPRequest.Field("fieldManager", "a b")],
      headers: [HTTPRequest.Field("Content-Type", "application/apply-patch+yaml")], body: Array("{}".utf8))
    let answer = try await exchange(transport, request)
    #expect(answer.head.status == 404)
    #expect(answer.head.headers["retry-after"] == "7")
    #expect(answer.body == "none")
    let first = requests.withLock(\.first)
    let seen = try #require(first)
    #expect(seen.line == "PATCH /apis/x?fieldManager=a%20b HTTP/1.1")
    #expect(seen.headers["content-type"] == "application/apply-patch+yaml")
    #expect(seen.headers["user-agent"] == "kgateway/test")
    #expect(seen.headers["accept-encoding"]?.contains("gzip") == true)
    #expect(seen.body == Array("{}".utf8))
    await transport.shutdown()
  }

  @Test("the method goes out as it is, with and without a body", arguments: ["GET", "POST", "PUT", "PATCH", "DELETE"])
  func methods(name: String) async throws {
    let requests = Requests([])
    let server = try LocalHTTPServer { connection in
      while let request = connection.readRequest() {
        requests.withLock { $0.append(request) }
        connection.answer("")
      }
    }
    let transport = try transport(server.address)
    let method = try #require(HTTPRequest.Method(rawValue: name))
    _ = try await exchange(transport, HTTPRequest(method, path: "/"))
    _ = try await exchange(transport, HTTPRequest(method, path: "/", body: []))
    _ = try await exchange(transport, HTTPRequest(method, path: "/", body: [7, 0, 7]))
    #expect(requests.withLock { $0.map(\.line) } == Array(repeating: "\(name) / HTTP/1.1", count: 3))
    #expect(requests.withLock { $0.map(\.body) } == [[], [], [7, 0, 7]])
    await transport.shutdown()
  }

  @Test("a large body is sent without waiting for leave to do so")
  func largeBody() async throws {
    let requests = Requests([])
    let server = try LocalHTTPServer { connection in
      while let request = connection.readRequest() {
        requests.withLock { $0.append(request) }
        connection.answer("ok")
      }
    }
    let transport = try transport(server.address)
    let body = [UInt8](repeating: 9, count: 3_000_000)
    #expect(try await exchange(transport, HTTPRequest(.post, path: "/", body: body)).body == "ok")
    #expect(requests.withLock { $0.first?.body.count } == body.count)
    #expect(requests.withLock { $0.first?.headers["expect"] } == nil)
    await transport.shutdown()
  }

  @Test("requests one after the other share a connection")
  func keepAlive() async throws {
    let server = try LocalHTTPServer { connection in
      while connection.readRequest() != nil { connection.answer("ok") }
    }
    let transport = try transport(server.address)
    for _ in 0..<10 { #expect(try await exchange(transport, get()).body == "ok") }
    #expect(server.connections == 1)
    await transport.shutdown()
  }

  @Test("a compressed answer is read as what it says")
  func gzip() async throws {
    // `hello, gzip`
    let compressed: [UInt8] = [
      0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xd7, 0x51, 0x48,
      0xaf, 0xca, 0x2c, 0x00, 0x00, 0x4a, 0x9b, 0xb1, 0x5c, 0x0b, 0x00, 0x00, 0x00,
    ]
    let server = try LocalHTTPServer { connection in
      while connection.readRequest() != nil {
        connection.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(compressed.count)\r\n\r\n")
        connection.write(compressed)
      }
    }
    let transport = try transport(server.address)
    #expect(try await exchange(transport, get()).body == "hello, gzip")
    await transport.shutdown()
  }

  @Test("an interim answer before the real one is passed over")
  func interim() async throws {
    let server = try LocalHTTPServer { connection in
      while connection.readRequest() != nil {
        connection.write("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
        connection.answer("ok", status: "201 Created")
      }
    }
    let transport = try transport(server.address)
    let answer = try await exchange(transport, get())
    #expect(answer.head.status == 201)
    #expect(answer.head.headers["link"] == nil)
    await transport.shutdown()
  }

  // MARK: Streams

  @Test("what the server has sent can be read before it has sent the rest")
  func streaming() async throws {
    let hasRead = Mutex(false)
    let server = try LocalHTTPServer { connection in
      guard connection.readRequest() != nil else { return }
      connection.beginChunks()
      connection.chunk("first")
      // The rest is sent when the first part has been read, which would never happen if it were held back.
      connection.wait { hasRead.withLock(\.self) }
      connection.chunk("second")
      connection.write("0\r\n\r\n")
    }
    let transport = try transport(server.address)
    let parts = try await transport.perform(get()) { _, body in
      var parts: [String] = []
      while let chunk = try await body.next() {
        parts.append(String(decoding: chunk, as: UTF8.self))
        hasRead.withLock { $0 = true }
      }
      return parts
    }
    #expect(parts == ["first", "second"])
    await transport.shutdown()
  }

  @Test("a server that is faster than its reader is held back, and loses nothing", .timeLimit(.minutes(2)))
  func backpressure() async throws {
    let total = 48 * 1024 * 1024
    let written = Mutex(0)
    let isHeldBack = Mutex(false)
    let server = try LocalHTTPServer { connection in
      guard connection.readRequest() != nil else { return }
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
      connection.limitWrites(milliseconds: 100)
      let block = [UInt8](repeating: 1, count: 64 * 1024)
      while written.withLock(\.self) < total {
        let start = ContinuousClock.now
        let count = connection.writeSome(block, limit: total - written.withLock(\.self))
        if count > 0 {
          written.withLock { $0 += count }
        } else if start.duration(to: .now) > .milliseconds(90) {
          isHeldBack.withLock { $0 = true }
        } else {
          return
        }
      }
    }
    let transport = try transport(server.address)
    let received = try await transport.perform(get()) { _, body in
      var received = try await body.next()?.count ?? 0
      try await eventually("the server is held back") { isHeldBack.withLock(\.self) }
      // What the two sockets hold may be some MiB; what this process holds is bounded by much less.
      #expect(written.withLock(\.self) < total / 2)
      while let chunk = try await body.next() {
        #expect(chunk.count <= 512 * 1024)
        received += chunk.count
      }
      return received
    }
    #expect(received == total)
    await transport.shutdown()
  }

  func watch(_ transport: CurlTransport, onOpen: @escaping @Sendable () -> Void) -> Task<Void, any Error> {
    Task {
      try await transport.perform(get("/watch")) { _, body in
        _ = try await body.next()
        onOpen()
        _ = try await body.next()
      }
    }
  }

  @Test("many open watches do not keep a request from being answered")
  func watchesAndRequests() async throws {
    let server = try LocalHTTPServer { connection in
      while let request = connection.readRequest() {
        guard request.line.contains("/watch") else {
          connection.answer("ok")
          continue
        }
        connection.beginChunks()
        connection.chunk("{}")
        connection.waitForEnd()
      }
    }
    let transport = try transport(server.address)
    let open = Mutex(0)
    let watches = (0..<20).map { _ in watch(transport) { open.withLock { $0 += 1 } } }
    try await eventually("all watches are open") { open.withLock(\.self) == 20 }
    #expect(try await exchange(transport, get()).body == "ok")
    for watch in watches {
      watch.cancel()
      await #expect(throws: CancellationError.self) { try await watch.value }
    }
    await transport.shutdown()
  }

  // MARK: Ends

  @Test("cancelling the task ends the exchange on the server's side too", arguments: [false, true])
  func cancellation(withHead: Bool) async throws {
    let hasEnded = Mutex(false)
    let hasBegun = Mutex(false)
    let server = try LocalHTTPServer { connection in
      guard connection.readRequest() != nil else { return }
      if withHead { connection.beginChunks() }
      hasBegun.withLock { $0 = true }
      connection.waitForEnd()
      hasEnded.withLock { $0 = true }
    }
    let transport = try transport(server.address)
    let task = Task { try await exchange(transport, get()) }
    try await eventually("the request arrives") { hasBegun.withLock(\.self) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    try await eventually("the server sees the end") { hasEnded.withLock(\.self) }
    await transport.shutdown()
  }

  @Test("a reader that leaves early ends the exchange")
  func leaving() async throws {
    let hasEnded = Mutex(false)
    let server = try LocalHTTPServer { connection in
      guard connection.readRequest() != nil else { return }
      connection.beginChunks()
      connection.chunk("x")
      connection.waitForEnd()
      hasEnded.withLock { $0 = true }
    }
    let transport = try transport(server.address)
    let status = try await transport.perform(get()) { head, _ in head.status }
    #expect(status == 200)
    try await eventually("the server sees the end") { hasEnded.withLock(\.self) }
    await transport.shutdown()
  }

  @Test("shutting down fails what is under way, and all that comes later")
  func shutdown() async throws {
    let hasBegun = Mutex(false)
    let server = try LocalHTTPServer { connection in
      guard connection.readRequest() != nil else { return }
      connection.beginChunks()
      hasBegun.withLock { $0 = true }
      connection.waitForEnd()
    }
    let transport = try transport(server.address)
    let task = Task { try await exchange(transport, get()) }
    try await eventually("the request arrives") { hasBegun.withLock(\.self) }
    await transport.shutdown()
    let error = await #expect(throws: TransportError.self) { try await task.value }
    #expect(error?.reason == .shutDown)
    let later = await #expect(throws: TransportError.self) { try await exchange(transport, get()) }
    #expect(later?.reason == .shutDown)
    await transport.shutdown()
  }

  @Test("a transport that is let go of closes its connections")
  func release() async throws {
    let hasEnded = Mutex(false)
    let server = try LocalHTTPServer { connection in
      while connection.readRequest() != nil { connection.answer("ok") }
      hasEnded.withLock { $0 = true }
    }
    do {
      let transport = try transport(server.address)
      #expect(try await exchange(transport, get()).body == "ok")
    }
    try await eventually("the server sees the end") { hasEnded.withLock(\.self) }
  }

  // MARK: Failures

  func failure(_ transport: CurlTransport, _ request: HTTPRequest) async throws -> TransportError {
    let error = await #expect(throws: TransportError.self) { try await exchange(transport, request) }
    await transport.shutdown()
    return try #require(error)
  }

  @Test("a server that is not there: the address, and what to look at")
  func notThere() async throws {
    let address = "http://127.0.0.1:\(try LoopbackPorts.free())"
    let error = try await failure(try transport(address), get())
    #expect(error.reason == .connectionRefused)
    #expect(error.description.hasPrefix("\(address): connection refused"))
  }

  @Test("a name without an address")
  func unknownHost() async throws {
    let error = try await failure(try transport("http://server.invalid:6443"), get())
    #expect(error.reason == .hostNotFound)
    #expect(error.description.contains("server.invalid"))
  }

  @Test("a silent server is given up, and says how long it was silent")
  func idle() async throws {
    let server = try LocalHTTPServer { connection in
      guard connection.readRequest() != nil else { return }
      connection.beginChunks()
      connection.waitForEnd()
    }
    let error = try await failure(try transport(server.address), get(idle: .milliseconds(150)))
    #expect(error.reason == .idle)
    #expect(error.message == "the server has sent nothing for 0.15 s")
  }

  @Test("a reader that takes its time does not make the server look silent")
  func slowReader() async throws {
    let server = try LocalHTTPServer { connection in
      guard let request = connection.readRequest() else { return }
      guard request.line.contains("/large") else { return connection.waitForEnd() }
      let block = [UInt8](repeating: 1, count: 8 * 1024 * 1024)
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(block.count)\r\n\r\n")
      connection.write(block)
      connection.waitForEnd()
    }
    let transport = try transport(server.address)
    let received = try await transport.perform(get("/large", idle: .milliseconds(150))) { _, body in
      var received = try await body.next()?.count ?? 0
      // Another request runs into a longer idle time, so that this one's has passed by then.
      let error = await #expect(throws: TransportError.self) {
        try await exchange(transport, get(idle: .milliseconds(450)))
      }
      #expect(error?.reason == .idle)
      while let chunk = try await body.next() { received += chunk.count }
      return received
    }
    #expect(received == 8 * 1024 * 1024)
    await transport.shutdown()
  }

  @Test("a request that takes longer than it may")
  func total() async throws {
    let server = try LocalHTTPServer { connection in connection.waitForEnd() }
    let error = try await failure(try transport(server.address), get(total: .milliseconds(150)))
    #expect(error.reason == .timedOut)
  }

  @Test("an answer that is cut is not taken for a whole one")
  func cut() async throws {
    let server = try LocalHTTPServer { connection in
      guard connection.readRequest() != nil else { return }
      connection.beginChunks()
      connection.chunk("half")
    }
    let error = try await failure(try transport(server.address), get())
    #expect(error.reason == .connectionLost)
  }

  @Test("a server that does not speak HTTP")
  func garbage() async throws {
    let server = try LocalHTTPServer { connection in
      guard connection.readRequest() != nil else { return }
      connection.write("SSH-2.0-OpenSSH_9.2\r\n")
    }
    let error = try await failure(try transport(server.address), get())
    #expect(error.reason == .malformedResponse)
  }

  @Test("an answer whose compression is broken")
  func brokenGzip() async throws {
    let server = try LocalHTTPServer { connection in
      guard connection.readRequest() != nil else { return }
      connection.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!")
    }
    let error = try await failure(try transport(server.address), get())
    #expect(error.reason == .malformedResponse)
  }

  @Test("plain HTTP where TLS is expected is a failure of TLS")
  func noTLS() async throws {
    let server = try LocalHTTPServer { connection in connection.write("HTTP/1.1 400 Bad Request\r\n\r\n") }
    let error = try await failure(try transport("https://127.0.0.1:\(server.port)"), get())
    #expect(error.reason == .tls)
    #expect(error.description.hasPrefix("https://127.0.0.1:\(server.port): the TLS handshake failed"))
  }
}
