/// A metric with all of its series, as it was registered.
///
/// What does not change from scrape to scrape, names and labels, is written once.
struct MetricFamily: Sendable {
  /// The series of one instrument.
  struct Series: Sendable {
    let labels: [MetricLabel]
    let instrument: any Instrument
    let text: SeriesText
    let message: Io_Prometheus_Client_Metric
  }

  enum Source: Sendable {
    /// Instruments, sorted by their labels.
    case instruments([Series])
    /// Values that are computed at each scrape.
    case computed(@Sendable () -> [MetricSample])
  }

  let name: String
  let kind: MetricKind
  let source: Source
  let header: [UInt8]
  let message: Io_Prometheus_Client_MetricFamily

  init(_ name: String, _ help: String, kind: MetricKind, instruments: [(labels: [MetricLabel], any Instrument)]) {
    let series = instruments.map { labels, instrument in
      Series(
        labels: labels, instrument: instrument, text: SeriesText(name, labels, instrument.reading()),
        message: Io_Prometheus_Client_Metric(labels))
    }
    self.init(name, help, kind, .instruments(series.sorted { Self.isOrdered($0.labels, $1.labels) }))
  }

  init(_ name: String, _ help: String, kind: MetricKind, computed: @escaping @Sendable () -> [MetricSample]) {
    self.init(name, help, kind, .computed(computed))
  }

  private init(_ name: String, _ help: String, _ kind: MetricKind, _ source: Source) {
    self.name = name
    self.kind = kind
    self.source = source
    header = SeriesText.header(name, help, kind)
    message = Io_Prometheus_Client_MetricFamily(name, help, kind)
  }

  /// Series are sorted by the values of their labels.
  static func isOrdered(_ left: [MetricLabel], _ right: [MetricLabel]) -> Bool {
    left.lazy.map(\.value).lexicographicallyPrecedes(right.lazy.map(\.value))
  }

  /// The values that are computed now, sorted.
  static func sorted(_ samples: [MetricSample]) -> [MetricSample] {
    samples.count < 2 ? samples : samples.sorted { isOrdered($0.labels, $1.labels) }
  }
}
