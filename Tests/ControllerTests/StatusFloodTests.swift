import Controller
import FoundationEssentials
import KubernetesAPI
import KubernetesClient
import Logging
import PrometheusMetrics
import RealComponents
import RecordedLog
import Synchronization
import Testing
import Translator
import XDS

/// Many statuses that change at once. `KGATEWAY_STATUS_FLOOD` is how many policies there are; 10,000 take a quarter of a
/// minute, since the rate is ten times the usual one here.
@Suite("A flood of statuses", .timeLimit(.minutes(5)))
struct StatusFloodTests {
  private static let rate = 500.0
  private static let burst = 20
  private static let policies =
    ProcessInfo.processInfo.environment["KGATEWAY_STATUS_FLOOD"].flatMap { Int($0) } ?? 300

  private struct Written: Sendable {
    /// Which of the requests it is.
    var number: Int
    var path: String
    var at: ContinuousClock.Instant
    var underWay: Int
  }

  /// What reaches the API server, and how many requests are there at a time.
  private final class Server: Sendable {
    private let state = Mutex((written: [Written](), underWay: 0))

    var written: [Written] { state.withLock { $0.written } }

    func begin(_ request: HTTPRequest, _ number: Int) {
      state.withLock {
        $0.underWay += 1
        $0.written.append(Written(number: number, path: request.path, at: .now, underWay: $0.underWay))
      }
    }

    func end() { state.withLock { $0.underWay -= 1 } }
  }

  private static func statusOf(_ number: Int) -> String {
    "/apis/gateway.kgateway.dev/v1alpha1/namespaces/shop/httplistenerpolicies/policy-\(number)/status"
  }

  /// A reconciler with a Gateway, and with policies for a Gateway that is not there; its statuses go to the server.
  private static func withRunning(
    leadership: Leadership = .alone, answer: @escaping @Sendable (Int) -> AnsweringTransport.Answer = { _ in .init() },
    _ body: (Bed) async throws -> Void
  ) async throws {
    let server = Server()
    let transport = AnsweringTransport { request, number in
      server.begin(request, number)
      defer { server.end() }
      try await Task.sleep(for: .milliseconds(2))
      return answer(number)
    }
    let bed = Bed(server: server, transport: transport, leadership: leadership, rate: rate, burst: burst)
    try await withThrowingTaskGroup { group in
      group.addTask { await bed.reconciler.run() }
      group.addTask { await bed.writer.run { [reconciler = bed.reconciler] in await reconciler.status(of: $0) } }
      await bed.apply([
        Objects.gatewayClass("kgateway"), Objects.gateway("shop/web", class: "kgateway"), Objects.service("shop/cart"),
        Objects.route("shop/cart", parents: ["web"], backends: ["cart"]),
      ])
      for kind in KubernetesKind.allCases { await bed.reconciler.synced(kind) }
      try await eventually("the first statuses are written") { bed.metrics.statusWrites[.success].value >= 3 }
      try await body(bed)
      group.cancelAll()
    }
  }

  private struct Bed {
    let server: Server
    let snapshots = SnapshotStore()
    let metrics = ControlPlaneMetrics(
      build: BuildInformation(version: "0", commit: "0", swiftVersion: "0", envoyVersion: "0"))
    let log = RecordedLog()
    let writer: StatusWriter
    let reconciler: Reconciler

    init(server: Server, transport: AnsweringTransport, leadership: Leadership, rate: Double, burst: Int) {
      self.server = server
      writer = StatusWriter(
        client: transport.client, controllerName: "kgateway.dev/kgateway", metrics: metrics, logger: log.logger,
        leadership: leadership, pace: .init(rate: rate, burst: burst))
      reconciler = Reconciler(
        settings: TranslatorSettings(), snapshots: snapshots, statusSink: writer, metrics: metrics,
        logger: log.logger, parallelism: 2)
    }

    func apply(_ objects: [KubernetesObject]) async { await reconciler.apply(objects.map(ResourceEvent.upsert)) }

    /// The time from a change of the route to the snapshot that has it.
    func changeRoute(_ path: String) async throws -> Duration {
      let id = GatewayID(namespace: "shop", name: "web")
      let before = snapshots.snapshot(for: id)?.version(.route)
      let start = ContinuousClock.now
      await apply([Objects.route("shop/cart", parents: ["web"], backends: ["cart"], path: path)])
      try await eventually("the route is published", every: .milliseconds(1)) {
        snapshots.snapshot(for: id)?.version(.route) != before
      }
      return start.duration(to: .now)
    }
  }

  private static var flood: [KubernetesObject] {
    (0..<policies).map { Objects.policy("shop/policy-\($0)", targets: ["nowhere"]) }
  }

