import EnvoyAPI
import Fuzzing
import NIOCore
import SwiftProtobuf
import Testing

@testable import XDS

/// The requests of one stream, as they come over the wire.
private struct RequestSequence: FuzzInput {
  var messages: [[UInt8]]

  var fuzzedLength: Int { messages.reduce(0) { $0 + $1.count } }
  var fuzzedText: String { messages.map(\.fuzzedText).joined(separator: "\n    ") }
}

@Suite("Fuzzing requests of proxies")
struct RequestFuzzTests {
  private static let names = ["a", "b", "*", "listener~80", "route~80", "", "xds://x/y"]

  private static func types(_ index: Int) -> String {
    (ResourceType.allCases.map(\.typeURL) + ["type.googleapis.com/envoy.config.route.v3.ScopedRoute", ""])[index % 6]
  }

  /// Valid requests; the nonces are those that a stream of this server uses.
  private static func deltaCorpus() throws -> [[UInt8]] {
    try (0..<60).map { index in
      try Envoy_Service_Discovery_V3_DeltaDiscoveryRequest.with {
        $0.typeURL = types(index)
        if index % 4 == 0 {
          $0.node = .with {
            $0.id = "n"; $0.cluster = "ns/gw"
          }
        }
        if index % 3 == 0 { $0.resourceNamesSubscribe = [names[index % 7], names[(index + 1) % 7]] }
        if index % 5 == 0 { $0.resourceNamesUnsubscribe = [names[(index + 2) % 7]] }
        if index % 7 == 0 { $0.initialResourceVersions = [names[index % 5]: "0123456789abcdef", "c": "x"] }
        if index % 2 == 0 { $0.responseNonce = "\(index % 9 + 1)" }
        if index % 11 == 0 {
          $0.errorDetail = .with {
            $0.message = "no"; $0.code = 13
          }
        }
      }.serializedBytes()
    }
  }

  private static func stateOfTheWorldCorpus() throws -> [[UInt8]] {
    try (0..<60).map { index in
      try Envoy_Service_Discovery_V3_DiscoveryRequest.with {
        $0.typeURL = types(index)
        if index % 4 == 0 {
          $0.node = .with {
            $0.id = "n"; $0.cluster = "ns/gw"
          }
        }
        if index % 3 == 0 { $0.resourceNames = [names[index % 7], names[(index + 1) % 7]] }
        if index % 7 == 0 { $0.versionInfo = "0123456789abcdef" }
        if index % 2 == 0 { $0.responseNonce = "\(index % 9 + 1)" }
        if index % 11 == 0 {
          $0.errorDetail = .with {
            $0.message = "no"; $0.code = 13
          }
        }
      }.serializedBytes()
    }
  }

  private static func sequence(
    of corpus: [[UInt8]], _ mutator: ByteMutator
  ) -> (inout FuzzRandom) -> RequestSequence {
    { random in
      RequestSequence(
        messages: (0..<(1 + random.below(20))).map { _ in
          random.chance(60) ? random.choice(corpus) ?? [] : mutator.mutant(using: &random)
        })
    }
  }

  private static func configuration(_ random: inout FuzzRandom) -> [EncodedResource] {
    ["a", "b"].filter { _ in random.chance(70) }.flatMap { name in
      [
        resource(.cluster, name, "\(random.below(2))", endpointName: name),
        resource(.endpoint, name, "\(random.below(2))"),
      ]
    } + [resource(.listener, "listener~80", "\(random.below(3))"), resource(.route, "route~80", "a,b")]
  }

  /// Feeds a stream, and checks what comes of it.
  private static func verdict<Wire: WireProtocol>(
    _ wire: Wire.Type, _ input: RequestSequence, _ random: inout FuzzRandom
  ) -> FuzzVerdict where Wire.Logic: ObservedStream {
    var limits = ADSService.Limits()
    limits.names = 12
    var script = Script(Wire.logic(limits), configuration(&random))
    var check = StreamCheck()
    var isRead = true
    for message in input.messages {
      guard let (request, _) = try? Wire.read(ByteBuffer(bytes: message)) else {
        isRead = false
        continue
      }
      do { try script.hold(request) } catch { return isRead ? .accepted : .refused }
      if random.chance(30) { script.serve(configuration(&random)) }
      if random.chance(80), let fault = check.fault(of: script.responses(), on: script.logic, limit: limits.names) {
        return .fault(fault)
      }
    }
    return isRead ? .accepted : .refused
  }

  @Test("over delta the stream ends, or sends what was asked for, once, under a nonce of its own")
  func delta() throws {
    let corpus = try Self.deltaCorpus()
    let mutator = ByteMutator(corpus: corpus, dictionary: ["*", "1", "2", "a", ResourceType.route.typeURL])
    let findings = Fuzzer("xds-delta", cases: 1_500).run(Self.sequence(of: corpus, mutator)) { input, random in
      Self.verdict(DeltaProtocol.self, input, &random)
    }
    #expect(findings == [])
  }

  @Test("over the state of the world the stream ends, or sends what was asked for, once, under a nonce of its own")
  func stateOfTheWorld() throws {
    let corpus = try Self.stateOfTheWorldCorpus()
    let mutator = ByteMutator(corpus: corpus, dictionary: ["*", "1", "2", "a", ResourceType.route.typeURL])
    let findings = Fuzzer("xds-state-of-the-world", cases: 1_500).run(Self.sequence(of: corpus, mutator)) {
      input, random in
      Self.verdict(StateOfTheWorldProtocol.self, input, &random)
    }
    #expect(findings == [])
  }
}

/// A stream whose state can be looked at.
private protocol ObservedStream: ADSStreamLogic {
  var rollout: Rollout { get }
}

extension DeltaStream: ObservedStream {}
extension StateOfTheWorldStream: ObservedStream {}

/// What holds of the responses of every stream.
private struct StreamCheck {
  private var nonces: Set<String> = []

  mutating func fault(of responses: [Rollout.Response], on stream: some ObservedStream, limit: Int) -> String? {
    let types = responses.map(\.transition.type)
    if Set(types).count != types.count { return "two responses of a type under way" }
    for response in responses {
      let (type, transition) = (response.transition.type, response.transition)
      guard nonces.insert(response.nonce).inserted else { return "the nonce \(response.nonce) twice" }
      guard let subscription = stream.rollout.types[type].subscription else { return "\(type) unasked" }
      if let name = transition.resources.map(\.name).first(where: { !subscription.covers($0) }) {
        return "\(type) \(name) unasked"
      }
      let names = transition.resources.map(\.name) + transition.removed
      if Set(names).count != names.count { return "a name twice in \(names)" }
    }
    for type in ResourceType.allCases where stream.rollout.types[type].subscription?.names.count ?? 0 > limit {
      return "more names than the limit"
    }
    return nil
  }
}
