#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The buckets of a native histogram: exponentially growing, and only those in which something is.
///
/// A bucket of index i of schema s ends at 2^(i · 2^-s), inclusive, and begins where the one before it ends; negative
/// observations have a mirror image of the same (Prometheus' specification, "Native Histograms"). Schema 3 makes each
/// bucket 9 % wider than the one before it. There are at most 160 buckets: with the 161st the resolution is halved, so
/// that memory and the exposition stay small whatever is observed.
struct NativeHistogram: Sendable, Equatable {
  /// What is not farther from 0 counts as 0.
  static let zeroThreshold = 0x1p-128
  /// 10 µs to 10 s at the schema at the start.
  static let bucketLimit = 160
  /// The coarsest there is: 2^16 from one bound to the next.
  private static let coarsestSchema = -4

  private(set) var schema = 3
  private(set) var zeroCount: UInt64 = 0
  private(set) var positive: [Int: UInt64] = [:]
  private(set) var negative: [Int: UInt64] = [:]

  /// Counts an observation, which must not be NaN.
  mutating func observe(_ value: Double) {
    if abs(value) <= Self.zeroThreshold {
      zeroCount += 1
    } else if value > 0 {
      positive[Self.index(of: value, schema: schema), default: 0] += 1
    } else {
      negative[Self.index(of: -value, schema: schema), default: 0] += 1
    }
    while positive.count + negative.count > Self.bucketLimit, schema > Self.coarsestSchema { halveResolution() }
  }

  /// The bucket that a positive value is in; an infinite one is in the bucket after that of the greatest number.
  static func index(of value: Double, schema: Int) -> Int {
    guard value.isFinite else { return index(of: .greatestFiniteMagnitude, schema: schema) + 1 }
    let significand = value.significand  // 1 ..< 2
    let exponent = Int(value.exponent)
    guard schema > 0 else {
      // The exponent of the least power of two that is not less, divided by the width of a bucket, rounded up.
      let ceiling = significand == 1 ? exponent : exponent + 1
      let shift = -schema
      return (ceiling + (1 << shift) - 1) >> shift
    }
    let perPower = 1 << schema
    // Within a power of two by comparison with the bounds, since a logarithm would be off at the bounds themselves.
    let within = (0..<perPower).first { significand <= exp2(Double($0) / Double(perPower)) } ?? perPower
    return exponent * perPower + within
  }

  private mutating func halveResolution() {
    schema -= 1
    positive = Self.merged(positive)
    negative = Self.merged(negative)
  }

  /// Two neighbours each become one.
  private static func merged(_ buckets: [Int: UInt64]) -> [Int: UInt64] {
    Dictionary(buckets.map { (($0.key + 1) >> 1, $0.value) }, uniquingKeysWith: +)
  }
}
