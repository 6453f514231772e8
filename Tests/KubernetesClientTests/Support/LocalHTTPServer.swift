import Glibc
import Synchronization

@testable import KubernetesClient

/// An HTTP/1.1 server on a loopback port that answers byte for byte as a test says; a thread for each connection.
final class LocalHTTPServer: Sendable {
  let port: Int
  private let listener: Int32
  private let connectionCount = Mutex(0)

  /// - Parameter serve: has each connection in turn, and closes it by returning.
  init(_ serve: @escaping @Sendable (Connection) -> Void) throws {
    (listener, port) = try Self.listen()
    let listener = listener
    guard
      startThread({ [weak self] in
        while true {
          let descriptor = accept(listener, nil, nil)
          guard descriptor >= 0 else { break }
          self?.connectionCount.withLock { $0 += 1 }
          _ = startThread {
            let connection = Connection(descriptor)
            serve(connection)
            connection.close()
          }
        }
        close(listener)
      })
    else { throw SocketError(what: "thread") }
  }

  deinit {
    // Ends the thread's accept.
    shutdown(listener, Int32(SHUT_RDWR))
  }

  var address: String { "http://127.0.0.1:\(port)" }

  /// The connections that were accepted so far.
  var connections: Int { connectionCount.withLock(\.self) }

  private static func listen() throws -> (descriptor: Int32, port: Int) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard listener >= 0 else { throw SocketError(what: "socket") }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(listener, pointer, length) == 0 && Glibc.listen(listener, 64) == 0
          && getsockname(listener, pointer, &length) == 0
      }
    }
    guard isListening else { throw SocketError(what: "bind") }
    return (listener, Int(UInt16(bigEndian: address.sin_port)))
  }

  struct SocketError: Error {
    let what: String
  }

  /// A request as it came.
  struct Request {
    var line: String
    /// By lower-case name.
    var headers: [String: String]
    var body: [UInt8]
  }

  /// One connection, on its thread.
  final class Connection {
    private let descriptor: Int32
    private var unread: [UInt8] = []

    init(_ descriptor: Int32) {
      self.descriptor = descriptor
    }

    /// The next request; nil when the peer has closed the connection.
    func readRequest() -> Request? {
      let end = Array("\r\n\r\n".utf8)
      var headEnd = unread.firstRange(of: end)
      while headEnd == nil {
        guard readMore() else { return nil }
        headEnd = unread.firstRange(of: end)
      }
      guard let headEnd else { return nil }
      let lines = String(decoding: unread[..<headEnd.lowerBound], as: UTF8.self).split(separator: "\r\n")
      unread.removeSubrange(..<headEnd.upperBound)
      var request = Request(line: String(lines.first ?? ""), headers: [:], body: [])
      for line in lines.dropFirst() {
        let parts = line.split(separator: ": ", maxSplits: 1)
        request.headers[parts[0].lowercased()] = parts.count == 2 ? String(parts[1]) : ""
      }
      let length = request.headers["content-length"].flatMap { Int($0) } ?? 0
      while unread.count < length {
        guard readMore() else { return nil }
      }
      request.body = Array(unread.prefix(length))
      unread.removeFirst(length)
      return request
    }

    /// False when the peer has gone.
    @discardableResult
    func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
      }
      return true
    }

    /// Writes as much as goes, of `limit` bytes at most; none when the peer does not read, or is gone.
    func writeSome(_ bytes: [UInt8], limit: Int) -> Int {
      max(0, bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, min($0.count, limit), Int32(MSG_NOSIGNAL)) })
    }

    /// A whole answer.
    func answer(_ body: String, status: String = "200 OK") {
      write("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// The head of an answer whose length is not told; ``chunk(_:)`` goes on.
    func beginChunks() { write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") }

    func chunk(_ text: String) { write("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n") }

    /// How long a write may wait for the peer to read before it gives up.
    func limitWrites(milliseconds: Int) {
      var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
      setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Returns when the test has come as far as that.
    func wait(for condition: () -> Bool) {
      while !condition() { usleep(1000) }
    }

    /// Returns when the peer has closed the connection.
    func waitForEnd() {
      while readMore() {}
    }

    func close() {
      Glibc.close(descriptor)
    }

    private func readMore() -> Bool {
      var block = [UInt8](repeating: 0, count: 16 * 1024)
      let count = recv(descriptor, &block, block.count, 0)
      guard count > 0 else { return false }
      unread += block[..<count]
      return true
    }
  }
}
