import JSON
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An upstream in the process of the test.
///
/// It answers every request with 200 and a JSON object that tells what it was sent: `backend` (its name), `method`,
/// `path`, and `headers`, an object from each header's name in small letters to the array of its values. The path can
/// ask for something else: `/status/CODE` answers that status, `/delay/MILLISECONDS` answers late. A test can have
/// answers of its own.
final class Backend: Sendable {
  let name: String
  let port: Int
  private let received = Atomic(0)

  /// The number of requests so far.
  var requestCount: Int { received.load(ordering: .relaxed) }

  /// An answer of a test's own.
  struct Answer: Sendable {
    var status = 200
    var contentType = "application/json"
    /// The body, sent piece by piece.
    var pieces: [String]
    /// The time before each piece.
    var pause = Duration.zero
  }

  /// What a test answers; nil leaves it to the backend.
  typealias Answering = @Sendable (HTTPRequestHead) -> Answer?

  private let answering: Answering
  private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

  private init(name: String, port: Int, answering: @escaping Answering) {
    self.name = name
    self.port = port
    self.answering = answering
  }

  /// Listens on a free port of 127.0.0.1 while the body runs.
  static func with<Result: Sendable>(
    name: String = "backend", answering: @escaping Answering = { _ in nil }, _ body: (Backend) async throws -> Result
  ) async throws -> Result {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .bind(host: "127.0.0.1", port: 0) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          return try Connection(wrappingChannelSynchronously: channel)
        }
      }
    let backend = Backend(name: name, port: server.channel.localAddress?.port ?? 0, answering: answering)
    return try await withThrowingTaskGroup { group in
      group.addTask { try await backend.accept(server) }
      defer { group.cancelAll() }
      return try await body(backend)
    }
  }

  private func accept(_ server: NIOAsyncChannel<Connection, Never>) async throws {
    try await server.executeThenClose { connections in
      try await withThrowingDiscardingTaskGroup { group in
        for try await connection in connections {
          // A connection that breaks is the client's affair, and its test's to notice.
          group.addTask { try? await self.serve(connection) }
        }
      }
    }
  }

  private func serve(_ connection: Connection) async throws {
    try await connection.executeThenClose { inbound, outbound in
      var head: HTTPRequestHead?
      for try await part in inbound {
        switch part {
        case .head(let received): head = received
        case .body: break
        case .end:
          guard let request = head else { continue }
          received.add(1, ordering: .relaxed)
          if let own = answering(request) {
            try await write(own, to: outbound)
            continue
          }
          let answer = try await answer(to: request)
          try await outbound.write(contentsOf: [.head(answer.head), .body(.byteBuffer(answer.body)), .end(nil)])
        }
      }
    }
  }

  private func write(
    _ answer: Answer, to outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
  ) async throws {
    let headers: HTTPHeaders = ["content-type": answer.contentType, "transfer-encoding": "chunked"]
    let status = HTTPResponseStatus(statusCode: answer.status)
    try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)))
    for piece in answer.pieces {
      if answer.pause > .zero { try await Task.sleep(for: answer.pause) }
      try await outbound.write(.body(.byteBuffer(ByteBuffer(string: piece))))
    }
    try await outbound.write(.end(nil))
  }

  private func answer(to request: HTTPRequestHead) async throws -> (head: HTTPResponseHead, body: ByteBuffer) {
    let path = request.uri.split(separator: "/").map(String.init)
    var status = 200
    if path.count == 2, let argument = Int(path[1]) {
      switch path[0] {
      case "status": status = argument
      case "delay": try await Task.sleep(for: .milliseconds(argument))
      default: break
      }
    }
    let body = description(of: request)
    let headers: HTTPHeaders = ["content-type": "application/json", "content-length": "\(body.count)"]
    return (
      HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers),
      ByteBuffer(bytes: body)
    )
  }

  private func description(of request: HTTPRequestHead) -> [UInt8] {
    let headers = Dictionary(grouping: request.headers, by: { $0.name.lowercased() })
    let document = JSONValue.object([
      JSONMember(key: "backend", value: .string(name)),
      JSONMember(key: "method", value: .string(request.method.rawValue)),
      JSONMember(key: "path", value: .string(request.uri)),
      JSONMember(
        key: "headers",
        value: .object(
          headers.sorted { $0.key < $1.key }.map { name, fields in
            JSONMember(key: name, value: .array(fields.map { .string($0.value) }))
          })),
    ])
    var writer = JSONWriter()
    writer.value(document)
    return writer.bytes
  }
}
