import Synchronization

/// All metrics of a process, and their exposition.
///
/// Instruments are registered once, at the start, and are handles from then on: changing one looks nothing up.
/// Registering a name twice, or one that the text format does not allow, is a programmer's error and stops the
/// program.
package final class MetricsRegistry: Sendable {
  /// Whether histograms keep native buckets beside the classic ones, and the protobuf exposition shows them.
  package let hasNativeHistograms: Bool
  /// By name.
  private let families = Mutex<[MetricFamily]>([])

  /// An empty registry.
  ///
  /// - Parameter nativeHistograms: whether histograms keep native buckets, too.
  package init(nativeHistograms: Bool = false) { hasNativeHistograms = nativeHistograms }

  /// Registers a counter.
  package func counter(_ name: String, _ help: String) -> Counter {
    let counter = Counter()
    register(MetricFamily(name, help, kind: .counter, instruments: [([], counter)]))
    return counter
  }

  /// Registers a counter for each of the label type's combinations of values.
  package func counters<Labels>(
    _ name: String, _ help: String, by labels: Labels.Type
  ) -> InstrumentFamily<Labels, Counter> {
    let family = InstrumentFamily<Labels, Counter> { Counter() }
    register(MetricFamily(name, help, kind: .counter, instruments: family.series))
    return family
  }

  /// Registers a gauge.
  package func gauge(_ name: String, _ help: String) -> Gauge {
    let gauge = Gauge()
    register(MetricFamily(name, help, kind: .gauge, instruments: [([], gauge)]))
    return gauge
  }

  /// Registers a gauge for each of the label type's combinations of values.
  package func gauges<Labels>(
    _ name: String, _ help: String, by labels: Labels.Type
  ) -> InstrumentFamily<Labels, Gauge> {
    let family = InstrumentFamily<Labels, Gauge> { Gauge() }
    register(MetricFamily(name, help, kind: .gauge, instruments: family.series))
    return family
  }

  /// Registers a histogram.
  ///
  /// - Parameter bounds: the inclusive upper bounds of its buckets, ascending, without `+Inf`.
  package func histogram(_ name: String, _ help: String, bounds: [Double]) -> Histogram {
    let histogram = Histogram(bounds: bounds, isNative: hasNativeHistograms)
    register(MetricFamily(name, help, kind: .histogram, instruments: [([], histogram)]))
    return histogram
  }

  /// Registers a metric whose values are computed at each scrape; without values it is left out of that scrape.
  ///
  /// The caller keeps the labels bounded.
  package func computed(
    _ name: String, _ help: String, kind: MetricKind, _ samples: @escaping @Sendable () -> [MetricSample]
  ) {
    register(MetricFamily(name, help, kind: kind, computed: samples))
  }

  private func register(_ family: MetricFamily) {
    precondition(Self.isValid(family.name), "'\(family.name)' is not the name of a metric")
    families.withLock { families in
      let place = families.firstIndex { $0.name >= family.name } ?? families.count
      let isNew = place == families.count || families[place].name != family.name
      precondition(isNew, "the metric '\(family.name)' is registered twice")
      families.insert(family, at: place)
    }
  }

  /// Everything in Prometheus' text format 0.0.4, sorted by name and labels.
  package func exposition() -> String { String(decoding: text(), as: UTF8.self) }

  /// Everything in that format, sorted by name and labels.
  ///
  /// - Throws: what SwiftProtobuf says of a message that cannot be encoded.
  package func exposition(as format: ExpositionFormat) throws -> [UInt8] {
    switch format {
    case .text: return text()
    case .protobuf:
      var bytes: [UInt8] = []
      bytes.reserveCapacity(Self.usualSize)
      for family in families.withLock({ $0 }) { try family.writeMessage(to: &bytes) }
      return bytes
    }
  }

  private func text() -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(Self.usualSize)
    // The values are read outside the lock: a computed one may take locks of its own.
    for family in families.withLock({ $0 }) { family.write(to: &text) }
    return text
  }

  /// More than the control plane's metrics take, in bytes.
  private static let usualSize = 64 << 10

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
