import NIOCore
import NIOPosix
import Synchronization

/// Stands for a provider of LLMs: it answers each request with the recorded answer that the request's header
/// `x-exchange` names, and with the request's own body where that is `mirror`.
///
/// Further headers ask how: `x-pieces: COUNT` for so many pieces with a pause after each, `x-hold: BYTES` for a stop after
/// so many bytes until `release()`. An answer whose recorded headers say `content-encoding: gzip` is sent as gzip.
final class ProviderDouble: Sendable {
  private let exchanges: [String: RecordedExchange]
  private let isReleased = Atomic(false)
  private let lastHeaders = Mutex("")

  /// The head of the last request.
  var lastHead: String { lastHeaders.withLock { $0 } }

  private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

  private init(_ exchanges: [RecordedExchange]) {
    self.exchanges = Dictionary(exchanges.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Listens on a port of 127.0.0.1 while the body runs.
  static func with<Result: Sendable>(
    port: Int, _ exchanges: [RecordedExchange] = [], _ body: (ProviderDouble) async throws -> Result
  ) async throws -> Result {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
      .bind(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture { try Connection(wrappingChannelSynchronously: channel) }
      }
    let provider = ProviderDouble(exchanges)
    return try await withThrowingTaskGroup { group in
      group.addTask { try await provider.accept(server) }
      defer { group.cancelAll() }
      return try await body(provider)
    }
  }

  /// Lets held answers go on.
  func release() { isReleased.store(true, ordering: .releasing) }

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
      var received = ByteBuffer()
      for try await bytes in inbound {
        received.writeImmutableBuffer(bytes)
        while let request = Self.takeRequest(from: &received) {
          lastHeaders.withLock { $0 = request.head }
          try await answer(request, to: outbound)
        }
      }
    }
  }

  private struct Request {
    let head: String
    let body: ByteBuffer

    func header(_ name: String) -> String? {
      head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name + ":") }
        .map { $0.dropFirst(name.count + 1).trimmingPrefix(" ") }.map(String.init)
    }

    func number(_ name: String) -> Int? { header(name).flatMap { Int($0) } }
  }

  private static func takeRequest(from received: inout ByteBuffer) -> Request? {
    let view = received.readableBytesView
    guard let end = view.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let head = Request(head: String(decoding: view[..<end.lowerBound], as: UTF8.self), body: ByteBuffer())
    let (start, length) = (end.upperBound - view.startIndex, head.number("content-length") ?? 0)
    guard received.readableBytes >= start + length else { return nil }
    received.moveReaderIndex(forwardBy: start)
    defer { received.discardReadBytes() }
    return Request(head: head.head, body: received.readSlice(length: length) ?? ByteBuffer())
  }

  private func answer(_ request: Request, to outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws {
    let exchange = request.header("x-exchange").flatMap { exchanges[$0] }
    let status = exchange?.answer.start ?? "HTTP/1.1 200 OK"
    let headers = exchange?.answer.headers ?? [("content-type", "application/json")]
    var body = exchange.map { ByteBuffer(string: $0.answer.body) } ?? request.body
    if exchange?.answer["content-encoding"] == "gzip" {
      body = ByteBuffer(bytes: StoredGzip.encode(body.readableBytesView))
    }
    let fields = headers.map { "\($0): \($1)\r\n" }.joined()
    try await outbound.write(ByteBuffer(string: "\(status)\r\n\(fields)transfer-encoding: chunked\r\n\r\n"))
    let hold = request.number("x-hold")
    if let hold {
      try await send(body.readSlice(length: min(hold, body.readableBytes)), to: outbound)
      while !isReleased.load(ordering: .acquiring) { try await Task.sleep(for: .milliseconds(2)) }
    }
    let pieces = request.number("x-pieces") ?? 1
    let size = max(1, body.readableBytes / pieces)
    while body.readableBytes > 0 {
      try await send(body.readSlice(length: min(size, body.readableBytes)), to: outbound)
      // Not to wait for anything: so that pieces do not travel together.
      if pieces > 1 { try await Task.sleep(for: .microseconds(200)) }
    }
    try await outbound.write(ByteBuffer(string: "0\r\n\r\n"))
  }

  private func send(_ piece: ByteBuffer?, to outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws {
    guard let piece, piece.readableBytes > 0 else { return }
    var chunk = ByteBuffer(string: String(piece.readableBytes, radix: 16) + "\r\n")
    chunk.writeImmutableBuffer(piece)
    chunk.writeString("\r\n")
    try await outbound.write(chunk)
  }
}

/// gzip (RFC 1952) without compression.
private enum StoredGzip {
  static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
    let bytes = Array(bytes)
    let length = UInt16(clamping: bytes.count)
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
      // One last block that is stored: up to 65,535 bytes.
      + [1] + littleEndian(length) + littleEndian(~length) + bytes.prefix(Int(length))
      + littleEndian(checksum(bytes.prefix(Int(length)))) + littleEndian(UInt32(length))
  }

  private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  /// CRC-32.
  private static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(0xFFFF_FFFF as UInt32) { sum, byte in
      (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum & 1 == 1 ? (sum >> 1) ^ 0xEDB8_8320 : sum >> 1 }
    }
  }
}
