import SwiftProtobuf

// The protobuf exposition: https://github.com/prometheus/client_model

extension MetricFamily {
  /// Appends the family as a message after its length; one without values is left out.
  ///
  /// - Throws: what SwiftProtobuf says of a message that cannot be encoded.
  func writeMessage(to bytes: inout [UInt8]) throws {
    var family = message
    switch source {
    case .instruments(let series):
      family.metric = series.map { series in
        var metric = series.message
        metric.set(series.instrument.reading(), kind: kind)
        return metric
      }
    case .computed(let compute):
      family.metric = Self.sorted(compute()).map { sample in
        var metric = Io_Prometheus_Client_Metric(sample.labels)
        metric.set(.number(sample.value), kind: kind)
        return metric
      }
    }
    guard !family.metric.isEmpty else { return }
    let encoded: [UInt8] = try family.serializedBytes()
    bytes.appendVarint(UInt64(encoded.count))
    bytes += encoded
  }
}

extension [UInt8] {
  /// Seven bits a byte, the lowest first (protobuf's encoding of an unsigned number).
  fileprivate mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }
}

extension Io_Prometheus_Client_MetricFamily {
  init(_ name: String, _ help: String, _ kind: MetricKind) {
    self.init()
    self.name = name
    self.help = help
    type =
      switch kind {
      case .counter: .counter
      case .gauge: .gauge
      case .histogram: .histogram
      }
  }
}

extension Io_Prometheus_Client_Metric {
  init(_ labels: [MetricLabel]) {
    self.init()
    label = labels.map { label in
      var pair = Io_Prometheus_Client_LabelPair()
      pair.name = label.name
      pair.value = label.value
      return pair
    }
  }

  fileprivate mutating func set(_ reading: MetricReading, kind: MetricKind) {
    switch reading {
    case .number(let value) where kind == .counter: counter.value = value
    case .number(let value): gauge.value = value
    case .histogram(let reading): histogram = Io_Prometheus_Client_Histogram(reading)
    }
  }
}

extension Io_Prometheus_Client_Histogram {
  fileprivate init(_ reading: HistogramReading) {
    self.init()
    sampleSum = reading.sum
    var cumulated: UInt64 = 0
    bucket = zip(reading.bounds + [.infinity], reading.counts).map { bound, count in
      cumulated += count
      var bucket = Io_Prometheus_Client_Bucket()
      bucket.upperBound = bound
      bucket.cumulativeCount = cumulated
      return bucket
    }
    sampleCount = cumulated
    if let native = reading.native { set(native) }
  }

  private mutating func set(_ native: NativeHistogram) {
    schema = Int32(native.schema)
    zeroThreshold = NativeHistogram.zeroThreshold
    zeroCount = native.zeroCount
    (positiveSpan, positiveDelta) = Self.spans(of: native.positive)
    (negativeSpan, negativeDelta) = Self.spans(of: native.negative)
  }

  /// The buckets as runs of neighbours, and each count as its difference from the one before it.
  private static func spans(of buckets: [Int: UInt64]) -> ([Io_Prometheus_Client_BucketSpan], [Int64]) {
    var spans: [Io_Prometheus_Client_BucketSpan] = []
    var deltas: [Int64] = []
    var next = 0
    var previous: Int64 = 0
    for (index, count) in buckets.sorted(by: { $0.key < $1.key }) {
      if index == next, !spans.isEmpty {
        spans[spans.count - 1].length += 1
      } else {
        var span = Io_Prometheus_Client_BucketSpan()
        span.offset = Int32(index - next)
        span.length = 1
        spans.append(span)
      }
      next = index + 1
      deltas.append(Int64(clamping: count) - previous)
      previous = Int64(clamping: count)
    }
    return (spans, deltas)
  }
}
