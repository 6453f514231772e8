import Synchronization

/// What was seen in a run.
final class LoadRecord: Sendable {
  /// Of a histogram of the control plane, over all of its lives.
  struct Mean {
    private var seconds = 0.0
    private var count = 0.0

    mutating func add(_ sample: (seconds: Double, count: Double)) {
      seconds += sample.seconds
      count += sample.count
    }

    var mean: Duration { count > 0 ? .seconds(seconds / count) : .zero }

    var text: String { count > 0 ? "\((seconds / count * 10_000).rounded() / 10) ms (\(Int(count)))" : "none" }
  }

  struct Figures {
    let start = ContinuousClock.now
    var requests = 0
    var lastingRequests = 0
    var failures: [String] = []
    /// Idle connections that were found closed before a request had left, and so were made anew.
    var closedIdle = 0
    var changes = 0
    var writes = 0
    var restarts = 0
    /// When control planes began and ended, from the start.
    var lives: [String] = []
    /// Endpoints that went while requests were under way on them.
    var drainedBusy = 0
    var drained = 0
    /// Until routes answered that were created while the control plane was there.
    var arrivals: [Duration] = []
    /// As `arrivals`, of those created in the time of a restart; from when the new process had synced.
    var arrivalsAfterSync: [Duration] = []
    /// Of those, from when the proxies were connected to it.
    var arrivalsAfterConnection: [Duration] = []
    var translations = Mean()
    /// From what the control plane saw of a change to the last proxy's acknowledgement.
    var propagations = Mean()
    /// How late timers fired in the process of the test: what the machine adds to every time.
    var stalls: [Duration] = []
    /// How many times longer work took than it needs a processor.
    var slowness: [Double] = []
  }

  private static let failureLimit = 200
  private let figures = Mutex(Figures())

  var current: Figures { figures.withLock { $0 } }

  func note(_ change: (inout Figures) -> Void) { figures.withLock { change(&$0) } }

  func fail(_ text: String) {
    figures.withLock {
      if $0.failures.count < Self.failureLimit { $0.failures.append("\($0.start.duration(to: .now)): \(text)") }
    }
  }
}

extension LoadRecord.Figures {
  /// For people.
  var summary: String {
    """
    requests: \(requests), of which \(lastingRequests) lasted up to 2.5 s
    failures: \(failures.count)
    idle connections found closed, request sent on another: \(closedIdle)
    changes: \(changes) (\(writes) objects written), restarts of the control plane: \(restarts)
    the control plane's lives: \(lives.joined(separator: ", "))
    endpoints taken away: \(drained), \(drainedBusy) of them with requests under way
    until a new route answers: \(Self.text(arrivals))
      created around a restart, from the sync of the new process: \(Self.text(arrivalsAfterSync))
      the same, from when both proxies were connected again: \(Self.text(arrivalsAfterConnection))
    of that, on the average, a translation: \(translations.text), from the event to the last proxy: \(propagations.text)
    timers of the test fired late by: \(Self.text(stalls))
    work took longer than it needs a processor: \(meanSlowness) times
    """
  }

  /// On the average, in hundredths.
  var meanSlowness: Double {
    (slowness.isEmpty ? 100 : slowness.reduce(0, +) / Double(slowness.count) * 100).rounded() / 100
  }

  /// The value below which this part of the durations is.
  static func quantile(_ part: Double, of durations: [Duration]) -> Duration {
    let sorted = durations.sorted()
    guard !sorted.isEmpty else { return .zero }
    return sorted[min(sorted.count - 1, Int(part * Double(sorted.count)))]
  }

  private static func text(_ durations: [Duration]) -> String {
    func milliseconds(_ duration: Duration) -> String {
      let tenths = Int((duration / .microseconds(100)).rounded())
      return "\(tenths / 10).\(abs(tenths % 10)) ms"
    }
    let (p50, p99) = (quantile(0.5, of: durations), quantile(0.99, of: durations))
    return "p50 \(milliseconds(p50)), p99 \(milliseconds(p99)), max \(milliseconds(durations.max() ?? .zero)) "
      + "(\(durations.count))"
  }
}
