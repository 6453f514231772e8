import NIOCore
import NIOPosix

/// A client that keeps its connection of HTTP/1.1 from one request to the next. Not Foundation's, which leaks an address
/// of libcurl with each request (`CFURLSessionCurlHostIsEqual`), so that nothing could be said of libcurl's leaks.
struct KeptConnection {
  struct Answer: Sendable {
    let status: Int
    let headers: [String: String]
    let body: String
  }

  /// What is no answer.
  struct Failure: Error {
    let received: String
  }

  private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
  private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>

  private init(
    _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
  ) {
    (self.inbound, self.outbound) = (inbound.makeAsyncIterator(), outbound)
  }

  /// Connects to the port of the loopback, and closes when the body is through.
  static func with<Value: Sendable>(
    port: Int, _ body: (inout KeptConnection) async throws -> Value
  ) async throws -> Value {
    let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    return try await channel.executeThenClose { inbound, outbound in
      var connection = KeptConnection(inbound, outbound)
      return try await body(&connection)
    }
  }

  /// Asks for the path, and reads the answer to its end.
  mutating func get(_ path: String, method: String = "GET", headers: [String: String] = [:]) async throws -> Answer {
    let fields = ["Host": "127.0.0.1", "Content-Length": "0"].merging(headers) { $1 }
    let lines = ["\(method) \(path) HTTP/1.1"] + fields.map { "\($0.key): \($0.value)" }
    try await outbound.write(ByteBuffer(string: lines.joined(separator: "\r\n") + "\r\n\r\n"))
    var received = ByteBuffer()
    while true {
      if let answer = Self.answer(in: received) { return answer }
      guard let chunk = try await inbound.next(isolation: #isolation) else {
        throw Failure(received: String(buffer: received))
      }
      received.writeImmutableBuffer(chunk)
    }
  }

  /// Nil where there is more to come.
  private static func answer(in received: ByteBuffer) -> Answer? {
    let bytes = Array(received.readableBytesView)
    guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
    let headers = lines.dropFirst().compactMap { line -> (String, String)? in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      return (String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
    }
    let answer = Answer(
      status: lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0,
      headers: Dictionary(headers) { first, _ in first },
      body: String(decoding: bytes[end.upperBound...], as: UTF8.self))
    let length = answer.headers["Content-Length"].flatMap { Int($0) } ?? 0
    return bytes.count - end.upperBound >= length ? answer : nil
  }
}
