import Foundation
import Testing

@testable import PrometheusMetrics

@Suite("A native histogram")
struct NativeHistogramTests {
  @Test(
    "a value is in the bucket that ends at it or after it",
    arguments: [
      (1, 3, 0), (1.5, 3, 5), (1.99, 3, 8), (2, 3, 8), (0.5, 3, -8), (0.51, 3, -7), (3e-5, 3, -120), (1, 0, 0),
      (1.5, 0, 1), (2, 0, 1), (2.1, 0, 2), (1.5, -1, 1), (4, -1, 1), (4.1, -1, 2), (1, -1, 0), (0.2, -1, -1),
      (1, -4, 0), (65_536, -4, 1), (65_537, -4, 2),
    ])
  func index(value: Double, schema: Int, expected: Int) {
    #expect(NativeHistogram.index(of: value, schema: schema) == expected)
  }

  @Test("at every resolution, each value is above the bucket before and not above its own", arguments: -4...8)
  func bounds(schema: Int) {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      let value = Double.random(in: 1...2, using: &random) * exp2(Double(Int.random(in: -60...60, using: &random)))
      let index = NativeHistogram.index(of: value, schema: schema)
      let bound = { (index: Int) in exp2(Double(index) * exp2(Double(-schema))) }
      #expect(value <= bound(index) && value > bound(index - 1), "\(value) at \(index)")
    }
  }

  @Test("the bounds themselves belong to the bucket that they end", arguments: 0...3)
  func exactBounds(schema: Int) {
    for index in -64...64 {
      let bound = exp2(Double(index) / Double(1 << schema))
      #expect(NativeHistogram.index(of: bound, schema: schema) == index)
    }
  }

  @Test("whatever is observed, there are at most 160 buckets, and nothing is lost")
  func limit() {
    var histogram = NativeHistogram()
    for exponent in stride(from: -300.0, through: 300, by: 0.01) { histogram.observe(pow(10, exponent)) }
    for value in [0, -0.0, 1e-300, -1, -1e300, .infinity, -.infinity] { histogram.observe(value) }
    #expect(histogram.positive.count + histogram.negative.count <= NativeHistogram.bucketLimit)
    #expect(histogram.schema >= -4 && histogram.schema < 0)
    let counted = histogram.positive.values.reduce(0, +) + histogram.negative.values.reduce(0, +) + histogram.zeroCount
    #expect(counted == 60_001 + 7)
  }

  @Test("halving the resolution gives what the coarser one would have counted")
  func halving() {
    var fine = NativeHistogram()
    let values = (0..<400).map { 1e-6 * pow(1.05, Double($0)) }
    for value in values { fine.observe(value) }
    #expect(fine.schema < 3)
    var coarse: [Int: UInt64] = [:]
    for value in values { coarse[NativeHistogram.index(of: value, schema: fine.schema), default: 0] += 1 }
    #expect(fine.positive == coarse)
  }

  @Test("10 µs to 10 s fit at the resolution at the start")
  func usualRange() {
    var histogram = NativeHistogram()
    var value = 1e-5
    while value <= 10 {
      histogram.observe(value)
      value *= 1.01
    }
    #expect(histogram.schema == 3)
  }
}
