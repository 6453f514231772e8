#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The `process_*` metrics that every Prometheus client has, read from `/proc` at each scrape; where there is no
/// `/proc` they are left out.
package enum ProcessMetrics {
  /// Registers them.
  package static func register(in registry: MetricsRegistry) {
    let add = { (name: String, help: String, kind: MetricKind, value: @escaping @Sendable () -> Double?) in
      registry.computed(name, help, kind: kind) { value().map { [MetricSample(value: $0)] } ?? [] }
    }
    add("process_cpu_seconds_total", "CPU time used by the process, user and system, in seconds.", .counter) {
      ProcessStatistics.current()?.cpuSeconds
    }
    add("process_resident_memory_bytes", "Resident memory of the process in bytes.", .gauge) {
      ProcessStatistics.current()?.residentBytes
    }
    add("process_virtual_memory_bytes", "Virtual memory of the process in bytes.", .gauge) {
      ProcessStatistics.current()?.virtualBytes
    }
    add("process_open_fds", "Open file descriptors of the process.", .gauge) {
      OpenFiles.count().map(Double.init)
    }
    add("process_max_fds", "The number of file descriptors that the process may open.", .gauge) {
      maximumOpenFiles()
    }
    let startTime = ProcessStatistics.current()?.startTime
    add("process_start_time_seconds", "Start time of the process in seconds since 1970.", .gauge) { startTime }
  }

  private static func maximumOpenFiles() -> Double? {
    var limit = rlimit()
    #if canImport(Glibc)
      let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
      let resource = RLIMIT_NOFILE
    #endif
    return getrlimit(resource, &limit) == 0 ? Double(limit.rlim_cur) : nil
  }
}

/// What `/proc/self/stat` tells (`man 5 proc_pid_stat`).
struct ProcessStatistics: Equatable {
  let cpuSeconds: Double
  let virtualBytes: Double
  let residentBytes: Double
  /// Seconds from the start of the machine to that of the process.
  private let startAfterBoot: Double

  /// - Parameters:
  ///   - ticksPerSecond: `_SC_CLK_TCK`.
  ///   - pageSize: in bytes.
  init?(stat: String, ticksPerSecond: Double, pageSize: Double) {
    // The second field is the program's name in parentheses, which may hold blanks and parentheses of its own.
    guard let nameEnd = stat.utf8.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = stat.utf8[stat.utf8.index(after: nameEnd)...].split {
      $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n")
    }
    // fields[0] is the manual's field 3.
    let field = { (number: Int) in number - 3 < fields.count ? Double(Substring(fields[number - 3])) : nil }
    guard let userTicks = field(14), let systemTicks = field(15), let startTicks = field(22),
      let virtualBytes = field(23), let residentPages = field(24)
    else { return nil }
    self.cpuSeconds = (userTicks + systemTicks) / ticksPerSecond
    self.virtualBytes = virtualBytes
    self.residentBytes = residentPages * pageSize
    self.startAfterBoot = startTicks / ticksPerSecond
  }

  static func current() -> ProcessStatistics? {
    guard let stat = ProcessFile.text(of: "/proc/self/stat") else { return nil }
    return ProcessStatistics(
      stat: stat, ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))), pageSize: Double(sysconf(Int32(_SC_PAGESIZE))))
  }

  /// Seconds since 1970; nil if the start of the machine is not known.
  var startTime: Double? {
    guard let machine = ProcessFile.text(of: "/proc/stat") else { return nil }
    let line = machine.split(separator: "\n").first { $0.hasPrefix("btime ") }
    return line.flatMap { Double($0.dropFirst("btime ".count)) }.map { $0 + startAfterBoot }
  }
}
