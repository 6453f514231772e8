// Prometheus' text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/

extension MetricFamily {
  /// Appends the family as text; one without values is left out.
  func write(to text: inout [UInt8]) {
    switch source {
    case .instruments(let series):
      guard !series.isEmpty else { return }
      text += header
      for series in series { series.text.write(series.instrument.reading(), to: &text) }
    case .computed(let compute):
      let samples = Self.sorted(compute())
      guard !samples.isEmpty else { return }
      text += header
      for sample in samples { SeriesText(name, sample.labels).write(.number(sample.value), to: &text) }
    }
  }
}

/// The lines of one series up to their values.
struct SeriesText: Sendable {
  /// Of a number: its line. Of a histogram: one for each bucket, the sum and the count.
  private let lines: [[UInt8]]

  /// The line of a number.
  init(_ name: String, _ labels: [MetricLabel]) { lines = [Self.line(name, labels)] }

  /// The lines of an instrument that says such a thing.
  init(_ name: String, _ labels: [MetricLabel], _ reading: MetricReading) {
    guard case .histogram(let histogram) = reading else {
      lines = [Self.line(name, labels)]
      return
    }
    let buckets = (histogram.bounds + [.infinity]).map { bound in
      Self.line(name + "_bucket", labels + [MetricLabel("le", bound.expositionText)])
    }
    lines = buckets + [Self.line(name + "_sum", labels), Self.line(name + "_count", labels)]
  }

  func write(_ reading: MetricReading, to text: inout [UInt8]) {
    switch reading {
    case .number(let value): Self.append(lines[0], value.expositionText, to: &text)
    case .histogram(let histogram):
      var cumulated: UInt64 = 0
      for (line, count) in zip(lines, histogram.counts) {
        cumulated += count
        Self.append(line, String(cumulated), to: &text)
      }
      Self.append(lines[histogram.counts.count], histogram.sum.expositionText, to: &text)
      Self.append(lines[histogram.counts.count + 1], String(cumulated), to: &text)
    }
  }

  private static func append(_ line: [UInt8], _ value: String, to text: inout [UInt8]) {
    text += line
    text += value.utf8
    text.append(UInt8(ascii: "\n"))
  }

  private static func line(_ name: String, _ labels: [MetricLabel]) -> [UInt8] {
    let pairs = labels.map { "\($0.name)=\"\($0.value.escaped(quotes: true))\"" }
    return Array((name + (pairs.isEmpty ? "" : "{" + pairs.joined(separator: ",") + "}") + " ").utf8)
  }

  /// The HELP and the TYPE line.
  static func header(_ name: String, _ help: String, _ kind: MetricKind) -> [UInt8] {
    Array("# HELP \(name) \(help.escaped(quotes: false))\n# TYPE \(name) \(kind.rawValue)\n".utf8)
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
