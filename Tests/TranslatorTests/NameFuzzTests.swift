import Fuzzing
import SwiftProtobuf
import Testing

@testable import Translator

@Suite("Fuzzing durations, host names and addresses")
struct NameFuzzTests {
  private static func text(_ mutator: ByteMutator) -> (inout FuzzRandom) -> String {
    { String(decoding: mutator.mutant(using: &$0), as: UTF8.self) }
  }

  @Test("a duration is one of the protobuf kind, or a fault that names the field")
  func durations() {
    let mutator = ByteMutator(
      corpus: ["1h30m", "500ms", "0s", "99999h99999m99999s99999ms", "1m1m1m1m"],
      dictionary: ["h", "m", "s", "ms", "0", "."])
    let findings = Fuzzer("duration", cases: 3_000).run(Self.text(mutator)) { text, _ in
      var faults: [FieldFault] = []
      let duration = GoDuration.parse(text, at: "spec.timeout", minimum: 1, example: "5s", &faults)
      guard let duration else { return faults.count == 1 ? .refused : .fault("\(faults.count) faults") }
      let isSound = duration.seconds >= 0 && (0..<1_000_000_000).contains(duration.nanos) && faults.isEmpty
      return isSound ? .accepted : .fault("\(duration)")
    }
    #expect(findings == [])
  }

  @Test("host names cover and narrow each other as sets of hosts do")
  func hostnames() {
    let mutator = ByteMutator(
      corpus: ["example.com", "*.example.com", "a.b.example.com", "x", "*.com", "a-b.c1"],
      dictionary: ["*.", "*", ".", "-", "example.com", "com", "1.2.3.4", "A", "é"])
    let names = ["example.com", "*.example.com", "a.example.com", "*.a.example.com", "*.com", "com"].compactMap(
      Hostname.init)
    let findings = Fuzzer("hostname", cases: 3_000).run(Self.text(mutator)) { text, random in
      guard let one = Hostname(text), let other = random.choice(names + [.any]) else { return .refused }
      let common = one.intersection(other)
      guard common == other.intersection(one) else { return .fault("\(one) and \(other) depend on the order") }
      if let common, !one.covers(common) || !other.covers(common) { return .fault("\(common) is in neither") }
      guard one.wildcards.allSatisfy({ $0.covers(one) }), one.wildcards.sorted() == one.wildcards else {
        return .fault("the wildcards of \(one): \(one.wildcards)")
      }
      return Hostname(one.domain) == one ? .accepted : .fault("\(one) is not the same again")
    }
    #expect(findings == [])
  }

  @Test("an address that is taken is written as one that is the same")
  func addresses() {
    let mutator = ByteMutator(
      corpus: ["otel-collector.telemetry:4317", "[::1]:65535", "10.0.0.1:1"],
      dictionary: ["[", "]", ":", "::", "@", "/", "0"])
    let findings = Fuzzer("host-port", cases: 3_000).run(Self.text(mutator)) { text, _ in
      guard let address = HostPort(text) else { return .refused }
      return HostPort(address.description) == address ? .accepted : .fault("\(address) is not the same again")
    }
    #expect(findings == [])
  }
}
