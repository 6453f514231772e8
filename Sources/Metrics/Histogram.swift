import Synchronization

/// Counts observations in buckets of fixed bounds, with their sum; on request in native buckets as well.
package final class Histogram: Instrument {
  package static let kind = MetricKind.histogram

  private struct State {
    /// Observations by bucket, not cumulated; the last one is above all bounds.
    var counts: [UInt64]
    var sum = 0.0
    var native: NativeHistogram?
  }

  private let bounds: [Double]
  /// A lock, not atomics: a scrape then never sees a sum without its count, and histograms are observed once per
  /// operation, not in inner loops.
  private let state: Mutex<State>

  /// - Parameters:
  ///   - bounds: the inclusive upper bounds of the buckets, ascending; `+Inf` is added.
  ///   - isNative: whether native buckets are kept beside them.
  init(bounds: [Double], isNative: Bool = false) {
    self.bounds = bounds
    self.state = Mutex(
      State(counts: Array(repeating: 0, count: bounds.count + 1), native: isNative ? NativeHistogram() : nil))
  }

  /// Counts one observation; one that is not a number is left out, since it would spoil the sum for good.
  package func observe(_ value: Double) {
    guard !value.isNaN else { return }
    let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
    state.withLock {
      $0.counts[bucket] += 1
      $0.sum += value
      $0.native?.observe(value)
    }
  }

  /// Counts one observation of a time, in seconds.
  package func observe(_ duration: Duration) {
    observe(duration / .seconds(1))
  }

  /// The number of observations so far.
  package var count: UInt64 {
    state.withLock { $0.counts.reduce(0, +) }
  }

  package func reading() -> MetricReading {
    let state = state.withLock { $0 }
    return .histogram(HistogramReading(bounds: bounds, counts: state.counts, sum: state.sum, native: state.native))
  }
}
