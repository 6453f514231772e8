#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A client of one request and one answer, which sends and shows headers exactly as they are.
enum LoopbackHTTP {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// The headers of the answer to a GET request, by their names in small letters.
  ///
  /// - Throws: `Failure` where nothing listens, or the answer is not 200.
  static func headers(
    port: Int, path: String = "/", _ headers: [(String, String)]
  ) throws(Failure) -> [String: String] {
    let request =
      "GET \(path) HTTP/1.1\r\nhost: test\r\nconnection: close\r\n"
      + headers.map { "\($0): \($1)\r\n" }.joined() + "\r\n"
    let answer = try exchange(port: port, request)
    let lines = answer.split(separator: "\r\n", omittingEmptySubsequences: false).prefix { !$0.isEmpty }
    guard let status = lines.first, status.hasPrefix("HTTP/1.1 200") else {
      throw Failure(description: "port \(port) answered \(lines.first ?? "nothing")")
    }
    var found: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      let value = parts.count == 2 ? parts[1].drop { $0 == " " } : ""
      found[parts[0].lowercased()] = String(value)
    }
    return found
  }

  private static func exchange(port: Int, _ request: String) throws(Failure) -> String {
    #if canImport(Darwin)
      let type = SOCK_STREAM
    #else
      let type = Int32(SOCK_STREAM.rawValue)
    #endif
    let descriptor = socket(AF_INET, type, 0)
    defer { close(descriptor) }
    var limit = timeval(tv_sec: 5, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port)).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw Failure(description: "nothing listens on port \(port)") }
    let bytes = Array(request.utf8)
    guard send(descriptor, bytes, bytes.count, 0) == bytes.count else {
      throw Failure(description: "port \(port) takes no request")
    }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { return String(decoding: answer, as: UTF8.self) }
      answer += buffer[..<count]
    }
  }
}
