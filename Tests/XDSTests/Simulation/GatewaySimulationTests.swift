import Fuzzing
import Testing

@testable import XDS

/// Random orders of publications, requests, answers, refusals, slow and broken connections, against the rules of
/// ``SimulatedEnvoy`` and ``Link``: a route never stands without its cluster and endpoints, what is gone goes last,
/// nothing is sent again that did not change, nor what was refused, a nonce is used once, and when all is quiet each
/// proxy holds what is served, which is what is published but for what proxies refuse.
///
/// What is not varied, because it has not been judged: refusals that do not name what is refused, other replicas, and a
/// control plane that starts anew. Over the state of the world the order is not looked at from a reconnection to a rest,
/// nor for what is held back with nothing in its place, nor is a client that claims a version of which it gave up a part.
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

  @Test("get to the newest that works where listeners are checked first")
  func checked() {
    #expect(Self.findings("checked", runs: 200, .init(faults: 8, checks: true)) == [])
  }
}
