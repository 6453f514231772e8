import NIOCore
import NIOHTTP1
import NIOPosix

/// One connection to a port of 127.0.0.1, for requests one after the other.
struct Connection {
  struct Answer: Sendable, Hashable {
    var status: Int
    /// Whether the server closes the connection after this answer.
    var closes: Bool
    var body: String
  }

  /// A request got no answer.
  struct Failure: Error {}

  private typealias Parts = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

  private let channel: any Channel
  private var answers: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
  private let requests: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>

  static func with<Result: Sendable>(
    port: Int, _ body: (inout Connection) async throws -> Result
  ) async throws -> Result {
    let parts = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(.seconds(5))
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          return try Parts(wrappingChannelSynchronously: channel)
        }
      }
    return try await parts.executeThenClose { inbound, outbound in
      var connection = Connection(channel: parts.channel, answers: inbound.makeAsyncIterator(), requests: outbound)
      return try await body(&connection)
    }
  }

  /// - Throws: ``Failure`` if the connection ends before the answer is whole, or nothing comes for 20 seconds.
  mutating func send(_ method: String = "GET", _ path: String = "/") async throws -> Answer {
    let channel = self.channel
    let timer = channel.eventLoop.scheduleTask(in: .seconds(20)) { channel.close(promise: nil) }
    defer { timer.cancel() }
    let head = HTTPRequestHead(
      version: .http1_1, method: HTTPMethod(rawValue: method), uri: path, headers: ["host": "example.com"])
    try await requests.write(contentsOf: [.head(head), .end(nil)])
    var answer: Answer?
    while let part = try await answers.next(isolation: #isolation) {
      switch part {
      case .head(let head):
        let closes = head.headers["connection"].contains("close")
        answer = Answer(status: Int(head.status.code), closes: closes, body: "")
      case .body(let bytes): answer?.body += String(buffer: bytes)
      case .end: if let answer { return answer }
      }
    }
    throw Failure()
  }

  /// One request on a connection of its own.
  static func send(port: Int, _ method: String = "GET", _ path: String = "/") async throws -> Answer {
    try await with(port: port) { try await $0.send(method, path) }
  }
}
