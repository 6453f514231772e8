import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix

/// Requests over HTTP/2 none of which is like another: each has a method, a path and a header value of its own.
enum RequestFlood {
  /// Sends them on one connection, a few at a time, and waits for every answer.
  static func send(_ count: Int, toPort port: Int) async throws {
    let multiplexer = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.configureAsyncHTTP2Pipeline(mode: .client) { stream in
          stream.eventLoop.makeSucceededVoidFuture()
        }
      }
    try await withThrowingTaskGroup { group in
      let workers = 8
      for worker in 0..<workers {
        group.addTask {
          for number in stride(from: worker, to: count, by: workers) { try await request(number, on: multiplexer) }
        }
      }
      try await group.waitForAll()
    }
  }

  private static func request(
    _ number: Int, on multiplexer: NIOHTTP2Handler.AsyncStreamMultiplexer<Void>
  ) async throws {
    let stream = try await multiplexer.openStream { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHandler(HTTP2FramePayloadToHTTP1ClientCodec(httpProtocol: .http))
        return try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(
          wrappingChannelSynchronously: channel)
      }
    }
    try await stream.executeThenClose { answer, request in
      let fields: HTTPHeaders = ["host": "shop.example", "x-tenant": "tenant-\(number)"]
      try await request.write(
        contentsOf: [
          .head(
            HTTPRequestHead(version: .http2, method: .RAW(value: "M\(number)"), uri: "/\(number)", headers: fields)),
          .end(nil),
        ])
      for try await _ in answer {}
    }
  }
}
