import NIOCore
import NIOPosix
import RealComponents

/// A plain HTTP/1.1 client that hides nothing: it sends what it is given and keeps what comes, also where an answer
/// breaks off.
struct RawHTTPClient: Sendable {
  let port: Int

  struct Answer: Sendable {
    var status = 0
    var headers: [(name: String, value: String)] = []
    var body = ""
    /// Whether the answer came to the end that its head promised.
    var isComplete = false

    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name.lowercased() }?.value }
  }

  /// Sends one request on a connection of its own, and reads to the end.
  func send(
    _ method: String, _ target: String, headers: [(name: String, value: String)] = [], body: String = ""
  ) async throws -> Answer {
    try await open(method, target, headers: headers, body: body) { reader in try await reader.readToEnd() }
  }

  /// Sends a request with a JSON body.
  func send(_ method: String, _ target: String, json: String, type: String = "application/json") async throws -> Answer
  {
    try await send(method, target, headers: [("Content-Type", type)], body: json)
  }

  /// Sends one request, and leaves the reading of the answer to `body`; afterwards the connection is closed.
  func open<Result: Sendable>(
    _ method: String, _ target: String, headers: [(name: String, value: String)] = [], body text: String = "",
    _ body: (inout AnswerReader) async throws -> Result
  ) async throws -> Result {
    let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    return try await channel.executeThenClose { inbound, outbound in
      var lines = ["\(method) \(target) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close"]
      lines += headers.map { "\($0.name): \($0.value)" }
      lines.append("Content-Length: \(text.utf8.count)")
      try await outbound.write(ByteBuffer(string: lines.joined(separator: "\r\n") + "\r\n\r\n" + text))
      var reader = AnswerReader(inbound.makeAsyncIterator())
      return try await body(&reader)
    }
  }
}

/// Reads one answer as it comes.
struct AnswerReader {
  private var chunks: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
  private var buffer = ByteBuffer()
  private var isAtEnd = false
  private(set) var answer = RawHTTPClient.Answer()
  /// The body so far that `nextLine` has not handed out.
  private var text = ""
  private var remaining: Int?

  init(_ chunks: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator) { self.chunks = chunks }

  /// Reads the status line and the headers.
  mutating func readHead() async throws {
    guard answer.status == 0 else { return }
    while let line = try await rawLine() {
      if line.isEmpty { break }
      if answer.status == 0 {
        answer.status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? -1
      } else if let colon = line.firstIndex(of: ":") {
        let value = line[line.index(after: colon)...].drop { $0 == " " }
        answer.headers.append((String(line[..<colon]), String(value)))
      }
    }
    remaining = answer.header("Content-Length").flatMap { Int($0) }
  }

  /// The next line of the body; nil when the answer has ended or broken off.
  mutating func nextLine() async throws -> String? {
    try await readHead()
    while true {
      if let end = text.firstIndex(of: "\n") {
        let line = String(text[..<end])
        text = String(text[text.index(after: end)...])
        return line
      }
      guard let part = try await nextPart() else { return nil }
      text += part
    }
  }

  mutating func readToEnd() async throws -> RawHTTPClient.Answer {
    try await readHead()
    while let part = try await nextPart() { text += part }
    answer.body = text
    return answer
  }

  private mutating func nextPart() async throws -> String? {
    if answer.header("Transfer-Encoding") == "chunked" {
      guard let size = try await rawLine().flatMap({ Int($0, radix: 16) }) else { return nil }
      let part = try await rawBytes(size)
      guard try await rawLine() == "", size > 0 else {
        answer.isComplete = size == 0
        return nil
      }
      return part
    }
    guard let count = remaining else { return nil }
    remaining = nil
    let part = try await rawBytes(count)
    answer.isComplete = part?.utf8.count == count
    return part
  }

  private mutating func rawLine() async throws -> String? {
    while true {
      if let end = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
        let line = buffer.readString(length: end - buffer.readerIndex + 1) ?? ""
        // Swift counts CR LF as one character.
        return String(line.dropLast())
      }
      guard try await readMore() else { return nil }
    }
  }

  private mutating func rawBytes(_ count: Int) async throws -> String? {
    while buffer.readableBytes < count {
      guard try await readMore() else { break }
    }
    return buffer.readString(length: min(count, buffer.readableBytes))
  }

  private mutating func readMore() async throws -> Bool {
    guard !isAtEnd else { return false }
    do {
      guard var chunk = try await chunks.next(isolation: #isolation) else {
        isAtEnd = true
        return false
      }
      buffer.writeBuffer(&chunk)
      return true
    } catch is IOError {
      // A connection that was reset has ended too.
      isAtEnd = true
      return false
    }
  }
}
