import EnvoyAPI
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import SwiftProtobuf
import Synchronization
import XDS

/// What fan-out is compared with: the least that swift-nio-http2 needs to push one shared message to every stream and to
/// count the answers. It knows no protocol: every message of a client but its first two counts as an answer.
final class BareServer: PushingServer {
  let port: Int
  private let channel: any Channel
  private let state: BareState

  init(dialect: Dialect) async throws {
    let group = MultiThreadedEventLoopGroup.singleton
    let state = BareState(dialect: dialect)
    self.state = state
    channel = try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1024)
      .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          _ = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
            mode: .server, connectionConfiguration: .init(), streamConfiguration: .init()
          ) { stream in
            stream.eventLoop.makeCompletedFuture {
              try stream.pipeline.syncOperations.addHandler(BareStream(state: state))
            }
          }
        }
      }.bind(host: "127.0.0.1", port: 0).get()
    port = channel.localAddress?.port ?? 0
  }

  func change(bytes: Int, round: Int) {
    let message = Envoy_Service_Discovery_V3_DeltaDiscoveryResponse.with {
      $0.typeURL = ResourceType.listener.typeURL
      let parts = max(1, bytes >> 14)
      $0.resources = (0..<parts).map { part in
        .with {
          $0.name = "listener-\(part)"
          $0.version = "\(round)"
          $0.resource.value = .init(repeating: UInt8(ascii: "x"), count: bytes / parts)
        }
      }
    }
    let bytes: [UInt8] = (try? message.serializedBytes()) ?? []
    state.publish(ByteBuffer(bytes: bytes), round: round)
  }

  func acknowledged(round: Int) -> Int { state.acknowledged(round) }
}

/// What the bare server's streams share.
private final class BareState: Sendable {
  private struct Newest {
    var body = ByteBuffer()
    var round = 0
    var acknowledged = 0
    var wakeUps: [ObjectIdentifier: @Sendable () -> Void] = [:]
  }

  let dialect: Dialect
  private let newest = Mutex(Newest())
  private let loops = Mutex<[ObjectIdentifier: NIOLoopBoundBox<[BareStream]>]>([:])

  init(dialect: Dialect) { self.dialect = dialect }

  var body: ByteBuffer { newest.withLock { $0.body } }

  func publish(_ body: ByteBuffer, round: Int) {
    let wakeUps = newest.withLock { newest in
      (newest.body, newest.round, newest.acknowledged) = (body, round, 0)
      return Array(newest.wakeUps.values)
    }
    for wakeUp in wakeUps { wakeUp() }
  }

  func acknowledge() { newest.withLock { $0.acknowledged += 1 } }

  func acknowledged(_ round: Int) -> Int { newest.withLock { $0.round == round ? $0.acknowledged : 0 } }

  /// Adds a stream of an event loop; to be called on it.
  func add(_ stream: BareStream, _ eventLoop: any EventLoop) {
    let id = ObjectIdentifier(eventLoop)
    let streams = loops.withLock { loops in
      if let known = loops[id] { return known }
      let new = NIOLoopBoundBox<[BareStream]>.makeEmptyArray(eventLoop)
      loops[id] = new
      return new
    }
    streams.value.append(stream)
    newest.withLock { newest in
      newest.wakeUps[id] = {
        eventLoop.execute { for stream in streams.value { stream.push() } }
      }
    }
  }
}

extension NIOLoopBoundBox where Value == [BareStream] {
  fileprivate static func makeEmptyArray(_ eventLoop: any EventLoop) -> Self { Self([], eventLoop: eventLoop) }
}

private final class BareStream: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame.FramePayload
  typealias OutboundOut = HTTP2Frame.FramePayload

  private let state: BareState
  private var context: ChannelHandlerContext?
  private var messages = 0
  private var nonce = 0
  private var buffer = ByteBuffer()

  init(state: BareState) { self.state = state }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .headers:
      let headers = HPACKHeaders([(":status", "200"), ("content-type", "application/grpc")])
      context.write(wrapOutboundOut(.headers(.init(headers: headers))), promise: nil)
    case .data(let frame):
      guard case .byteBuffer(let bytes) = frame.data else { return }
      buffer.writeImmutableBuffer(bytes)
      while let length = buffer.getInteger(at: buffer.readerIndex + 1, as: UInt32.self),
        buffer.readableBytes >= 5 + Int(length)
      {
        buffer.moveReaderIndex(forwardBy: 5 + Int(length))
        messages += 1
        receivedMessage(context)
      }
      buffer.discardReadBytes()
    default: break
    }
  }

  private func receivedMessage(_ context: ChannelHandlerContext) {
    if messages > 2 { return state.acknowledge() }
    // The two subscriptions of a client.
    guard messages == 2 else { return }
    state.add(self, context.eventLoop)
    push()
  }

  func push() {
    guard let context else { return }
    nonce += 1
    let text = String(nonce)
    let body = state.body
    let length = 2 + text.utf8.count + body.readableBytes
    var head = context.channel.allocator.buffer(capacity: 16 + (length <= 8 << 10 ? length : 0))
    head.writeInteger(UInt8(0))
    head.writeInteger(UInt32(length))
    head.writeBytes([5 << 3 | 2, UInt8(text.utf8.count)])
    head.writeString(text)
    if length <= 8 << 10 {
      head.writeImmutableBuffer(body)
      context.writeAndFlush(wrapOutboundOut(.data(.init(data: .byteBuffer(head)))), promise: nil)
    } else {
      context.write(wrapOutboundOut(.data(.init(data: .byteBuffer(head)))), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.data(.init(data: .byteBuffer(body)))), promise: nil)
    }
  }
}
