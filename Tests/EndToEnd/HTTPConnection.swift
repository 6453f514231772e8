import JSON
import NIOCore
import NIOHTTP1
import NIOPosix

/// An answer to a request, with its whole body.
struct HTTPAnswer: Sendable {
  var status: Int
  var headers: HTTPHeaders
  var body: String

  /// The body as JSON.
  var json: JSONValue {
    get throws {
      var reader = JSONReader(Array(body.utf8))
      return try reader.readValue()
    }
  }

  /// What `Backend` says that it is called.
  var backend: String? {
    guard case .string(let name)? = try? json["backend"] else { return nil }
    return name
  }

  /// The values of a header of the request, as `Backend` got it.
  func sentUpstream(_ header: String) throws -> [String] {
    guard case .array(let values)? = try json["headers"]?[header] else { return [] }
    return values.compactMap { if case .string(let text) = $0 { text } else { nil } }
  }
}

/// One connection to a port of 127.0.0.1, for requests one after the other.
struct HTTPConnection {
  /// Why a request got no answer.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private typealias Parts = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

  /// An answer that has not come by then will not come; the connection is closed.
  private static let deadline = TimeAmount.seconds(20)

  private let channel: any Channel
  private var answers: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
  private let requests: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>

  /// Connects, and closes when the body is through.
  static func with<Result: Sendable>(
    port: Int, _ body: (inout HTTPConnection) async throws -> Result
  ) async throws -> Result {
    let parts = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(.seconds(5))
      .channelOption(.socketOption(.tcp_nodelay), value: 1)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          return try Parts(wrappingChannelSynchronously: channel)
        }
      }
    return try await parts.executeThenClose { inbound, outbound in
      var connection = HTTPConnection(
        channel: parts.channel, answers: inbound.makeAsyncIterator(), requests: outbound)
      return try await body(&connection)
    }
  }

  /// Sends a GET request and waits for the whole answer.
  ///
  /// - Throws: ``Failure`` if the connection ends first.
  mutating func get(
    _ path: String = "/", headers: [(String, String)] = [], host: String = "example.com"
  ) async throws -> HTTPAnswer {
    try await send(.GET, path, headers: headers, host: host)
  }

  /// Sends a request and waits for the whole answer.
  ///
  /// - Throws: ``Failure`` if the connection ends first.
  mutating func send(
    _ method: HTTPMethod, _ path: String, headers: [(String, String)] = [], host: String = "example.com",
    body: String = ""
  ) async throws -> HTTPAnswer {
    let channel = self.channel
    let timer = channel.eventLoop.scheduleTask(in: Self.deadline) { channel.close(promise: nil) }
    defer { timer.cancel() }
    var fields = HTTPHeaders([("host", host), ("user-agent", "end-to-end")] + headers)
    if !body.isEmpty { fields.add(name: "content-length", value: "\(body.utf8.count)") }
    try await requests.write(contentsOf: [
      .head(HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: fields)),
      .body(.byteBuffer(ByteBuffer(string: body))), .end(nil),
    ])
    var answer: HTTPAnswer?
    while let part = try await answers.next(isolation: #isolation) {
      switch part {
      case .head(let head): answer = HTTPAnswer(status: Int(head.status.code), headers: head.headers, body: "")
      case .body(let bytes): answer?.body += String(buffer: bytes)
      case .end: if let answer { return answer }
      }
    }
    throw Failure(description: "the connection ended before the answer to \(method) \(path) was whole")
  }

  /// One request on a connection of its own.
  static func get(
    port: Int, _ path: String = "/", headers: [(String, String)] = [], host: String = "example.com"
  ) async throws -> HTTPAnswer {
    try await with(port: port) { try await $0.get(path, headers: headers, host: host) }
  }

  /// Makes Envoy send the spans of this connection's requests at once: a worker sends them when it has five, or after
  /// five seconds.
  mutating func flushSpans() async throws {
    for _ in 0..<5 { _ = try await get("/flush") }
  }
}
