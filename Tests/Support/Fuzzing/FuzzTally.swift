import FoundationEssentials
import RealComponents
import SystemPackage

/// How many cases, and from which seed.
struct FuzzSettings: Sendable {
  var seed: UInt64 = 1
  var cases: Int

  init(cases: Int) {
    let environment = ProcessInfo.processInfo.environment
    seed = environment["KGATEWAY_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1
    self.cases = environment["KGATEWAY_FUZZ_CASES"].flatMap { Int($0) } ?? cases
  }
}

/// What became of a target's cases.
struct FuzzTally {
  /// More findings than this are of no more use.
  private static let maximumFindings = 20
  /// What the process may grow by while a target is tried, in bytes. Nothing is kept of a case, but by a sanitizer.
  private static let maximumGrowth = 256 << 20

  private let target: String
  private let settings: FuzzSettings
  private let limit: Duration
  private let record: SeedRecord
  private let residentBefore = ResidentMemory.now
  private var seed: UInt64 = 0
  private var cases = 0
  private var accepted = 0
  private var findings: [FuzzFinding] = []
  private var faults = 0
  private var slowest: (time: Duration, seed: UInt64, length: Int) = (.zero, 0, 0)

  init(target: String, settings: FuzzSettings, limit: Duration) {
    self.target = target
    self.settings = settings
    self.limit = limit
    record = SeedRecord(target: target)
  }

  mutating func begin(_ seed: UInt64) {
    self.seed = seed
    record.write(seed)
    if settings.cases >= 100_000, cases > 0, cases % (settings.cases / 10) == 0 { print("\(summary), going on") }
  }

  mutating func add(_ result: Result<FuzzVerdict, any Error>, of input: some FuzzInput, time: Duration) {
    cases += 1
    if time > slowest.time { slowest = (time, seed, input.fuzzedLength) }
    switch result {
    case .success(.accepted): accepted += 1
    case .success(.refused): break
    case .success(.fault(let what)): note(what, input)
    case .failure(let error): note("an error that nobody expects: \(error)", input)
    }
    if time > limit { note("took \(time), more than \(limit)", input) }
  }

  private mutating func note(_ what: String, _ input: some FuzzInput) {
    faults += 1
    guard findings.count < Self.maximumFindings else { return }
    findings.append(FuzzFinding(seed: seed, what: "\(target): \(what)", input: input.fuzzedText))
  }

  mutating func finish() -> [FuzzFinding] {
    record.remove()
    let growth = ResidentMemory.now - residentBefore
    print("\(summary), memory \(growth >> 20) MiB more")
    if growth > Self.maximumGrowth, !Sanitizer.isOn {
      findings.append(FuzzFinding(seed: settings.seed, what: "\(target): \(growth) bytes are kept", input: ""))
    }
    return findings
  }

  private var summary: String {
    "fuzzed \(target): \(cases) cases from KGATEWAY_FUZZ_SEED=\(settings.seed), \(accepted) accepted, \(faults) faults, "
      + "slowest \(slowest.time) (\(slowest.length) bytes, seed \(slowest.seed))"
  }
}

/// The file that names the case under way.
private final class SeedRecord {
  private let path: FilePath
  private let file: FileDescriptor?

  init(target: String) {
    let folder = FileManager.default.temporaryDirectory.path
    path = FilePath("\(folder)/kgateway-fuzz-\(target).seed")
    file = try? FileDescriptor.open(path, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
  }

  deinit { try? file?.close() }

  func write(_ seed: UInt64) {
    // As long as the longest, so that each overwrites the one before it.
    let digits = String(seed)
    let line = "KGATEWAY_FUZZ_SEED=\(digits)\n" + String(repeating: " ", count: 20 - digits.utf8.count)
    _ = try? file?.writeAll(toAbsoluteOffset: 0, line.utf8)
  }

  func remove() { try? FileManager.default.removeItem(atPath: path.string) }
}

/// What the process holds in memory.
package enum ResidentMemory {
  /// In bytes; 0 where that cannot be told.
  package static var now: Int {
    // Linux: the second number of the file is the count of pages of 4 KiB.
    guard let data = FileManager.default.contents(atPath: "/proc/self/statm") else { return 0 }
    let fields = String(decoding: data, as: UTF8.self).split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) << 12 : 0
  }
}
