import NIOCore
import NIOPosix
import Synchronization

/// An upstream that answers each request of HTTP/1.1 with the head of it, byte by byte.
///
/// The path can ask for something else: `/status/CODE` for that status, `/delay/MILLISECONDS` for a late answer,
/// `/grpc/CODE` for that `grpc-status`, `/served` for a `server` header, `/never` for no answer, `/socket` for a change
/// of protocol, after which everything comes back as it was sent, as it does after a request of the method CONNECT.
final class RawUpstream: Sendable {
  let port: Int
  private let received = Atomic(0)

  /// The number of requests so far.
  var requestCount: Int { received.load(ordering: .relaxed) }

  private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

  private init(port: Int) {
    self.port = port
  }

  /// Listens on a free port of 127.0.0.1 while the body runs.
  static func with<Result: Sendable>(_ body: (RawUpstream) async throws -> Result) async throws -> Result {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .bind(host: "127.0.0.1", port: 0) { channel in
        channel.eventLoop.makeCompletedFuture { try Connection(wrappingChannelSynchronously: channel) }
      }
    let upstream = RawUpstream(port: server.channel.localAddress?.port ?? 0)
    return try await withThrowingTaskGroup { group in
      group.addTask { try await upstream.accept(server) }
      defer { group.cancelAll() }
      return try await body(upstream)
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
      var text = ""
      var isSocket = false
      for try await bytes in inbound {
        if isSocket {
          try await outbound.write(bytes)
          continue
        }
        text += String(buffer: bytes)
        while let end = text.firstRange(of: "\r\n\r\n") {
          let head = String(text[..<end.upperBound])
          let rest = text[end.upperBound...]
          let length = Self.bodyLength(head)
          guard rest.utf8.count >= length else { break }
          text = String(rest.dropFirst(length))
          received.add(1, ordering: .relaxed)
          guard let answer = try await Self.answer(to: head) else { continue }
          isSocket = answer.hasPrefix("HTTP/1.1 101") || head.hasPrefix("CONNECT ")
          try await outbound.write(ByteBuffer(string: answer))
        }
      }
    }
  }

  private static func bodyLength(_ head: String) -> Int {
    head.lowercased().firstMatch(of: /content-length: *(\d+)/).flatMap { Int($0.1) } ?? 0
  }

  private static func answer(to head: String) async throws -> String? {
    if head.hasPrefix("CONNECT ") { return "HTTP/1.1 200 OK\r\n\r\n" }
    let path = head.split(separator: " ").dropFirst().first.map(String.init) ?? ""
    let parts = path.split(separator: "/").map(String.init)
    let argument = parts.count == 2 ? Int(parts[1]) ?? 0 : 0
    var (status, headers) = ("200 OK", "X-Answer-Name: yes\r\n")
    switch parts.first {
    case "status": status = "\(argument) Asked For"
    case "delay": try await Task.sleep(for: .milliseconds(argument))
    case "grpc": headers += "content-type: application/grpc\r\ngrpc-status: \(argument)\r\n"
    case "served": headers += "Server: theirs\r\n"
    case "never": return nil
    case "socket": return "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
    default: break
    }
    return "HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(head.utf8.count)\r\n\r\n\(head)"
  }
}
