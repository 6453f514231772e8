import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Many upstreams in one process, each at a loopback address of its own and all at one port, as pods are. They come and
/// go while requests run.
///
/// Each answers with 200 and the name of its Service in the header `x-backend`; `x-wait: MILLISECONDS` in a request has
/// the answer come late. Requests carry `x-id`, so that it can be told whether one has arrived at all.
final class BackendFleet: Sendable {
  let port: Int
  private let addresses: Mutex<Int>
  private let second = Int.random(in: 64...127)
  private let instances = Mutex<[String: BackendInstance]>([:])
  private let seen = Mutex<Set<UInt64>>([])
  private let group = MultiThreadedEventLoopGroup.singleton

  init(port: Int) {
    self.port = port
    addresses = Mutex(1)
  }

  /// Starts an instance, and returns its address.
  func start(_ service: String) async throws -> String {
    let number = addresses.withLock {
      $0 += 1
      return $0
    }
    let address = "127.\(second).\(number / 250).\(number % 250 + 1)"
    let instance = BackendInstance(service: service) { [weak self] id in
      self?.seen.withLock { _ = $0.insert(id) }
    }
    let listener = try await ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(BackendHandler(instance))
        }
      }
      .bind(host: address, port: port).get()
    instance.listener.withLock { $0 = listener }
    instances.withLock { $0[address] = instance }
    return address
  }

  /// How many requests an instance is working on.
  func underWay(_ address: String) -> Int { instances.withLock { $0[address] }?.underWay.load(ordering: .relaxed) ?? 0 }

  /// Whether a request has arrived at any of them.
  func hasSeen(_ id: UInt64) -> Bool { seen.withLock { $0.contains(id) } }

  /// Ends an instance with all its connections.
  func stop(_ address: String) async {
    guard let instance = instances.withLock({ $0.removeValue(forKey: address) }) else { return }
    await instance.stop()
  }

  func stopAll() async {
    let all = instances.withLock { instances in
      defer { instances = [:] }
      return instances.values
    }
    for instance in all { await instance.stop() }
  }
}

/// One upstream.
private final class BackendInstance: Sendable {
  let service: String
  let underWay = Atomic(0)
  let listener = Mutex<(any Channel)?>(nil)
  let note: @Sendable (UInt64) -> Void
  private let connections = Mutex<[ObjectIdentifier: any Channel]>([:])

  /// - Parameter note: is told of each request that arrives.
  init(service: String, note: @escaping @Sendable (UInt64) -> Void) {
    self.service = service
    self.note = note
  }

  func opened(_ channel: any Channel) { connections.withLock { $0[ObjectIdentifier(channel)] = channel } }

  func closed(_ channel: any Channel) { connections.withLock { $0[ObjectIdentifier(channel)] = nil } }

  func stop() async {
    try? await listener.withLock { $0 }?.close()
    for connection in connections.withLock({ Array($0.values) }) { try? await connection.close() }
  }
}

/// Answers the requests of one connection.
private final class BackendHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let instance: BackendInstance
  private var wait: Int64 = 0

  init(_ instance: BackendInstance) { self.instance = instance }

  func channelActive(context: ChannelHandlerContext) { instance.opened(context.channel) }

  func channelInactive(context: ChannelHandlerContext) { instance.closed(context.channel) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      if let id = head.headers.first(name: "x-id").flatMap({ UInt64($0) }) { instance.note(id) }
      wait = head.headers.first(name: "x-wait").flatMap { Int64($0) } ?? 0
    case .body: break
    case .end:
      instance.underWay.add(1, ordering: .relaxed)
      guard wait > 0 else { return answer(context) }
      let context = NIOLoopBound(context, eventLoop: context.eventLoop)
      let handler = NIOLoopBound(self, eventLoop: context.value.eventLoop)
      context.value.eventLoop.scheduleTask(in: .milliseconds(wait)) { handler.value.answer(context.value) }
    }
  }

  private func answer(_ context: ChannelHandlerContext) {
    instance.underWay.subtract(1, ordering: .relaxed)
    let headers: HTTPHeaders = ["x-backend": instance.service, "content-length": "0"]
    let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }
}
