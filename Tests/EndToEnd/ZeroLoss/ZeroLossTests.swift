import APIServerDouble
import FoundationEssentials
import RealComponents
import Testing

extension EndToEnd {
  /// Everything changes all the time, and nobody notices.
  ///
  /// `KGATEWAY_ZERO_LOSS_SECONDS` is how long it changes; from 60 s on the control plane is killed every 20 s, in a
  /// shorter run twice, and every `KGATEWAY_ZERO_LOSS_INTERVAL` seconds if that is set. `KGATEWAY_ZERO_LOSS_SEED` has the
  /// changes of an earlier run chosen again, as far as the time that things take allows. The proxies write what they are
  /// sent into the folder `KGATEWAY_ZERO_LOSS_LOGS`.
  @Suite("no request is lost", .timeLimit(.minutes(30)))
  struct ZeroLoss {
    private static func number(_ variable: String) -> UInt64? {
      ProcessInfo.processInfo.environment[variable].flatMap { UInt64($0) }
    }

    @Test("requests are answered while routes, Services, endpoints and policies change and the control plane is killed")
    func changes() async throws {
      let seconds = Int(Self.number("KGATEWAY_ZERO_LOSS_SECONDS") ?? 16)
      let seed = Self.number("KGATEWAY_ZERO_LOSS_SEED") ?? UInt64.random(in: 1...1_000_000)
      let interval = Self.number("KGATEWAY_ZERO_LOSS_INTERVAL").map(Int.init) ?? (seconds >= 60 ? 20 : seconds / 3)
      print("zero loss: \(seconds) s, KGATEWAY_ZERO_LOSS_SEED=\(seed)")
      try await ZeroLossBed.withRunning(seed: seed, interval: .seconds(interval)) { bed in
        await bed.changes.run(for: .seconds(seconds))
        try await bed.waitUntilRight()
        bed.load.isStopped.set()
      } _: { figures, log in
        print(figures.summary)
        for failure in figures.failures.prefix(40) { print("failure: \(failure)") }
        #expect(figures.failures.isEmpty, "\(figures.failures.prefix(5))\nkgateway:\n\(log)")
        #expect(figures.restarts >= (seconds >= 60 ? seconds / max(interval, 20) - 1 : 1))
        #expect(Sanitizer.isOn ? figures.requests > 0 : figures.requests > seconds * 50)
        #expect(figures.drainedBusy > 0)
        #expect(!figures.arrivals.isEmpty)
        // A change's way through the control plane to the last proxy, on a processor that it has for itself. What a client
        // sees besides is the work of the test: an API server, 20 backends and the load are in the same process.
        let arrival = figures.propagations.mean / figures.meanSlowness
        #expect(Sanitizer.isOn || arrival < .milliseconds(100), "\(figures.summary)")
        if figures.meanSlowness < 1.5, !Sanitizer.isOn {
          #expect(LoadRecord.Figures.quantile(0.5, of: figures.arrivals) < .milliseconds(100))
        }
      }
    }
  }
}
