import RealComponents
import Synchronization

/// An operator that is killed and started again, at the same address.
final class RestartedOperator: Sendable {
  /// The life of one process, as far as proxies notice it.
  struct Life {
    /// When it had read everything and made its first snapshots.
    var synced: ContinuousClock.Instant
    /// When all proxies were connected to it.
    var connected: ContinuousClock.Instant?
    var ended: ContinuousClock.Instant?
  }

  let xdsPort: Int
  private let lives = Mutex<[Life]>([])
  private let errors = Mutex("")

  init(xdsPort: Int) { self.xdsPort = xdsPort }

  /// The end of the log of the process that runs, or ran last.
  var log: String { errors.withLock { $0 } }

  /// Whether the process that runs has all proxies.
  var isConnected: Bool { lives.withLock { $0.last.map { $0.connected != nil && $0.ended == nil } ?? false } }

  var hasSynced: Bool { lives.withLock { !$0.isEmpty } }

  /// The life that a time falls into, with all proxies connected.
  func life(with start: ContinuousClock.Instant, _ end: ContinuousClock.Instant) -> Life? {
    lives.withLock { lives in
      lives.first { life in
        guard let connected = life.connected else { return false }
        return connected <= start && life.ended.map { end <= $0 } ?? true
      }
    }
  }

  /// The life in which something was that happened at that time.
  func lastLife(before instant: ContinuousClock.Instant) -> Life? {
    lives.withLock { $0.last { $0.synced <= instant } }
  }

  /// Runs it until `isStopped` is set.
  /// - Parameters:
  ///   - interval: how long a process lives; every other one is asked to end, the others are killed.
  ///   - proxies: how many have to connect.
  func run(
    _ cluster: KubernetesCluster, _ arguments: [String], interval: Duration, proxies: Int, record: LoadRecord,
    until isStopped: Signal
  ) async throws {
    var isKill = true
    while !isStopped.isSet {
      try await KubernetesOperator.withRunning(kubeconfig: cluster.kubeconfig, arguments, xdsPort: xdsPort) {
        kgateway in
        defer { errors.withLock { $0 = kgateway.process.errorOutput.tail(30) } }
        try await kgateway.waitUntilReady()
        let synced = ContinuousClock.now
        lives.withLock { $0.append(Life(synced: synced)) }
        try await eventually("the proxies are connected", within: .seconds(60), every: .milliseconds(20)) {
          // At the end of the run the proxies go first.
          if isStopped.isSet { return true }
          return try await kgateway.metric("kgateway_connected_proxies") == Double(proxies)
        }
        guard !isStopped.isSet else { return }
        lives.withLock { $0[$0.count - 1].connected = .now }
        record.note {
          $0.lives.append("synced \($0.start.duration(to: synced)) connected \($0.start.duration(to: .now))")
        }
        while !isStopped.isSet, synced.duration(to: .now) < interval {
          guard kgateway.process.exitStatus == nil else {
            throw KubernetesOperator.OperatorEnded(log: kgateway.process.errorOutput.tail(30))
          }
          try await Task.sleep(for: .milliseconds(20))
        }
        await noteWork(of: kgateway, record)
        guard !isStopped.isSet else { return }
        lives.withLock { $0[$0.count - 1].ended = .now }
        try kgateway.process.send(isKill ? .kill : .terminate)
        try await kgateway.process.waitForExit()
        record.note {
          $0.restarts += 1
          $0.lives.append("ended \($0.start.duration(to: .now))")
        }
        isKill.toggle()
      }
    }
  }

  /// Asks a process that is about to end what its work took.
  private func noteWork(of kgateway: KubernetesOperator, _ record: LoadRecord) async {
    func sum(_ name: String) async -> (Double, Double) {
      let seconds = try? await kgateway.metric("\(name)_sum")
      return (seconds ?? 0, (try? await kgateway.metric("\(name)_count")) ?? 0)
    }
    let translations = await sum("kgateway_translation_latency")
    let propagations = await sum("kgateway_config_propagation_seconds")
    record.note {
      $0.translations.add(translations)
      $0.propagations.add(propagations)
    }
  }
}
