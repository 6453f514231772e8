/// What the TYPE line of a metric says.
package enum MetricKind: String, Sendable {
  case counter
  case gauge
  case histogram
}

/// A label of a series, with its value.
package struct MetricLabel: Sendable, Hashable {
  /// The label's name.
  package let name: String
  /// Its value, not escaped.
  package let value: String

  /// A label with that name and value.
  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// The value of a series that is computed at each scrape.
package struct MetricSample: Sendable {
  /// The labels, in the order in which they are written.
  package let labels: [MetricLabel]
  /// The value.
  package let value: Double

  /// A value with these labels.
  package init(labels: [MetricLabel] = [], value: Double) {
    self.labels = labels
    self.value = value
  }
}

/// What an instrument says at one moment.
package enum MetricReading: Sendable {
  /// Of a counter or a gauge.
  case number(Double)
  case histogram(HistogramReading)
}

/// What a histogram says at one moment.
package struct HistogramReading: Sendable {
  /// The inclusive upper bounds of its classic buckets, ascending, without the last, which has none.
  package let bounds: [Double]
  /// Observations by classic bucket, not cumulated.
  package let counts: [UInt64]
  /// The sum of all observations.
  package let sum: Double
  /// Its native buckets; nil where they are not kept.
  let native: NativeHistogram?
}

/// A form in which metrics can be asked for.
package enum ExpositionFormat: Sendable, Hashable, CaseIterable {
  /// Prometheus' text format 0.0.4.
  case text
  /// A sequence of `io.prometheus.client.MetricFamily`, each after its length: the one form that native histograms
  /// have.
  case protobuf

  /// What the HTTP header says of it.
  package var contentType: String {
    switch self {
    case .text: "text/plain; version=0.0.4; charset=utf-8"
    case .protobuf:
      "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
    }
  }
}
