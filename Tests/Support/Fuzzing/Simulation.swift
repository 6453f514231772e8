import FoundationEssentials

/// Runs of a simulation, each of another random order of what happens.
///
/// - `KGATEWAY_SIMULATION_RUNS`: how many runs, in place of the few of the test suite.
/// - `KGATEWAY_SIMULATION_SEED`: the first seed, 1 otherwise. Each run has a seed of its own, one more than the run before
///   it, so that a run which failed comes again alone with its seed and `KGATEWAY_SIMULATION_RUNS=1`.
package struct Simulation: Sendable {
  private static let maximumFindings = 10

  private let name: String
  private let runs: Int
  private let seed: UInt64

  /// - Parameters:
  ///   - name: what is simulated, in a few words.
  ///   - runs: how many, unless the environment says otherwise.
  package init(_ name: String, runs: Int) {
    let environment = ProcessInfo.processInfo.environment
    self.name = name
    self.runs = environment["KGATEWAY_SIMULATION_RUNS"].flatMap { Int($0) } ?? runs
    seed = environment["KGATEWAY_SIMULATION_SEED"].flatMap { UInt64($0) } ?? 1
  }

  /// - Parameter body: one run; returns what broke a rule.
  /// - Returns: what was found, with the seeds; prints a line about it.
  package func findings(_ body: (FuzzRandom) throws -> [String]) -> [String] {
    var findings: [String] = []
    var faulty = 0
    for index in 0..<runs {
      let seed = seed &+ UInt64(index)
      let problems: [String]
      do { problems = try body(FuzzRandom(seed: seed)) } catch { problems = ["\(error)"] }
      if runs >= 10_000, index > 0, index % (runs / 10) == 0 { print("\(name): \(index) runs, \(faulty) with faults") }
      guard !problems.isEmpty else { continue }
      faulty += 1
      if findings.count < Self.maximumFindings {
        let again = "KGATEWAY_SIMULATION_SEED=\(seed) KGATEWAY_SIMULATION_RUNS=1"
        findings.append("\(name), \(again): " + problems.prefix(3).joined(separator: "; "))
      }
    }
    print("\(name): \(runs) runs from KGATEWAY_SIMULATION_SEED=\(seed), \(faulty) with faults")
    return findings
  }
}
