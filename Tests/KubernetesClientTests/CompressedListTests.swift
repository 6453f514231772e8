import APIServerDouble
import KubernetesAPI
import KubernetesClient
import RealComponents
import Synchronization
import Testing

@Suite("Lists that come compressed", .timeLimit(.minutes(1)))
struct CompressedListTests {
  /// A list of notes whose texts do not compress to nothing.
  static func list(_ count: Int) -> String {
    var random = SplitMix64(seed: 7)
    let items = (0..<count).map { number in
      let text = (0..<40).map { _ in String(random.next() % 1_000_000, radix: 36) }.joined()
      return Note.json("note-\(number)", at: number + 1, text: "\"\(text)\"")
    }
    return Note.list(items, at: count + 1)
  }

  @Test("the items of a compressed list are told while the rest of it is on its way")
  func incremental() async throws {
    let compressed = gzip(Array(Self.list(500).utf8))
    let received = Mutex(0)
    let server = try LocalHTTPServer { connection in
      while connection.readRequest() != nil {
        connection.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(compressed.count)\r\n\r\n")
        connection.write(Array(compressed.prefix(compressed.count / 2)))
        connection.wait { received.withLock { $0 > 100 } }
        connection.write(Array(compressed.suffix(compressed.count - compressed.count / 2)))
      }
    }
    let client = try KubernetesClient(
      ClusterAccess(server: try #require(ServerAddress(server.address))), userAgent: "kgateway/test")
    let metadata = try await client.list(Note.resource) { _ in received.withLock { $0 += 1 } }
    #expect(metadata.resourceVersion == "501")
    #expect(received.withLock(\.self) == 500)
    await client.shutdown()
  }

  @Test("a compressed list whose reader is slow is held back, and comes whole")
  func slowReader() async throws {
    let compressed = gzip(Array(Self.list(8000).utf8))
    let server = try LocalHTTPServer { connection in
      while connection.readRequest() != nil {
        connection.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(compressed.count)\r\n\r\n")
        connection.write(compressed)
      }
    }
    let client = try KubernetesClient(
      ClusterAccess(server: try #require(ServerAddress(server.address))), userAgent: "kgateway/test")
    var names: Set<String> = []
    _ = try await client.list(Note.resource) { item in
      names.insert(String(decoding: item.prefix(60), as: UTF8.self))
      if names.count % 500 == 0 { try await Task.sleep(for: .milliseconds(5)) }
    }
    #expect(names.count == 8000)
    await client.shutdown()
  }

  @Test("a server compresses lists over 128 KiB, and nothing smaller", arguments: [true, false])
  func ofServer(isLong: Bool) async throws {
    try await APIServerDouble.withRunning { server in
      for number in 0..<(isLong ? 20 : 2) {
        try await server.putConfigMap("map-\(number)", "\(number)", bytes: 10_000)
      }
      let transport = try CurlTransport(
        CurlTransport.Configuration(
          server: try #require(ServerAddress(await server.url)), userAgent: "kgateway/test", version: .http1))
      let (encoding, bytes) = try await transport.perform(HTTPRequest(.get, path: "/api/v1/configmaps")) { head, body in
        var bytes: [UInt8] = []
        while let chunk = try await body.next() { bytes += chunk }
        return (head.headers["content-encoding"], bytes)
      }
      #expect(encoding == (isLong ? "gzip" : nil))
      #expect(bytes.count > (isLong ? 200_000 : 20_000))
      #expect(bytes.last == UInt8(ascii: "}"))
      await transport.shutdown()
    }
  }
}
