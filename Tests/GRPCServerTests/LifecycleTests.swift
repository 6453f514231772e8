import GRPCServer
import Logging
import NIOCore
import NIOHTTP2
import NIOPosix
import RealComponents
import Testing

@Suite("Starting and stopping a server")
struct LifecycleTests {
  private func makeServer(port: Int = 0, host: String = "127.0.0.1") -> GRPCServer {
    var configuration = GRPCServer.Configuration(host: host, port: port)
    configuration.shutdownGrace = .milliseconds(100)
    return GRPCServer(
      configuration: configuration, router: TestMethods.router(CallLog()),
      group: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "test"))
  }

  @Test("an address in use is told in one clear line")
  func addressInUse() async throws {
    try await withServer { server in
      let second = makeServer(port: server.port)
      let error = await #expect(throws: GRPCServerError.self) { try await second.start() }
      #expect(error?.description == "cannot listen on 127.0.0.1:\(server.port): address already in use")
      await second.waitUntilClosed()
    }
  }

  @Test("an address that cannot be had is told in one clear line")
  func otherAddresses() async throws {
    let foreign = await #expect(throws: GRPCServerError.self) { try await makeServer(host: "192.0.2.1").start() }
    #expect(foreign?.description == "cannot listen on 192.0.2.1:0: this machine has no such address")
    let unknown = await #expect(throws: GRPCServerError.self) { try await makeServer(host: "nowhere.invalid").start() }
    #expect(unknown?.description == "cannot listen on nowhere.invalid:0: there is no such host")
  }

  @Test("a server starts once")
  func startsOnce() async throws {
    let server = makeServer()
    _ = try await server.start()
    await #expect(throws: GRPCServerError.self) { try await server.start() }
    server.beginGracefulShutdown()
    await server.waitUntilClosed()
    await #expect(throws: GRPCServerError.self) { try await server.start() }
  }

  @Test("a server that never started has nothing to wait for")
  func neverStarted() async throws {
    let server = makeServer()
    await server.waitUntilClosed()
    server.beginGracefulShutdown()
    await server.waitUntilClosed()
    try await server.run()
  }

  @Test("run ends when its task is cancelled")
  func runIsCancelled() async throws {
    let server = makeServer()
    let address = try await server.start()
    let port = try #require(address.port)
    let task = Task { try await server.run() }
    let client = try await RawHTTP2Client.connect(port: port)
    task.cancel()
    try await task.value
    try await eventually("the connection is closed") { client.frames.now.isClosed }
    await #expect(throws: (any Error).self) { try await RawHTTP2Client.connect(port: port) }
  }

  @Test("a shutdown does not wait for a call that never ends")
  func endlessCall() async throws {
    try await withServer({ $0.shutdownGrace = .milliseconds(200) }) { server in
      let client = try await RawHTTP2Client.connect(port: server.port)
      let stream = try await client.openStream()
      try await stream.send(headers: .request("/test.Test/Hang"))
      try await eventually("the call is open") { server.calls.now.opened == 1 }

      let start = ContinuousClock.now
      server.server.beginGracefulShutdown()
      await server.server.waitUntilClosed()
      let duration = ContinuousClock.now - start
      #expect(duration >= .milliseconds(200) && (Sanitizer.isOn || duration < .seconds(1)))
      #expect(server.calls.now.closed == 1)
      try await eventually("the client is told") { stream.log.now.status == 14 }
      #expect(client.frames.now.goAways.first == .maxID)
    }
  }

  @Test("a shutdown lets calls end that do, and is over then")
  func endingCall() async throws {
    try await withServer({ $0.shutdownGrace = .seconds(30) }) { server in
      let client = try await RawHTTP2Client.connect(port: server.port)
      let stream = try await client.openStream()
      try await stream.send(headers: .request("/test.Test/Echo"))
      try await eventually("the call is open") { server.calls.now.opened == 1 }
      server.server.beginGracefulShutdown()
      try await eventually("the client is asked to go") { client.frames.now.goAways.count == 2 }
      try await stream.send(.framed("last words"), endStream: true)
      try await eventually("the answer came whole") { stream.log.now.status == 0 }
      #expect(stream.log.now.data == .framed("last words"))
      await server.server.waitUntilClosed()
    }
  }

  @Test("a shutdown does not wait for clients that do not read, or never greeted")
  func stuckClients() async throws {
    try await withServer({ $0.shutdownGrace = .milliseconds(100) }) { server in
      let slow = try await RawHTTP2Client.connect(port: server.port)
      let stream = try await slow.openStream(reads: false)
      try await stream.send(headers: .request("/test.Test/Repeat"))
      try await stream.send(.framed("1000 10000"), endStream: true)
      let silent = try await MuteClient.connect(port: server.port)
      try await eventually("the slow client is stuck") { server.calls.now.messagesSent >= 6 }

      let start = ContinuousClock.now
      server.server.beginGracefulShutdown()
      await server.server.waitUntilClosed()
      #expect(Sanitizer.isOn || ContinuousClock.now - start < .seconds(1))
      #expect(server.calls.now.closed == 1)
      try await eventually("the silent client is closed") { !silent.channel.isActive }
    }
  }
}
