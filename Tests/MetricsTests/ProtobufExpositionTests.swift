import SwiftProtobuf
import Testing

@testable import PrometheusMetrics

@Suite("The protobuf exposition")
struct ProtobufExpositionTests {
  private enum Method: String, MetricLabelValue {
    case get = "GET"
    case put = "PUT"

    static let name = "method"
  }

  private let registry = MetricsRegistry(nativeHistograms: true)

  /// The families in it, read as any other program would.
  private func families() throws -> [Io_Prometheus_Client_MetricFamily] {
    let bytes = try registry.exposition(as: .protobuf)
    var families: [Io_Prometheus_Client_MetricFamily] = []
    var position = 0
    while position < bytes.count {
      var (length, shift) = (0, 0)
      repeat {
        length |= Int(bytes[position] & 0x7F) << shift
        shift += 7
        position += 1
      } while bytes[position - 1] >= 0x80
      let message = Array(bytes[position..<position + length])
      families.append(try Io_Prometheus_Client_MetricFamily(serializedBytes: message))
      position += length
    }
    return families
  }

  @Test("each family comes after its length, with its type and its series in order")
  func numbers() throws {
    registry.counters("b_total", "Requests.", by: Method.self)[.put].increment(by: 300)
    registry.gauge("a", String(repeating: "long ", count: 100)).set(-3)
    registry.computed("absent", "Never there.", kind: .gauge) { [] }
    registry.computed("c", "Computed.", kind: .counter) { [MetricSample(labels: [MetricLabel("x", "1")], value: 0.5)] }
    let families = try families()
    #expect(families.map(\.name) == ["a", "b_total", "c"])
    #expect(families.map(\.type) == [.gauge, .counter, .counter])
    #expect(families[0].metric.map(\.gauge.value) == [-3])
    #expect(families[1].metric.map { $0.label.map { "\($0.name)=\($0.value)" } } == [["method=GET"], ["method=PUT"]])
    #expect(families[1].metric.map(\.counter.value) == [0, 300])
    #expect(families[2].metric.map(\.counter.value) == [0.5])
  }

  @Test("a histogram has its classic buckets and its native ones, as runs and differences")
  func histogram() throws {
    let latency = registry.histogram("latency", "Latency.", bounds: [1, 2])
    for value in [0, 0.5, 0.5, 1, 1.05, 1.05, 1.05, 2, 5] { latency.observe(value) }
    let histogram = try #require(try families().first?.metric.first?.histogram)
    #expect(histogram.sampleCount == 9)
    #expect(abs(histogram.sampleSum - 12.15) < 1e-9)
    #expect(histogram.bucket.map(\.upperBound) == [1, 2, .infinity])
    #expect(histogram.bucket.map(\.cumulativeCount) == [4, 8, 9])
    #expect(histogram.schema == 3)
    #expect(histogram.zeroThreshold == 0x1p-128)
    #expect(histogram.zeroCount == 1)
    // 0.5 ends bucket -8, 1 bucket 0, 1.05 is in bucket 1, 2 ends bucket 8, and 5 is in 19.
    #expect(histogram.positiveSpan.map(\.offset) == [-8, 7, 6, 10])
    #expect(histogram.positiveSpan.map(\.length) == [1, 2, 1, 1])
    #expect(histogram.positiveDelta == [2, -1, 2, -2, 0])
    #expect(histogram.negativeSpan.isEmpty)
  }

  @Test("a histogram without an observation is a native one already")
  func empty() throws {
    _ = registry.histogram("latency", "Latency.", bounds: [1])
    let histogram = try #require(try families().first?.metric.first?.histogram)
    #expect(histogram.zeroThreshold > 0)
    #expect(histogram.sampleCount == 0)
    #expect(histogram.bucket.map(\.cumulativeCount) == [0, 0])
  }

  @Test("the text is the same with native histograms and without")
  func text() {
    let plain = MetricsRegistry()
    for registry in [plain, registry] {
      let latency = registry.histogram("latency", "Latency.", bounds: [1, 2])
      for value in [0.5, 1.5] { latency.observe(value) }
    }
    #expect(registry.exposition() == plain.exposition())
  }
}
