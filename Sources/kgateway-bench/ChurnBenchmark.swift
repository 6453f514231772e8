import ArgumentParser
import Controller
import KubernetesAPI
import KubernetesClient
import Logging
import PrometheusMetrics
import RealComponents
import Synchronization
import XDS

/// A long life of changes.
struct ChurnBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "churn",
    abstract: "100,000 changes over 1,000 Gateways with 200 proxies: throughput, and memory at ten points.",
    discussion: """
      Routes, policies and endpoints are added, edited and deleted at random (the same changes in each run), as fast as \
      they are taken. A row is a tenth of the changes: memory is that of the control plane's process when all of them are \
      published and acknowledged, ratio beside the first tenth's. status_writes counts the requests that would have gone \
      to the API server, and translations how many the changes came to.
      """)

  @Option(help: "How many changes.")
  var changes = 100_000

  @Option(help: "How many Gateways.")
  var gateways = 1000

  @Option(help: "How many proxies, each of another Gateway.")
  var proxies = 200

  @OptionGroup var output: OutputOptions

  func run() async throws {
    var table = ResultTable(columns: [
      "changes", "seconds", "per_second", "cpu_s", "translations", "status_writes", "resident_mib", "ratio",
    ])
    let server = CountingAPIServer()
    let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    let metrics = ControlPlaneMetrics(
      registry: MetricsRegistry(),
      build: BuildInformation(version: "bench", commit: "", swiftVersion: "", envoyVersion: ""))
    let writer = StatusWriter(
      client: KubernetesClient(requests: server, streams: server),
      controllerName: BenchmarkObjects.controllerName, metrics: metrics, logger: logger)
    let plane = BenchmarkControlPlane(statusSink: writer)
    let writing = Task { await writer.run { await plane.reconciler.status(of: $0) } }
    try await plane.fill(gateways: gateways)
    let port = try await plane.listen()
    let arguments = ["proxies", "--port", "\(port)", "--streams", "\(proxies)", "--gateways", "\(gateways)"]
    try await withProcess(OwnProgram.path, arguments) { _ in
      try await eventually("all proxies are connected", within: .seconds(60)) { plane.openStreams == proxies }
      try await plane.settle()
      try await churn(plane, server, &table)
    }
    writing.cancel()
    await plane.end()
    table.print(as: output)
  }

  private func churn(
    _ plane: BenchmarkControlPlane, _ server: CountingAPIServer, _ table: inout ResultTable
  ) async throws {
    var script = ChurnScript(gateways: gateways)
    let clock = ContinuousClock()
    var first: Int?
    for tenth in 1...10 {
      let (start, before) = (clock.now, ProcessUsage.own().cpu)
      let (translations, writes) = (plane.translations, server.writes)
      for _ in 0..<(changes / 10) { await plane.reconciler.apply([script.next()]) }
      let seconds = (try await plane.settle() - start) / .seconds(1)
      let usage = ProcessUsage.own()
      first = first ?? usage.resident
      table.add([
        .integer(tenth * changes / 10), .decimal(seconds), .integer(Int(Double(changes / 10) / seconds)),
        .decimal((usage.cpu - before) / .seconds(1)), .integer(plane.translations - translations),
        .integer(server.writes - writes), .decimal(usage.resident.mebibytes),
        .decimal(Double(usage.resident) / Double(first ?? 1)),
      ])
    }
  }
}

/// The changes of ``ChurnBenchmark``: of each kind some objects exist at a time, and whichever is picked is made, edited
/// or deleted.
private struct ChurnScript {
  private var random = SplitMix64(seed: 1)
  private let gateways: Int
  private var round = 0

  init(gateways: Int) { self.gateways = gateways }

  mutating func next() -> ResourceEvent {
    round += 1
    let gateway = "gateway-\(Int.random(in: 0..<gateways, using: &random))"
    let number = 100 + Int.random(in: 0..<3, using: &random)
    let isDeletion = Int.random(in: 0..<3, using: &random) == 0
    switch Int.random(in: 0..<3, using: &random) {
    case 0 where isDeletion: return .delete(Self.reference(.httpRoute, "\(gateway)-route-\(number)"))
    case 0: return .upsert(BenchmarkObjects.route(number, gateway: gateway, path: "/round-\(round)"))
    case 1 where isDeletion: return .delete(Self.reference(.httpListenerPolicy, "\(gateway)-policy-\(number)"))
    case 1:
      return .upsert(
        BenchmarkObjects.accessLogPolicy("\(gateway)-policy-\(number)", gateway: gateway, marker: "round \(round)"))
    default:
      let service = Int.random(in: 0..<50, using: &random)
      return .upsert(BenchmarkObjects.slice(service, lastByte: round % 250 + 1))
    }
  }

  private static func reference(_ kind: KubernetesKind, _ name: String) -> ObjectReference {
    ObjectReference(kind: kind, id: NamespacedName(namespace: BenchmarkObjects.namespace, name: name))
  }
}

/// An API server that takes every write at once, and counts them.
private final class CountingAPIServer: KubernetesTransport {
  private final class Body: HTTPResponseBody {
    private var isRead = false

    func next() async throws -> [UInt8]? {
      defer { isRead = true }
      return isRead ? nil : Array("{}".utf8)
    }
  }

  private let count = Atomic(0)

  var writes: Int { count.load(ordering: .relaxed) }

  func perform<Result>(
    _ request: HTTPRequest, _ consume: (HTTPResponseHead, any HTTPResponseBody) async throws -> Result
  ) async throws -> Result {
    count.add(1, ordering: .relaxed)
    return try await consume(HTTPResponseHead(status: 200), Body())
  }

  func shutdown() async {}
}
