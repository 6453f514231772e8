import Testing

@testable import Translator

/// Holds the list of operators and their rules to the real Envoy.
@Suite("Format strings and the real Envoy")
struct FormatStringEnvoyTests {
  @Test("Envoy takes every operator of the list, as the list says it is written")
  func everyOperatorExists() async throws {
    let written = FormatOperator.all.map { name, rule in
      switch rule.argument {
      case .none: "%\(name)%"
      case .optional(let kind), .required(let kind): "%\(name)(\(kind.example))\(rule.allowsLength ? ":5" : "")%"
      }
    }
    #expect(try await EnvoyVerdicts.refused(written + FormatStringCases.good).isEmpty)
  }

  @Test("Envoy refuses what the rules refuse")
  func refusals() async throws {
    let faulty = FormatStringCases.bad.filter { !$0.isStricterThanEnvoy }.map(\.text)
    let misused = FormatOperator.all.compactMap { name, rule -> String? in
      switch rule.argument {
      case .none: "%\(name)(x)%"
      case .required: "%\(name)%"
      case .optional: rule.allowsLength ? nil : "%\(name):5%"
      }
    }
    let all = Set(faulty + misused)
    #expect(try await EnvoyVerdicts.refused(Array(all)).symmetricDifference(all).isEmpty)
  }

  @Test("where the rules are stricter than Envoy, it is on purpose")
  func stricterRules() async throws {
    let stricter = FormatStringCases.bad.filter(\.isStricterThanEnvoy).map(\.text)
    #expect(try await EnvoyVerdicts.refused(stricter).isEmpty)
  }
}
