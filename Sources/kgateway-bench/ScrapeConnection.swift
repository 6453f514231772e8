import NIOCore
import NIOHTTP1
import NIOPosix

/// A connection that a scraper keeps.
struct ScrapeConnection {
  /// Something else than a whole answer with status 200 came.
  struct Failure: Error {}

  private typealias Parts = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

  private var answers: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
  private let requests: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>

  /// Connects to a port of 127.0.0.1, and closes when the body is through.
  static func with<Result: Sendable>(
    port: Int, _ body: (inout ScrapeConnection) async throws -> Result
  ) async throws -> Result {
    let parts = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.socketOption(.tcp_nodelay), value: 1)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          return try Parts(wrappingChannelSynchronously: channel)
        }
      }
    return try await parts.executeThenClose { inbound, outbound in
      var connection = ScrapeConnection(answers: inbound.makeAsyncIterator(), requests: outbound)
      return try await body(&connection)
    }
  }

  /// Asks, reads the whole answer, and returns its status.
  mutating func status(of path: String) async throws -> Int {
    try await request(path, accept: "*/*")
    var status = 0
    while let part = try await answers.next(isolation: #isolation) {
      switch part {
      case .head(let head): status = Int(head.status.code)
      case .body: break
      case .end: return status
      }
    }
    throw Failure()
  }

  /// Asks, and reads the whole answer.
  @discardableResult
  mutating func get(_ path: String, accept: String) async throws -> String {
    try await request(path, accept: accept)
    var text = ""
    while let part = try await answers.next(isolation: #isolation) {
      switch part {
      case .head(let head) where head.status != .ok: throw Failure()
      case .head: break
      case .body(let bytes): text += String(buffer: bytes)
      case .end: return text
      }
    }
    throw Failure()
  }

  private func request(_ path: String, accept: String) async throws {
    let headers = HTTPHeaders([("host", "127.0.0.1"), ("accept", accept)])
    try await requests.write(contentsOf: [
      .head(HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: headers)), .end(nil),
    ])
  }
}
