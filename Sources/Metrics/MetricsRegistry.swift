import Synchronization

/// All metrics of a process, and their exposition.
///
/// Instruments are registered once, at the start, and are handles from then on: changing one looks nothing up.
/// Registering a name twice, or one that the text format does not allow, is a programmer's error and stops the
/// program.
package final class MetricsRegistry: Sendable {
  private struct Entry: Sendable {
    let help: String
    let kind: MetricKind
    let samples: @Sendable () -> [MetricSample]
  }

  private let entries = Mutex<[String: Entry]>([:])

  /// An empty registry.
  package init() {}

  /// Registers a counter.
  package func counter(_ name: String, _ help: String) -> Counter {
    let counter = Counter()
    computed(name, help, kind: .counter) { counter.samples() }
    return counter
  }

  /// Registers a counter for each of the label type's combinations of values.
  package func counters<Labels>(
    _ name: String, _ help: String, by labels: Labels.Type
  ) -> InstrumentFamily<Labels, Counter> {
    let family = InstrumentFamily<Labels, Counter> { Counter() }
    computed(name, help, kind: .counter) { family.samples() }
    return family
  }

  /// Registers a gauge.
  package func gauge(_ name: String, _ help: String) -> Gauge {
    let gauge = Gauge()
    computed(name, help, kind: .gauge) { gauge.samples() }
    return gauge
  }

  /// Registers a gauge for each of the label type's combinations of values.
  package func gauges<Labels>(
    _ name: String, _ help: String, by labels: Labels.Type
  ) -> InstrumentFamily<Labels, Gauge> {
    let family = InstrumentFamily<Labels, Gauge> { Gauge() }
    computed(name, help, kind: .gauge) { family.samples() }
    return family
  }

  /// Registers a histogram.
  ///
  /// - Parameter bounds: the inclusive upper bounds of its buckets, ascending, without `+Inf`.
  package func histogram(_ name: String, _ help: String, bounds: [Double]) -> Histogram {
    let histogram = Histogram(bounds: bounds)
    computed(name, help, kind: .histogram) { histogram.samples() }
    return histogram
  }

  /// Registers a metric whose values are computed at each scrape; without values it is left out of that scrape.
  ///
  /// The caller keeps the labels bounded.
  package func computed(
    _ name: String, _ help: String, kind: MetricKind, _ samples: @escaping @Sendable () -> [MetricSample]
  ) {
    precondition(Self.isValid(name), "'\(name)' is not the name of a metric")
    let previous = entries.withLock { $0.updateValue(Entry(help: help, kind: kind, samples: samples), forKey: name) }
    precondition(previous == nil, "the metric '\(name)' is registered twice")
  }

  /// Everything in Prometheus' text format 0.0.4, sorted by name and labels.
  package func exposition() -> String {
    let entries = entries.withLock { $0 }
    var text = ""
    for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
      // The samples are computed outside the lock: a computed value may take locks of its own.
      MetricFamily(name: name, help: entry.help, kind: entry.kind, samples: entry.samples()).write(to: &text)
    }
    return text
  }

  /// `[a-zA-Z_:][a-zA-Z0-9_:]*`
  private static func isValid(_ name: String) -> Bool {
    let isHead = { (byte: UInt8) in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
        UInt8(ascii: ":"):
        true
      default: false
      }
    }
    guard let first = name.utf8.first, isHead(first) else { return false }
    return name.utf8.allSatisfy { isHead($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}
