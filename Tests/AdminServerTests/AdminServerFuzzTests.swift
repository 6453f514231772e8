import Fuzzing
import Logging
import PrometheusMetrics
import RealComponents
import Synchronization
import Testing

@testable import AdminServer

@Suite("Fuzzing the ports for metrics and health", .serialized)
final class AdminServerFuzzTests: Sendable {
  private let ports = Mutex<AdminServer.Ports?>(nil)

  private static let requests = [
    "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "GET /metrics HTTP/1.0\r\n\r\n",
    "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept: application/vnd.google.protobuf;proto=x;q=0.5,text/plain;version=\"0.0.4\";q=0.3,*/*;q=0.1\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "POST /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc",
    "POST /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "HEAD /metrics?a=b#c HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n",
  ]

  private static let words = [
    "\r\n", "\r\n\r\n", "\n", ": ", "GET ", " HTTP/1.1", "HTTP/2.0", "Host: a", "Content-Length: ",
    "Transfer-Encoding: chunked",
    "Connection: close\r\n", "Connection: upgrade\r\nUpgrade: h2c\r\n", "Accept: ", "*/*", ";q=", ",", "\"", "/metrics",
    "/healthz", "//", "/../", "%00", "%2e", "http://a/", "*", "ffffffffffffffff\r\n", "-1", " ", "\t",
    "Expect: 100-continue\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  ]

  @Test("whatever is sent is answered in HTTP or closed, and the next scrape goes well")
  func requests() async throws {
    let registry = MetricsRegistry(nativeHistograms: true)
    registry.counter("requests_total", "Requests.").increment()
    let server = AdminServer(
      configuration: .init(
        metricsAddress: ListenAddress(host: "127.0.0.1", port: 0),
        healthAddress: ListenAddress(host: "127.0.0.1", port: 0)),
      registry: registry, readiness: { ["something"] }, onListening: { found in self.ports.withLock { $0 = found } },
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    try await withThrowingTaskGroup { tasks in
      tasks.addTask { try await server.run() }
      let ports = try await eventuallyValue("both listeners are there") { self.ports.withLock { $0 } }
      let mutator = ByteMutator(corpus: Self.requests, dictionary: Self.words)
      let findings = await Fuzzer("admin", cases: 500, limit: .seconds(5)).run(mutator.mutant) { bytes, random in
        let port = random.chance(50) ? ports.metrics : ports.health
        return try await self.verdict(on: random.chance(50) ? [bytes] : random.cut(bytes).suffix(50), port: port)
      }
      #expect(findings == [])
      for (port, path) in [(ports.metrics, "/metrics"), (ports.health, "/healthz")] {
        let request = Array("GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)
        let (answer, _) = try await LoopbackExchange.send([request], toPort: port, within: .seconds(10))
        #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 200 OK\r\n"))
      }
      tasks.cancelAll()
    }
  }

  private func verdict(on pieces: [[UInt8]], port: Int) async throws -> FuzzVerdict {
    // Long enough for an answer; what waits for the rest of a request would wait much longer.
    let (answer, _) = try await LoopbackExchange.send(pieces, toPort: port, within: .milliseconds(20))
    let text = String(decoding: answer, as: UTF8.self)
    if text.isEmpty { return .refused }
    guard text.hasPrefix("HTTP/1.") else {
      return .fault("an answer that is no HTTP: \(text.prefix(100).debugDescription)")
    }
    let status = text.dropFirst(9).prefix(3)
    if status == "500" { return .fault("an inner error: \(text.prefix(300).debugDescription)") }
    return status == "200" ? .accepted : .refused
  }

  @Test("no header Accept costs more than its length")
  func scaling() {
    let words = [",", ";", "q=0.1", "text/plain", "\"", "*/*", "\\", "=", " "]
    let findings = ScalingProbe(words: words, length: 4_000).findings { text in
      _ = AcceptHeader([text]).preferred(among: [.text, .protobuf])
    }
    #expect(findings == [])
  }
}
