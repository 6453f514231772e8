import JSON
import RealComponents
import Testing

@testable import Translator

/// Holds the grammar, the bounds and the names of expressions to the real Envoy.
@Suite("Expressions and the real Envoy")
struct ExpressionEnvoyTests {
  @Test("Envoy takes what passes")
  func passes() async throws {
    #expect(try await EnvoyVerdicts.refused(expressions: ExpressionCases.good).isEmpty)
  }

  @Test("Envoy refuses what is refused, and what only it can know")
  func refusals() async throws {
    let faulty = ExpressionCases.bad.filter { !$0.isStricterThanEnvoy }.map(\.text)
    let all = Set(faulty + ExpressionCases.onlyEnvoyKnows)
    #expect(try await EnvoyVerdicts.refused(expressions: Array(all)).symmetricDifference(all).isEmpty)
  }

  @Test("what Envoy takes and is refused all the same has no value in it")
  func stricterRules() async throws {
    let stricter = ExpressionCases.bad.filter(\.isStricterThanEnvoy).map(\.text)
    #expect(try await EnvoyVerdicts.refused(expressions: stricter).isEmpty)
    let values = try await ExpressionValues.logged(stricter)
    // Envoy answers has() with false where there is no such field.
    #expect(values.filter { $0.value != nil && $0.key != "has(request.pth)" } == ["xds.type.v3.CelExpression{}": ""])
  }

  @Test("every attribute has a value in Envoy, and every function can be called")
  func names() async throws {
    let attributes = ExpressionNames.attributes.flatMap { name, fields in
      [name] + (fields ?? []).map { "\(name).\($0)" }
    }
    let values = try await ExpressionValues.logged(attributes)
    let absent = attributes.filter { values[$0] == .some(nil) }
    // Those of certificates and of failures; a plain request that succeeds has none.
    #expect(
      absent.filter { !$0.contains("certificate") && !$0.hasSuffix("tls_version") }.sorted() == [
        "connection.termination_details", "connection.transport_failure_reason",
      ])
    let calls = ExpressionNames.functions.flatMap { name, function -> [String] in
      func call(_ count: Int) -> String {
        "(\(Array(repeating: "request.path", count: count).joined(separator: ", ")))"
      }
      let methods = function.methodArguments.map { $0.map { "request.path.\(name)\(call($0))" } } ?? []
      return (function.arguments.map { [name + call($0)] } ?? []) + methods
    }
    #expect(calls.allSatisfy { Expression.fault(in: $0) == nil })
    #expect(try await EnvoyVerdicts.refused(expressions: calls).isEmpty)
  }

  @Test("on random expressions the two agree, but for what is refused on purpose", arguments: [1, 2])
  func random(_ seed: UInt64) async throws {
    var generator = ExpressionGenerator(seed: seed)
    let texts = Array(Set((0..<2000).map { _ in generator.expression() }))
    let refused = try await EnvoyVerdicts.refused(expressions: texts)
    let purposes = [
      "unknown name", "unknown attribute", "would join texts", "is a minus", "is a type", "unknown message",
    ]
    for text in texts {
      let fault = Expression.fault(in: text)
      if refused.contains(text) {
        #expect(fault != nil, "Envoy refuses \(text.debugDescription)")
      } else if let fault {
        #expect(purposes.contains { fault.contains($0) }, "Envoy takes \(text.debugDescription): \(fault)")
      }
    }
    #expect((200...1800).contains(refused.count))
  }
}
