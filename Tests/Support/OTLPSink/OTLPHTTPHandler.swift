import GRPCServer
import NIOCore
import NIOHTTP1

/// The HTTP variant of OTLP on one connection: POST of a protobuf message to a path for each kind of telemetry.
final class OTLPHTTPHandler: ChannelInboundHandler {
  typealias InboundIn = NIOHTTPServerRequestFull
  typealias OutboundOut = HTTPServerResponsePart

  /// In bytes; as long as gRPC's longest message.
  private static let maximumBodyLength = 4 << 20

  private let store: OTLPStore

  init(store: OTLPStore) {
    self.store = store
  }

  /// Makes a new channel a connection of OTLP over HTTP.
  static func configure(_ channel: any Channel, store: OTLPStore) throws {
    let sync = channel.pipeline.syncOperations
    try sync.configureHTTPServerPipeline()
    try sync.addHandler(NIOHTTPServerRequestAggregator(maxContentLength: maximumBodyLength))
    try sync.addHandler(OTLPHTTPHandler(store: store))
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let (request, store) = (unwrapInboundIn(data), store)
    // The pipeline hands over the next request of a connection after the answer to this one.
    let answer = context.eventLoop.makePromise(of: Answer.self)
    let boundContext = NIOLoopBound(context, eventLoop: context.eventLoop)
    answer.completeWithTask { await Self.answer(request, store) }
    answer.futureResult.assumeIsolated().whenSuccess { answer in
      Self.write(answer, keepAlive: request.head.isKeepAlive, to: boundContext.value)
    }
  }

  private struct Answer {
    var status: HTTPResponseStatus
    var body: ByteBuffer
    var contentType = "text/plain; charset=utf-8"
  }

  private static func answer(_ request: NIOHTTPServerRequestFull, _ store: OTLPStore) async -> Answer {
    let path = request.head.uri
    await store.take(
      OTLPRequest(.http, path: path, headers: request.head.headers.map { (name: $0.name, value: $0.value) }))
    func refusal(_ status: HTTPResponseStatus, _ message: String) -> Answer {
      Answer(status: status, body: ByteBuffer(string: message + "\n"))
    }
    guard let method = OTLPServices.method(atHTTPPath: path) else {
      return refusal(.notFound, "nothing is at this path; OTLP's are /v1/traces, /v1/logs, /v1/metrics")
    }
    guard request.head.method == .POST else { return refusal(.methodNotAllowed, "exports use the method POST") }
    guard request.head.headers.first(name: "content-type") == "application/x-protobuf" else {
      return refusal(.unsupportedMediaType, "the content-type must be application/x-protobuf")
    }
    do {
      let body = try await method(request.body ?? ByteBuffer(), store)
      return Answer(status: .ok, body: body, contentType: "application/x-protobuf")
    } catch {
      return refusal(.badRequest, (error as? GRPCStatus)?.message ?? "the message was not taken")
    }
  }

  private static func write(_ answer: Answer, keepAlive: Bool, to context: ChannelHandlerContext) {
    var head = HTTPResponseHead(version: .http1_1, status: answer.status)
    head.headers.add(name: "content-type", value: answer.contentType)
    head.headers.add(name: "content-length", value: "\(answer.body.readableBytes)")
    if !keepAlive { head.headers.add(name: "connection", value: "close") }
    context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
    context.write(Self.wrapOutboundOut(.body(.byteBuffer(answer.body))), promise: nil)
    let written = context.eventLoop.makePromise(of: Void.self)
    if !keepAlive {
      let boundContext = NIOLoopBound(context, eventLoop: context.eventLoop)
      written.futureResult.assumeIsolated().whenComplete { _ in boundContext.value.close(promise: nil) }
    }
    context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: written)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
