import PrometheusMetrics
import RealComponents
import Synchronization
import Testing

@Suite("The metrics of the control plane")
struct ControlPlaneMetricsTests {
  private let clock = SteppedClock()
  private let metrics: ControlPlaneMetrics

  init() {
    metrics = ControlPlaneMetrics(
      build: BuildInformation(version: "1.2.3", commit: "abc", swiftVersion: "6.3", envoyVersion: "1.40.0"),
      clock: clock)
  }

  private var lines: [String] {
    metrics.registry.exposition().split(separator: "\n").map(String.init)
  }

  @Test("promtool objects to nothing but the names that the guide fixes")
  func promtool() async throws {
    let result = try await runCommand(
      RealComponent.promtool.path(), ["check", "metrics"],
      settings: ProcessSettings(standardInput: metrics.registry.exposition()))
    let objections = (result.output + result.errorOutput).split(separator: "\n").map(String.init)
    #expect(
      Set(objections) == [
        #"kgateway_reconciliation_count counter metrics should have "_total" suffix"#,
        #"kgateway_reconciliation_count non-histogram and non-summary metrics should not have "_count" suffix"#,
        #"kgateway_translation_count counter metrics should have "_total" suffix"#,
        #"kgateway_translation_count non-histogram and non-summary metrics should not have "_count" suffix"#,
      ])
  }

  @Test(
    "the guide's six metrics are there with their types",
    arguments: [
      ("kgateway_translation_count", "counter"), ("kgateway_reconciliation_count", "counter"),
      ("kgateway_sync_rate", "gauge"), ("kgateway_xds_resources", "gauge"),
      ("kgateway_translation_latency", "histogram"), ("kgateway_reconciliation_latency", "histogram"),
    ])
  func guideNames(name: String, kind: String) {
    #expect(lines.contains("# TYPE \(name) \(kind)"))
  }

  @Test(
    "every series is there with 0 before anything has happened",
    arguments: [
      #"kgateway_translation_count{status="success"} 0"#, #"kgateway_translation_count{status="failed"} 0"#,
      #"kgateway_reconciliation_count{status="success"} 0"#, #"kgateway_reconciliation_count{status="failed"} 0"#,
      #"kgateway_translation_latency_bucket{le="1e-05"} 0"#, #"kgateway_translation_latency_bucket{le="10"} 0"#,
      #"kgateway_reconciliation_latency_bucket{le="+Inf"} 0"#, #"kgateway_reconciliation_latency_count 0"#,
      #"kgateway_xds_resources{type="cluster"} 0"#, #"kgateway_xds_resources{type="endpoint"} 0"#,
      #"kgateway_xds_resources{type="listener"} 0"#, #"kgateway_xds_resources{type="route"} 0"#,
      #"kgateway_xds_pushes_total{type="route"} 0"#, #"kgateway_xds_acks_total{type="cluster"} 0"#,
      #"kgateway_xds_nacks_total{type="listener"} 0"#, "kgateway_sync_rate 0", "kgateway_active_translations 0",
      "kgateway_active_reconciliations 0", "kgateway_connected_proxies 0", "kgateway_leader 0",
      "kgateway_work_queue_depth 0", "kgateway_rejected_fields 0", #"kgateway_refused_objects{kind="Gateway"} 0"#,
      #"kgateway_refused_objects{kind="GatewayParameters"} 0"#, #"kgateway_refused_objects{kind="HTTPRoute"} 0"#,
      #"kgateway_refused_objects{kind="HTTPListenerPolicy"} 0"#,
      #"kgateway_deployer_writes_total{result="refused"} 0"#, #"kgateway_validations_total{result="unavailable"} 0"#,
      "kgateway_config_propagation_seconds_count 0", #"kgateway_status_writes_total{result="conflict"} 0"#,
      #"kgateway_status_writes_total{result="throttled"} 0"#, "kgateway_status_writes_pending 0",
      #"kgateway_kubernetes_watch_restarts_total{kind="HTTPRoute",reason="expired"} 0"#,
      #"kgateway_kubernetes_undecodable_objects_total{kind="Service"} 0"#,
      #"kgateway_xds_auth_total{result="accepted"} 0"#, #"kgateway_xds_auth_total{result="limited"} 0"#,
      #"kgateway_replica_reports_total{result="sent"} 0"#, #"kgateway_replica_reports_total{result="refused"} 0"#,
      #"kgateway_build_info{version="1.2.3",commit="abc",swift_version="6.3",envoy_version="1.40.0"} 1"#,
    ])
  func zeroFromTheStart(line: String) {
    #expect(lines.contains(line))
  }

  @Test("an operation counts by its outcome, and is active while it runs")
  func operations() async throws {
    struct Broken: Error {}
    let translations = metrics.translations
    translations.measure { #expect(lines.contains("kgateway_active_translations 1")) }
    let result = await translations.measure {
      await Task.yield()
      return 0
    } status: {
      $0 == 0 ? .failed : .success
    }
    #expect(result == 0)
    #expect(throws: Broken.self) { try translations.measure { throw Broken() } }
    #expect(throws: CancellationError.self) { try translations.measure { throw CancellationError() } }
    #expect(lines.contains(#"kgateway_translation_count{status="success"} 1"#))
    #expect(lines.contains(#"kgateway_translation_count{status="failed"} 2"#))
    #expect(lines.contains("kgateway_translation_latency_count 3"))
    #expect(lines.contains("kgateway_active_translations 0"))
    #expect(lines.contains(#"kgateway_reconciliation_count{status="success"} 0"#))
  }

  @Test("a write that fails after a reconciliation is a failure without a latency")
  func lateFailure() {
    metrics.reconciliations.measure {}
    metrics.reconciliations.recordLateFailure()
    #expect(lines.contains(#"kgateway_reconciliation_count{status="success"} 1"#))
    #expect(lines.contains(#"kgateway_reconciliation_count{status="failed"} 1"#))
    #expect(lines.contains("kgateway_reconciliation_latency_count 1"))
  }

  @Test("a translation of 30 to 200 µs is told from its neighbours")
  func resolution() {
    for microseconds in [30, 60, 150] { metrics.translations.latency.observe(.microseconds(microseconds)) }
    #expect(lines.contains(#"kgateway_translation_latency_bucket{le="2.5e-05"} 0"#))
    #expect(lines.contains(#"kgateway_translation_latency_bucket{le="5e-05"} 1"#))
    #expect(lines.contains(#"kgateway_translation_latency_bucket{le="0.0001"} 2"#))
    #expect(lines.contains(#"kgateway_translation_latency_bucket{le="0.00025"} 3"#))
  }

  @Test("the sync rate is that of the last minute")
  func syncRate() {
    for _ in 0..<30 { metrics.publications.record() }
    clock.advance(by: .seconds(30))
    for _ in 0..<60 { metrics.publications.record() }
    #expect(lines.contains("kgateway_sync_rate 1.5"))
    clock.advance(by: .seconds(30))
    #expect(lines.contains("kgateway_sync_rate 1"), "what is older than a minute no longer counts")
    clock.advance(by: .seconds(29))
    #expect(lines.contains("kgateway_sync_rate 1"))
    clock.advance(by: .seconds(1))
    #expect(lines.contains("kgateway_sync_rate 0"))
    clock.advance(by: .seconds(86_400))
    metrics.publications.record()
    clock.advance(by: .seconds(1))
    for _ in 0..<2 { metrics.publications.record() }
    #expect(lines.contains("kgateway_sync_rate 0.05"))
  }
}

/// A clock that a test moves.
final class SteppedClock: Clock {
  struct Instant: InstantProtocol {
    var sinceStart: Duration

    func advanced(by duration: Duration) -> Instant { Instant(sinceStart: sinceStart + duration) }
    func duration(to other: Instant) -> Duration { other.sinceStart - sinceStart }
    static func < (left: Instant, right: Instant) -> Bool { left.sinceStart < right.sinceStart }
  }

  private let current = Mutex(Instant(sinceStart: .zero))
  let minimumResolution = Duration.nanoseconds(1)
  var now: Instant { current.withLock { $0 } }

  func advance(by duration: Duration) {
    current.withLock { $0 = $0.advanced(by: duration) }
  }

  /// Nothing that is tested with this clock sleeps.
  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    throw CancellationError()
  }
}
