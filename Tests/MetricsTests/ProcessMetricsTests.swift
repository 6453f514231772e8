import Testing

@testable import PrometheusMetrics

@Suite("The metrics of the process")
struct ProcessMetricsTests {
  #if os(Linux)
    @Test("the running process is told plausibly")
    func runningProcess() throws {
      let registry = MetricsRegistry()
      ProcessMetrics.register(in: registry)
      var values: [String: Double] = [:]
      for line in registry.exposition().split(separator: "\n") where !line.hasPrefix("#") {
        let parts = line.split(separator: " ")
        values[String(parts[0])] = Double(parts[1])
      }
      #expect(try #require(values["process_cpu_seconds_total"]) < 100_000)
      #expect(try #require(values["process_resident_memory_bytes"]) > 1_048_576)
      #expect(try #require(values["process_virtual_memory_bytes"]) > #require(values["process_resident_memory_bytes"]))
      #expect(try #require(values["process_open_fds"]) >= 3)
      #expect(try #require(values["process_max_fds"]) >= 256)
      #expect(try #require(values["process_start_time_seconds"]) > 1_700_000_000)
      #expect(values.count == 6)
    }
  #endif

  @Test("a program's name with blanks and parentheses does not shift the fields")
  func oddName() throws {
    let stat = """
      4242 (a b) c) S 1 4242 4242 0 -1 4194304 1 0 0 0 250 150 0 0 20 0 4 0 12345 104857600 2560 18446744073709551615 1

      """
    let statistics = try #require(ProcessStatistics(stat: stat, ticksPerSecond: 100, pageSize: 4_096))
    #expect(statistics.cpuSeconds == 4)
    #expect(statistics.virtualBytes == 104_857_600)
    #expect(statistics.residentBytes == 10_485_760)
  }

  @Test("what is cut off gives nothing", arguments: ["", "1 (name", "1 (name) S 1 2 3", "no such format"])
  func malformed(stat: String) {
    #expect(ProcessStatistics(stat: stat, ticksPerSecond: 100, pageSize: 4_096) == nil)
  }
}
