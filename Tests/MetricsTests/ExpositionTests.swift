import PrometheusMetrics
import Testing

@Suite("The text exposition")
struct ExpositionTests {
  private enum Method: String, MetricLabelValue {
    case get = "GET"
    case odd = "a\"b\\c\nd"

    static let name = "method"
  }

  @Test("metrics are sorted by name, and each has its HELP and TYPE")
  func sortedFamilies() {
    let registry = MetricsRegistry()
    let requests = registry.counter("b_total", "Requests.")
    let depth = registry.gauge("a_depth", "Depth of\nthe \\ \"queue\".")
    requests.increment()
    requests.increment(by: 4)
    depth.set(7)
    depth.add(-10)
    #expect(
      registry.exposition() == """
        # HELP a_depth Depth of\\nthe \\\\ "queue".
        # TYPE a_depth gauge
        a_depth -3
        # HELP b_total Requests.
        # TYPE b_total counter
        b_total 5

        """)
  }

  @Test("a family has all of its series from the start, with their values escaped")
  func labelledFamily() {
    let registry = MetricsRegistry()
    let requests = registry.counters("requests_total", "Requests.", by: Method.self)
    requests[.get].increment(by: 2)
    #expect(
      registry.exposition() == """
        # HELP requests_total Requests.
        # TYPE requests_total counter
        requests_total{method="GET"} 2
        requests_total{method="a\\"b\\\\c\\nd"} 0

        """)
  }

  @Test("a histogram's buckets are cumulative and include their bounds")
  func histogram() {
    let registry = MetricsRegistry()
    let latency = registry.histogram("latency", "Latency.", bounds: [0.0001, 0.5, 1])
    latency.observe(0.5)
    latency.observe(0.25)
    latency.observe(.seconds(3))
    latency.observe(Double.nan)
    #expect(
      registry.exposition() == """
        # HELP latency Latency.
        # TYPE latency histogram
        latency_bucket{le="0.0001"} 0
        latency_bucket{le="0.5"} 2
        latency_bucket{le="1"} 2
        latency_bucket{le="+Inf"} 3
        latency_sum 3.75
        latency_count 3

        """)
  }

  @Test("a gauge can be computed at each scrape, and a metric without values is left out")
  func computed() {
    let registry = MetricsRegistry()
    let source = registry.gauge("source", "Source.")
    let gauge = registry.gauge("copy", "Copy.")
    gauge.compute { source.value * 2 }
    registry.computed("absent", "Never there.", kind: .gauge) { [] }
    registry.computed("odd", "Odd values.", kind: .gauge) {
      [.nan, .infinity, -.infinity, 0.1].enumerated().map { index, value in
        MetricSample(labels: [MetricLabel("index", "\(index)")], value: value)
      }
    }
    source.set(21)
    #expect(
      registry.exposition() == """
        # HELP copy Copy.
        # TYPE copy gauge
        copy 42
        # HELP odd Odd values.
        # TYPE odd gauge
        odd{index="0"} NaN
        odd{index="1"} +Inf
        odd{index="2"} -Inf
        odd{index="3"} 0.1
        # HELP source Source.
        # TYPE source gauge
        source 21

        """)
  }

  @Test("no increment is lost between threads")
  func concurrentIncrements() async {
    let registry = MetricsRegistry()
    let counter = registry.counter("c_total", "C.")
    let histogram = registry.histogram("h", "H.", bounds: [1])
    await withTaskGroup { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<1_000 {
            counter.increment()
            histogram.observe(0.5)
          }
        }
      }
    }
    #expect(counter.value == 8_000)
    #expect(histogram.count == 8_000)
  }
}