  @Test("policies that change at once are each written once, four at a time, at a rate, and hold up no route")
  func rate() async throws {
    try await Self.withRunning { bed in
      var quiet: [Duration] = []
      for number in 0..<5 { quiet.append(try await bed.changeRoute("/quiet-\(number)")) }
      let before = bed.metrics.statusWrites[.success].value
      let start = ContinuousClock.now
      await bed.apply(Self.flood)
      let taken = start.duration(to: .now)
      var busy: [Duration] = []
      for number in 0..<5 { busy.append(try await bed.changeRoute("/busy-\(number)")) }
      #expect(bed.metrics.statusWritesPending.value > 0)
      let isQuick = busy.sorted()[2] < quiet.sorted()[2] * 3 + .milliseconds(50)
      #expect(Sanitizer.isOn || isQuick, "\(busy) instead of \(quiet)")
      try await eventually("all are written", within: .seconds(60)) {
        bed.metrics.statusWrites[.success].value >= before + UInt64(Self.policies)
      }
      try await eventually("nothing waits") { bed.metrics.statusWritesPending.value == 0 }
      let took = start.duration(to: .now)
      let written = bed.server.written
      let times = Dictionary(grouping: written, by: \.path).mapValues(\.count)
      #expect((0..<Self.policies).filter { times[Self.statusOf($0)] != 1 } == [])
      #expect(written.allSatisfy { $0.underWay <= 4 })
      print(
        "\(Self.policies) statuses in \(took); taken in within \(taken); a route: \(quiet.sorted()[2]) before, "
          + "\(busy.sorted()[2]) meanwhile")
      // The burst may have come back since the first statuses.
      #expect(took >= .seconds(Double(Self.policies - Self.burst) / Self.rate) * 0.95)
    }
  }

  @Test("an object that changes while it waits for its turn is written once, as it is then")
  func newest() async throws {
    try await Self.withRunning { bed in
      await bed.apply(Self.flood)
      let last = Self.policies - 1
      for _ in 0..<5 {
        await bed.apply([Objects.policy("shop/policy-\(last)", targets: ["web"])])
        await bed.apply([Objects.policy("shop/policy-\(last)", targets: ["nowhere"])])
      }
      try await eventually("all are written", within: .seconds(60)) {
        Set(bed.server.written.map(\.path)).isSuperset(of: (0..<Self.policies).map(Self.statusOf))
      }
      #expect(bed.server.written.count { $0.path == Self.statusOf(last) } == 1)
    }
  }

  @Test("an API server that asks for patience gets it from all writes, and no failure is counted")
  func throttled() async throws {
    let patience = #"{"kind":"Status","reason":"TooManyRequests","code":429,"details":{"retryAfterSeconds":1}}"#
    // The first few are the statuses at the start.
    try await Self.withRunning { number in
      number == 30 ? .init(status: 429, body: patience) : .init()
    } _: { bed in
      await bed.apply(Self.flood)
      try await eventually("all are written", within: .seconds(60)) {
        Set(bed.server.written.map(\.path)).isSuperset(of: (0..<Self.policies).map(Self.statusOf))
          && bed.metrics.statusWritesPending.value == 0
      }
      let refused = try #require(bed.server.written.first { $0.number == 30 })
      // While it waits for its turn it is not pending any more.
      try await eventually("what was refused is written again", within: .seconds(10)) {
        bed.server.written.count { $0.path == refused.path } == 2
      }
      let written = bed.server.written
      // Those that were under way with it may have been sent before its answer came.
      let inTheStop = written.count { $0.at > refused.at && refused.at.duration(to: $0.at) < .milliseconds(950) }
      #expect(inTheStop <= 3 + 4)
      #expect(bed.metrics.statusWrites[.throttled].value == 1)
      #expect(bed.metrics.statusWrites[.failed].value == 0)
      #expect(bed.log.messages(.warning).filter { $0.hasPrefix("cannot write") } == [])
    }
  }

  @Test("the end of the leadership stops the writes, and what waits is dropped")
  func leadershipEnds() async throws {
    let leadership = Leadership.elected
    leadership.set(until: .now + .seconds(60))
    try await Self.withRunning(leadership: leadership) { bed in
      await bed.apply(Self.flood)
      let before = bed.server.written.count
      try await eventually("it is in the middle of it", every: .milliseconds(1)) {
        bed.server.written.count > before + 30
      }
      leadership.set(until: .now)
      let end = ContinuousClock.now
      try await eventually("what waits is dropped") { bed.metrics.statusWritesPending.value == 0 }
      #expect(bed.server.written.allSatisfy { $0.at <= end + .milliseconds(5) })
      #expect(bed.server.written.count < Self.policies)
    }
  }
}
