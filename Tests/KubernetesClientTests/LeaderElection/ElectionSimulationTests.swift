import Testing

@Suite("Leader election: simulated hours", .timeLimit(.minutes(1)))
struct ElectionSimulationTests {
  @Test("without trouble the first leads all the time", arguments: [1, 2, 3])
  func calm(replicas: Int) {
    var simulation = ElectionSimulation(replicas: replicas, trouble: .init(slow: 0), seed: 1)
    let outcome = simulation.run(seconds: 600)
    #expect(outcome.doubleLeaders.isEmpty)
    #expect(outcome.terms == 1)
    #expect(outcome.longestGap < 5)
  }

  @Test("there are never two leaders, whatever is late, lost, stopped or begun anew", arguments: [2, 3])
  func trouble(replicas: Int) {
    let troubles: [ElectionSimulation.Trouble] = [
      .init(lostRequests: 0.2, lostAnswers: 0.2), .init(freezes: 0.05), .init(restarts: 0.05),
      .init(lostRequests: 0.1, lostAnswers: 0.1, freezes: 0.02, restarts: 0.02, drift: 0.05),
    ]
    for trouble in troubles {
      for seed in UInt64(1)...10 {
        var simulation = ElectionSimulation(replicas: replicas, trouble: trouble, seed: seed)
        let outcome = simulation.run(seconds: 1800)
        #expect(outcome.doubleLeaders.isEmpty, "seed \(seed), \(trouble): \(outcome)")
        #expect(outcome.terms > 1, "seed \(seed), \(trouble): \(outcome)")
        #expect(outcome.led > outcome.duration / 4, "seed \(seed), \(trouble): \(outcome)")
      }
    }
  }

  @Test("clocks that run more apart than the two durations allow are found out: the simulation can see two leaders")
  func isSensitive() {
    let found = (UInt64(1)...20).contains { seed in
      var simulation = ElectionSimulation(
        replicas: 3, trouble: .init(lostRequests: 0.3, lostAnswers: 0.3, freezes: 0.05, drift: 0.7), seed: seed)
      return !simulation.run(seconds: 1800).doubleLeaders.isEmpty
    }
    #expect(found)
  }
}
