import Fuzzing
import Testing

@testable import XDS

/// Random orders of publications, requests, answers, refusals, slow and broken connections, against the rules of
/// ``SimulatedEnvoy`` and ``Link``: a route never stands without its cluster and endpoints, what is gone goes last,
/// nothing is sent again that did not change, nor what was refused, a nonce is used once, and when all is quiet each
/// proxy holds what is served, which is what is published but for what proxies refuse.
///
/// Where proxies do not say which they refuse, several may be to blame: each of them is told as refused, gives way to the
/// version that works, and is served where there is none. What a proxy uses after that is not known until it takes another
/// version, so that clusters may stay which are of no use to it.
///
/// What is not varied, because it has not been judged: other replicas, and a control plane that starts anew. Over the state
/// of the world the order is not looked at for a listener or route from before a reconnection that was not replaced since,
/// nor for what is held back with nothing in its place; and no client claims a version of which it gave up a part, or after
/// which it took a part of another one.
///
/// `KGATEWAY_SIMULATION_RUNS` and `KGATEWAY_SIMULATION_SEED` as ``Simulation`` has them.
@Suite("Simulated proxies of a Gateway")
struct GatewaySimulationTests {
  private static func findings(_ name: String, runs: Int, _ traits: SimulatedGateway.Traits) -> [String] {
    Simulation("ADS, \(name)", runs: runs).findings { random in
      var gateway = SimulatedGateway(random, traits)
      return gateway.run(steps: 150)
    }
  }

  @Test("get to the newest in the right order, whatever happens meanwhile")
  func sound() {
    #expect(Self.findings("sound", runs: 250, .init()) == [])
  }

  @Test("get to the newest that works where they refuse some, and say which")
  func refused() {
    #expect(Self.findings("refused", runs: 250, .init(faults: 12)) == [])
  }

  @Test("get to the newest that works where they refuse some, and do not say which")
  func refusedWithoutNames() {
    #expect(Self.findings("refused without names", runs: 250, .init(faults: 12, refusing: .withoutNames)) == [])
  }

  @Test("get to the newest that works where they refuse whole responses for one that is malformed")
  func refusedWholly() {
    #expect(Self.findings("refused wholly", runs: 250, .init(faults: 12, refusing: .wholly)) == [])
  }

  @Test("get to the newest that works where listeners are checked first")
  func checked() {
    #expect(Self.findings("checked", runs: 200, .init(faults: 8, checks: true)) == [])
  }
}
