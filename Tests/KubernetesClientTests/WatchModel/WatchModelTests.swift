import FoundationEssentials
import Testing

/// Environment variables: `KGATEWAY_SIMULATION_RUNS` is how many runs are made (2,000 where it is not set; the long one
/// has 100,000), `KGATEWAY_SIMULATION_SEED` gives the one seed of a single run, whose course is printed.
@Suite("The reflector, against a model of a server that does everything at random", .timeLimit(.minutes(60)))
struct WatchModelTests {
  private static func number(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
  }

  @Test("whenever all is told, the mirror is what the server has; nothing is synced too soon, or told twice")
  func model() async {
    if let seed = Self.number("KGATEWAY_SIMULATION_SEED") {
      let outcome = await WatchModel.run(seed: seed, isTraced: true)
      print(outcome.trace.joined(separator: "\n"))
      #expect(outcome.problems.isEmpty, "KGATEWAY_SIMULATION_SEED=\(seed)")
      return
    }
    let runs = Self.number("KGATEWAY_SIMULATION_RUNS") ?? 2000
    var (problems, comparisons, requests) = (0, 0, 0)
    for seed in 0..<runs where problems < 5 {
      let outcome = await WatchModel.run(seed: seed)
      comparisons += outcome.comparisons
      requests += outcome.requests
      guard let problem = outcome.problems.first else { continue }
      problems += 1
      Issue.record("KGATEWAY_SIMULATION_SEED=\(seed): \(problem)")
    }
    print("\(runs) runs, \(requests) requests, \(comparisons) comparisons")
    #expect(comparisons > Int(runs))
  }
}
