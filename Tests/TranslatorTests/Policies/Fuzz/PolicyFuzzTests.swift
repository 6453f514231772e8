import FoundationEssentials
import JSON
import KubernetesAPI
import Testing
import Translator

/// Random changes to sound policies, through the reader, the translator and Envoy.
///
/// The same seed makes the same mutants: `KGATEWAY_FUZZ_SEED` takes another one, `KGATEWAY_FUZZ_CASES` more of them or
/// fewer, and a mutant's name is the seed with which it alone comes again. With `KGATEWAY_FUZZ_TRACE=1` each is printed
/// before it is tried, for the case that one ends the program.
@Suite("Fuzzing policies", .serialized)
struct PolicyFuzzTests {
  private static func setting(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
  }

  @Test("the seeds are sound", arguments: PolicySeed.all)
  func seeds(_ seed: PolicySeed) throws {
    let outcome = try #require(try FuzzedTranslation(seed.policy, name: seed.name, in: PolicySeed.world()))
    #expect(outcome.translation.report.problems == [])
    #expect(outcome.isAccepted)
    #expect(try outcome.configured().fault == nil)
  }

  @Test("a seed makes the same mutant again")
  func reproducible() {
    let material = MutationMaterial(PolicySeed.all.map(\.policy))
    let mutants = (UInt64(0)..<200).map { seed in
      (0..<2).map { _ in
        var mutator = PolicyMutator(material, seed: seed)
        return mutator.mutant()
      }
    }
    #expect(mutants.allSatisfy { $0[0] == $0[1] })
    #expect(Set(mutants.map { $0[0] }).count > 100)
  }

  @Test("one that Envoy refuses is found among the others, with Envoy's reason")
  func findsRefused() async throws {
    let world = try PolicySeed.world()
    var mutants = try PolicySeed.all.compactMap { seed in
      try FuzzedTranslation(seed.policy, name: seed.name, in: world)?.configured()
    }
    let sound = try #require(mutants.first)
    let faulty = JSONValue.object([JSONMember(key: "filter_chains", value: .array([]))])
    mutants.insert(
      ConfiguredMutant(name: "faulty", policy: "", listeners: [faulty], clusters: sound.clusters), at: mutants.count / 2
    )
    let refused = try await MutantBatch(mutants: mutants).refused()
    #expect(refused.map(\.mutant.name) == ["faulty"])
    #expect(refused.allSatisfy { $0.reason.contains("no filter chains specified") }, "\(refused)")
  }

  @Test("no mutant ends the program, each configuration is whole, and Envoy takes it")
  func mutants() async throws {
    let seed = Self.setting("KGATEWAY_FUZZ_SEED") ?? 1
    let count = Self.setting("KGATEWAY_FUZZ_CASES") ?? 20_000
    let isTraced = Self.setting("KGATEWAY_FUZZ_TRACE") == 1
    print("fuzzing \(count) policies from KGATEWAY_FUZZ_SEED=\(seed)")
    let material = MutationMaterial(PolicySeed.all.map(\.policy))
    let world = try PolicySeed.world()
    var tally = FuzzTally()
    for index in 0..<count {
      let caseSeed = seed &+ index
      var mutator = PolicyMutator(material, seed: caseSeed)
      let policy = mutator.mutant()
      if isTraced { print("KGATEWAY_FUZZ_SEED=\(caseSeed) \(FuzzedTranslation.text(policy))") }
      let outcome = try? FuzzedTranslation(policy, name: "KGATEWAY_FUZZ_SEED=\(caseSeed)", in: world)
      try tally.add(outcome)
    }
    print(tally.summary)
    #expect(tally.faults == [])
    #expect(tally.read > count / 4 && tally.accepted > count / 8)
    #expect(tally.acceptedConfigurations.count >= min(500, Int(count) / 40))
    let refused = try await MutantBatch(mutants: tally.acceptedConfigurations + tally.partlyRefused).refused()
    if !refused.isEmpty {
      Issue.record("Envoy refuses what is accepted:\n\n\(refused.map(\.description).joined(separator: "\n\n"))")
    }
  }
}

/// What became of the mutants.
private struct FuzzTally {
  /// The most configurations that Envoy gets, of each kind.
  private static let maximumConfigurations = (accepted: 1500, partlyRefused: 500)

  private(set) var cases = 0
  private(set) var read = 0
  private(set) var accepted = 0
  private(set) var acceptedConfigurations: [ConfiguredMutant] = []
  /// Of policies in which a field was left out; the rest of them is in effect, and has to be right too.
  private(set) var partlyRefused: [ConfiguredMutant] = []
  private(set) var faults: [String] = []
  private var seen: Set<Int> = []

  /// - Parameter outcome: nil for a policy that was not read.
  mutating func add(_ outcome: FuzzedTranslation?) throws {
    cases += 1
    guard let outcome else { return }
    read += 1
    if outcome.isAccepted { accepted += 1 }
    guard seen.insert(try outcome.configurationHash()).inserted else { return }
    let isWanted =
      outcome.isAccepted
      ? acceptedConfigurations.count < Self.maximumConfigurations.accepted
      : partlyRefused.count < Self.maximumConfigurations.partlyRefused
    guard isWanted else { return }
    let mutant = try outcome.configured()
    if let fault = mutant.fault { faults.append("\(mutant.name): \(fault)\n\(mutant.policy)") }
    if outcome.isAccepted {
      acceptedConfigurations.append(mutant)
    } else {
      partlyRefused.append(mutant)
    }
  }

  var summary: String {
    "\(cases) mutants: \(read) read, \(accepted) accepted, \(seen.count) different configurations; "
      + "\(acceptedConfigurations.count) of the accepted and \(partlyRefused.count) of others go to Envoy"
  }
}
