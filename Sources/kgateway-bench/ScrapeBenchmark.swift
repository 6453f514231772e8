import AdminServer
import ArgumentParser
import Logging
import NIOCore
import NIOPosix
import PrometheusMetrics
import WorkQueues

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What a scrape of `/metrics` costs, with Gateways in the store and a descriptor open for a proxy of each.
struct ScrapeBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scrape",
    abstract: "One scrape of the metrics with 10, 100 and 1,000 Gateways in the store, as text and as protobuf.",
    discussion: """
      copy_us is what it takes to copy the bytes of the text, http_empty_us a request for /healthz: what does not depend \
      on metrics. The http columns are whole requests over a connection that is kept.
      """)

  @Option(help: "How long each figure is measured, in milliseconds.")
  var milliseconds = 500

  @Option(help: "How many Gateways are in the store, one table row each.")
  var gateways: [Int] = [10, 100, 1000]

  @OptionGroup var output: OutputOptions

  func run() async throws {
    var table = ResultTable(columns: [
      "gateways", "open_fds", "text_bytes", "protobuf_bytes", "copy_us", "text_us", "protobuf_us", "http_empty_us",
      "http_text_us", "http_protobuf_us",
    ])
    for count in gateways { table.add(try await measure(gateways: count)) }
    table.print(as: output)
  }

  private func measure(gateways count: Int) async throws -> [ResultTable.Cell] {
    let plane = BenchmarkControlPlane()
    try await plane.fill(gateways: count)
    _ = try await plane.listen()
    let descriptors = (0..<count).map { _ in dup(1) }.filter { $0 >= 0 }
    defer { for descriptor in descriptors { close(descriptor) } }
    Self.observe(plane.metrics)

    let registry = plane.metrics.registry
    let text = try registry.exposition(as: .text)
    let message = try registry.exposition(as: .protobuf)
    let copy = median { _ = text.withUnsafeBufferPointer { Array($0) } }
    let asText = try median { _ = try registry.exposition(as: .text) }
    let asProtobuf = try median { _ = try registry.exposition(as: .protobuf) }
    let overHTTP = try await requests(to: registry)
    await plane.end()
    return [
      .integer(count), .integer(descriptors.count), .integer(text.count), .integer(message.count),
      .decimal(copy.microseconds), .decimal(asText.microseconds), .decimal(asProtobuf.microseconds),
    ] + overHTTP.map { .decimal($0.microseconds) }
  }

  /// Every histogram as after a long life, with observations all over its range.
  private static func observe(_ metrics: ControlPlaneMetrics) {
    let histograms = [
      metrics.translations.latency, metrics.reconciliations.latency, metrics.configPropagation,
      metrics.validationLatency,
    ]
    var value = 1e-5
    while value < 10 {
      for histogram in histograms { histogram.observe(value) }
      value *= 1.05
    }
  }

  /// An empty answer, the text, and protobuf.
  private func requests(to registry: MetricsRegistry) async throws -> [Duration] {
    let (listening, listens) = AsyncStream.makeStream(of: AdminServer.Ports.self)
    let anyPort = ListenAddress(host: "127.0.0.1", port: 0)
    let server = AdminServer(
      configuration: .init(metricsAddress: anyPort, healthAddress: anyPort), registry: registry, readiness: { [] },
      onListening: { listens.yield($0) }, logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
    return try await withThrowingTaskGroup { group in
      group.addTask { try await server.run() }
      var times: [Duration] = []
      for await ports in listening {
        times.append(try await median(of: "/healthz", port: ports.health))
        for format in [ExpositionFormat.text, .protobuf] {
          times.append(try await median(of: "/metrics", port: ports.metrics, accept: format.contentType))
        }
        break
      }
      group.cancelAll()
      return times
    }
  }

  private func median(of path: String, port: Int, accept: String = "*/*") async throws -> Duration {
    try await ScrapeConnection.with(port: port) { connection in
      let clock = ContinuousClock()
      let end = clock.now + .milliseconds(milliseconds)
      var times: [Duration] = []
      repeat {
        let start = clock.now
        try await connection.get(path, accept: accept)
        times.append(clock.now - start)
      } while clock.now < end
      return times.percentile(0.5)
    }
  }

  private func median(_ work: () throws -> Void) rethrows -> Duration {
    let clock = ContinuousClock()
    let end = clock.now + .milliseconds(milliseconds)
    var times: [Duration] = []
    repeat { times.append(try clock.measure(work)) } while clock.now < end
    return times.percentile(0.5)
  }
}
