import APIServerDouble
import FoundationEssentials
import RealComponents
import Testing

extension EndToEnd {
  /// What an API server can do to an operator, while requests go through its proxies.
  ///
  /// `KGATEWAY_FAULT=GOAWAY` runs the cases alone whose sentence has this in it; `KGATEWAY_FAULT_ROUNDS=10` runs the table
  /// so many times, on one installation.
  @Suite("kgateway run: the fault table", WithFaultBed())
  struct FaultTable {
    static let rounds: ClosedRange<Int> = {
      let rounds = ProcessInfo.processInfo.environment["KGATEWAY_FAULT_ROUNDS"].flatMap(Int.init) ?? 1
      return 1...max(1, rounds)
    }()

    static let faults: [Fault] = {
      guard let part = ProcessInfo.processInfo.environment["KGATEWAY_FAULT"], !part.isEmpty else { return Fault.all }
      return Fault.all.filter { $0.testDescription.contains(part) }
    }()

    /// For what takes seconds: a backoff, a watch that is silent, a kind that is looked for every ten seconds.
    private static let patience = Duration.seconds(40)

    @Test(
      "no request is lost, nothing partial is pushed, and in the end the operator knows what the server has",
      .timeLimit(.minutes(3)), arguments: rounds, faults)
    func fault(round: Int, _ fault: Fault) async throws {
      let bed = try #require(FaultBed.current)
      let start = ContinuousClock.now
      do {
        try await run(fault, on: bed)
      } catch {
        Issue.record("\(error)\nthe operator's log:\n\(bed.kgateway.process.errorOutput.tail(30))")
        try await fault.clear(bed)
      }
      let memory = try await expectMemory(bed)
      print("round \(round), \(start.duration(to: .now)), \(memory): \(fault.testDescription)")
    }

    private func run(_ fault: Fault, on bed: FaultBed) async throws {
      let before = try await Seen(of: bed, fault)
      try await fault.begin(bed)
      try await fault.change(bed)
      for reason in fault.reasons {
        try await eventually("a watch is begun anew, because \(reason)", within: Self.patience) {
          try await bed.restarts(reason) > before.restarts[reason, default: 0]
        }
      }
      try await fault.evidence(bed)
      try await before.expectAnswers(bed)
      try await fault.end(bed)

      try await bed.world.expectSecond(within: Self.patience)
      try await bed.waitForTheSame(within: Self.patience)
      try await bed.world.returnToFirst()
      try await fault.tidy(bed)
      try await bed.world.expectFirst(within: Self.patience)
      try await bed.waitForTheSame(within: Self.patience)
      try await before.expectNothingLost(bed)
    }

    private func expectMemory(_ bed: FaultBed) async throws -> ResidentMemory {
      let bound = bed.memory + FaultBed.memoryAllowance
      var memory = try await ResidentMemory(of: bed.kgateway)
      // A sanitizer keeps what was freed for a while.
      guard !Sanitizer.isOn else { return memory }
      try await eventually("the memory is back at \(bed.memory), was \(memory)", within: .seconds(10)) {
        memory = try await ResidentMemory(of: bed.kgateway)
        return memory <= bound
      }
      return memory
    }
  }
}

extension EndToEnd.FaultTable {
  /// What was seen before a fault, to tell what it has changed.
  struct Seen {
    var restarts: [String: Double] = [:]
    private let answers: [Int]
    private let failures: [Int]
    private let violations: [Int]

    init(of bed: FaultBed, _ fault: Fault) async throws {
      for reason in fault.reasons { restarts[reason] = try await bed.restarts(reason) }
      answers = bed.loads.map(\.answers)
      failures = bed.loads.map(\.failures.count)
      violations = bed.watches.map(\.violations.count)
    }

    /// Requests are answered while the fault lasts.
    func expectAnswers(_ bed: FaultBed) async throws {
      let now = bed.loads.map(\.answers)
      try await eventually("requests are answered", within: .seconds(30)) {
        zip(bed.loads, now).allSatisfy { $0.answers > $1 + 20 }
      }
    }

    func expectNothingLost(_ bed: FaultBed) async throws {
      for (load, (answered, failed)) in zip(bed.loads, zip(answers, failures)) {
        #expect(load.answers > answered)
        #expect(load.failures.dropFirst(failed).prefix(5) == [])
      }
      for (watch, seen) in zip(bed.watches, violations) {
        #expect(watch.violations.dropFirst(seen).prefix(5) == [])
        #expect(watch.end == nil)
      }
      #expect(bed.kgateway.process.exitStatus == nil)
      #expect(try await bed.kgateway.readiness().status == 200)
    }
  }
}
