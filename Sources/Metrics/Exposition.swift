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

/// One value in an exposition.
package struct MetricSample: Sendable {
  /// What is added to the metric's name: `_bucket`, `_sum`, `_count`, or nothing.
  package let suffix: String
  /// The labels, in the order in which they are written.
  package let labels: [MetricLabel]
  /// The value.
  package let value: Double

  /// A value with these labels.
  package init(suffix: String = "", labels: [MetricLabel] = [], value: Double) {
    self.suffix = suffix
    self.labels = labels
    self.value = value
  }
}

/// A metric with all of its series, as it stands in an exposition.
struct MetricFamily {
  let name: String
  let help: String
  let kind: MetricKind
  let samples: [MetricSample]

  /// Appends the family in Prometheus' text format 0.0.4.
  ///
  /// The samples of one series (a histogram's buckets) keep their order, the series are sorted by their labels.
  func write(to text: inout String) {
    guard !samples.isEmpty else { return }
    text += "# HELP \(name) \(help.escaped(quotes: false))\n"
    text += "# TYPE \(name) \(kind.rawValue)\n"
    for sample in inOrder {
      text += name
      text += sample.suffix
      if !sample.labels.isEmpty {
        let pairs = sample.labels.map { "\($0.name)=\"\($0.value.escaped(quotes: true))\"" }
        text += "{" + pairs.joined(separator: ",") + "}"
      }
      text += " \(sample.value.expositionText)\n"
    }
  }

  /// Sorted by the labels that tell series apart (not `le`), stable within a series.
  private var inOrder: [MetricSample] {
    let keyed = samples.enumerated().map { index, sample in
      (key: sample.labels.filter { $0.name != "le" }.map(\.value), index: index, sample: sample)
    }
    return keyed.sorted {
      $0.key == $1.key ? $0.index < $1.index : $0.key.lexicographicallyPrecedes($1.key)
    }.map(\.sample)
  }
}

extension String {
  /// Escaped as the text format wants it: HELP texts escape backslash and line feed, label values quotes too.
  fileprivate func escaped(quotes: Bool) -> String {
    var text = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\"" where quotes: text += "\\\""
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

extension Double {
  /// The number as the text format writes it: whole ones without a fraction, `+Inf`, `-Inf`, `NaN`.
  var expositionText: String {
    if isNaN { return "NaN" }
    if isInfinite { return self > 0 ? "+Inf" : "-Inf" }
    if let whole = Int64(exactly: self), magnitude < 1e15 { return String(whole) }
    return description
  }
}
