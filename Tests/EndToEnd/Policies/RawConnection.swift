import NIOCore
import NIOPosix

/// One connection to a port of 127.0.0.1 on which everything is sent and shown as it is.
struct RawConnection {
  /// What was waited for did not come.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private typealias Bytes = NIOAsyncChannel<ByteBuffer, ByteBuffer>

  private static let deadline = Duration.seconds(20)

  private let channel: any Channel
  private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
  private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
  /// What came and was not taken yet.
  private var unread = ""

  /// Connects, and closes when the body is through.
  static func with<Result: Sendable>(
    port: Int, _ body: (inout RawConnection) async throws -> Result
  ) async throws -> Result {
    let bytes = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(.seconds(5))
      .channelOption(.socketOption(.tcp_nodelay), value: 1)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture { try Bytes(wrappingChannelSynchronously: channel) }
      }
    return try await bytes.executeThenClose { inbound, outbound in
      var connection = RawConnection(
        channel: bytes.channel, inbound: inbound.makeAsyncIterator(), outbound: outbound)
      return try await body(&connection)
    }
  }

  func send(_ text: String) async throws {
    try await outbound.write(ByteBuffer(string: text))
  }

  /// Takes what comes up to the first occurrence of a text, and that too.
  ///
  /// - Throws: ``Failure`` if the connection ends first, or nothing like it comes in time.
  mutating func read(through text: String) async throws -> String {
    while true {
      if let range = unread.firstRange(of: text) {
        defer { unread = String(unread[range.upperBound...]) }
        return String(unread[..<range.upperBound])
      }
      guard try await readMore() else { throw Failure(description: "ended before \(text.debugDescription): \(unread)") }
    }
  }

  /// Takes an answer: as much as its `content-length` says or, without one, until the other side closes.
  mutating func readAnswer() async throws -> RawAnswer {
    let head = try await read(through: "\r\n\r\n")
    guard let length = RawAnswer(head)["content-length"].first.flatMap({ Int($0) }) else {
      return RawAnswer(head + (try await readToEnd()))
    }
    while unread.utf8.count < length, try await readMore() {}
    defer { unread = "" }
    return RawAnswer(head + unread)
  }

  /// Takes what comes until the other side closes.
  ///
  /// - Throws: ``Failure`` if it does not close in time.
  mutating func readToEnd() async throws -> String {
    while try await readMore() {}
    defer { unread = "" }
    return unread
  }

  /// - Returns: whether something came; otherwise the other side has closed.
  private mutating func readMore() async throws -> Bool {
    let (channel, clock) = (self.channel, ContinuousClock())
    let end = clock.now + Self.deadline
    let timer = channel.eventLoop.scheduleTask(in: TimeAmount(Self.deadline)) { channel.close(promise: nil) }
    defer { timer.cancel() }
    if let more = try await inbound.next(isolation: #isolation) {
      unread += String(buffer: more)
      return true
    }
    guard clock.now < end else { throw Failure(description: "nothing more came, only: \(unread)") }
    return false
  }
}

/// An answer as it was read.
struct RawAnswer: Sendable {
  /// From the status line to the empty line.
  let head: String
  let body: String

  init(_ text: String) {
    let end = text.firstRange(of: "\r\n\r\n")
    head = end.map { String(text[..<$0.lowerBound]) } ?? text
    body = end.map { String(text[$0.upperBound...]) } ?? ""
  }

  /// 0 for what is no answer.
  var status: Int { head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0 }

  /// The names and values of the headers, spelt as they came.
  var headers: [(name: String, value: String)] {
    head.split(separator: "\r\n").dropFirst().map { line in
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      return (String(parts[0]), parts.count == 2 ? String(parts[1].drop { $0 == " " }) : "")
    }
  }

  /// The values of a header, however its name is spelt.
  subscript(name: String) -> [String] {
    headers.filter { $0.name.lowercased() == name }.map(\.value)
  }
}
