#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What this process has used so far.
struct ProcessUsage {
  /// User and system time of all threads.
  var cpu: Duration
  /// Bytes of memory that are resident.
  var resident: Int
  /// The most that was ever resident, in bytes.
  var peak: Int
  /// Bytes handed to the kernel by `write` and its kin, sockets included.
  var written: Int

  static func own() -> ProcessUsage {
    var usage = rusage()
    #if canImport(Glibc)
      getrusage(RUSAGE_SELF.rawValue, &usage)
    #else
      getrusage(RUSAGE_SELF, &usage)
    #endif
    let memory = ProcessMemory.own()
    return ProcessUsage(
      cpu: Duration(usage.ru_utime) + Duration(usage.ru_stime), resident: memory.resident, peak: memory.peak,
      written: ProcFile.numbers(of: "/proc/self/io")["wchar"] ?? 0)
  }
}

/// What memory a process has, in bytes; from `/proc/PID/status`.
struct ProcessMemory {
  var resident: Int
  var peak: Int

  static func own() -> ProcessMemory { ProcessMemory(status: "/proc/self/status") }

  /// Of another process; zero once it is gone.
  init(of process: Int32) { self.init(status: "/proc/\(process)/status") }

  private init(status path: String) {
    let numbers = ProcFile.numbers(of: path)
    resident = (numbers["VmRSS"] ?? 0) * 1024
    peak = (numbers["VmHWM"] ?? 0) * 1024
  }
}

/// Files of `/proc` whose lines are `name: number`.
enum ProcFile {
  static func numbers(of path: String) -> [String: Int] {
    var numbers: [String: Int] = [:]
    for line in text(of: path).split(separator: "\n") {
      let parts = line.split(whereSeparator: { $0 == ":" || $0 == " " || $0 == "\t" })
      if parts.count >= 2, let number = Int(parts[1]) { numbers[String(parts[0])] = number }
    }
    return numbers
  }

  static func text(of path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    while case let count = fread(&part, 1, part.count, file), count > 0 { bytes += part[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// User and system time of another process, in steps of a clock tick (mostly 10 ms).
  static func cpu(of process: Int32) -> Duration {
    // The program's name, in parentheses, may hold blanks.
    guard let fields = text(of: "/proc/\(process)/stat").split(separator: ")").last?.split(separator: " "),
      fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12])
    else { return .zero }
    return .seconds(Double(user + system) / Double(sysconf(Int32(_SC_CLK_TCK))))
  }
}

extension Duration {
  init(_ time: timeval) { self = .seconds(Int64(time.tv_sec)) + .microseconds(Int64(time.tv_usec)) }
}

extension Int {
  /// Bytes as MiB.
  var mebibytes: Double { Double(self) / 1_048_576 }
}
