import Fuzzing
import Testing

@testable import Deployer

@Suite("Fuzzing quantities")
struct QuantityFuzzTests {
  @Test("the canonical form of a quantity is the same amount, and its own canonical form")
  func quantities() {
    let mutator = ByteMutator(
      corpus: ["500m", "1Gi", "1.5", "0.000000001", "2e3", "9223372036854775807", "1E", "1Ei", "+3k", ".5n"],
      dictionary: [
        "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "n", "u", "m", "k", "M", "G", "T", "P", "E", "e", "e-9", "e18", ".", "+",
        "-", "0",
      ])
    let findings = Fuzzer("quantity", cases: 5_000).run {
      String(decoding: mutator.mutant(using: &$0), as: UTF8.self)
    } check: {
      text, _ in
      guard let quantity = Quantity(text) else { return .refused }
      guard let again = Quantity(quantity.canonical) else { return .fault("\(quantity.canonical) is no quantity") }
      guard !(again < quantity), !(quantity < again), again.canonical == quantity.canonical, quantity.roundedUp >= 0
      else {
        return .fault("\(quantity.canonical) is not the same: \(again.canonical)")
      }
      return .accepted
    }
    #expect(findings == [])
  }
}
