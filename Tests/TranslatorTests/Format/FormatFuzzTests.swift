import Fuzzing
import JSON
import Testing

@testable import Translator

@Suite("Fuzzing format strings, expressions and regular expressions")
struct FormatFuzzTests {
  private static let formatWords = [
    "%", "%%", "(", ")", ")%", "):", ":1", "%REQ(", "%START_TIME(", "%CEL(", "%DURATION%", "%REQ(:PATH)%", "%COALESCE(",
    "%DYNAMIC_METADATA(a:b)%", "%%%", "?", ":", "%s", "%E", "{\"operators\": [", "\"", "\n", "a", "é", "👩‍👩‍👧",
  ]

  @Test("a format string that is taken says the same when it is written anew; a fault has its place in it")
  func formatStrings() {
    let mutator = ByteMutator(
      corpus: FormatStringCases.good + FormatStringCases.bad.map(\.text), dictionary: Self.formatWords)
    let findings = Fuzzer("format", cases: 4_000).run {
      String(decoding: mutator.mutant(using: &$0), as: UTF8.self)
    } check: {
      text, _ in
      do throws(FormatStringError) {
        let format = try FormatString(parsing: text)
        let again = try FormatString(parsing: Self.text(of: format))
        return again.segments == format.segments ? .accepted : .fault("written anew: \(Self.text(of: format))")
      } catch {
        let isInside = (0...text.count).contains(error.position) && !error.description.isEmpty
        return isInside ? .refused : .fault("a fault at \(error.position): \(error)")
      }
    }
    #expect(findings == [])
  }

  private static func text(of format: FormatString) -> String {
    format.segments.map { segment in
      switch segment {
      case .literal(let text): text.replacing("%", with: "%%")
      case .operation(let operation):
        "%\(operation.name)" + (operation.argument.map { "(\($0))" } ?? "")
          + (operation.length.map { ":\($0)" } ?? "") + "%"
      }
    }.joined()
  }

  @Test("a damaged expression is sound or has a fault at a place in it, which is the same each time")
  func expressions() {
    let words = [
      "(", ")", "[", "]", "{", "}", ".", ",", "?", ":", "&&", "||", "!", "-", "==", " in ", "'", "\"", "'''", "r'",
      "b'",
      "\\", "\\u", "\\x", "`", "//", "1", "0x", "1e", "u", "has(", "size(", ".map(", ".all(x, ", "matches('",
      "request.",
      "request.headers['", "true", "null", "google.protobuf.Duration{seconds: 1}", "\n", "é", "😀",
    ]
    let mutator = ByteMutator(corpus: ExpressionCases.good + ExpressionCases.onlyEnvoyKnows, dictionary: words)
    let findings = Fuzzer("expression", cases: 4_000).run { random in
      guard random.chance(70) else {
        var expressions = ExpressionGenerator(seed: random.next())
        return expressions.expression()
      }
      return String(decoding: mutator.mutant(using: &random), as: UTF8.self)
    } check: { text, _ in
      Self.verdict(Expression.fault(in: text), again: Expression.fault(in: text), in: text)
    }
    #expect(findings == [])
    let slow = ScalingProbe(words: words, length: 500).findings { _ = Expression.fault(in: $0) }
    #expect(slow == [])
  }

  @Test(
    "a damaged regular expression is sound or has a fault at a place in it, which is the same each time",
    arguments: [RegularExpressionUse.header, .expression])
  func regularExpressions(use: RegularExpressionUse) {
    let words = [
      "(", ")", "(?:", "(?i)", "(?P<n>", "(?<n>", "[", "]", "[^", "[:alpha:]", "\\d", "\\pL", "\\p{Greek}",
      "\\x{10FFFF}",
      "\\Q", "\\E", "\\C", "\\b", "*", "+", "?", "{2}", "{1000}", "{0,}", "{,", "|", "^", "$", ".", "-", "\\", "a", "é",
      "K",
    ]
    let mutator = ByteMutator(
      corpus: RegularExpressionCases.good + (RegularExpressionCases.bad + RegularExpressionCases.stricter).map(\.text),
      dictionary: words)
    let name = use == .header ? "header" : "expression"
    let findings = Fuzzer("regex-\(name)", cases: 3_000).run {
      String(decoding: mutator.mutant(using: &$0), as: UTF8.self)
    } check: { text, _ in
      Self.verdict(
        RegularExpression.fault(in: text, for: use), again: RegularExpression.fault(in: text, for: use), in: text)
    }
    #expect(findings == [])
    let slow = ScalingProbe(words: words, length: 500).findings { _ = RegularExpression.fault(in: $0, for: use) }
    #expect(slow == [])
  }

  /// A fault names its place as `at position N`.
  private static func verdict(_ fault: String?, again: String?, in text: String) -> FuzzVerdict {
    guard fault == again else { return .fault("\(fault ?? "sound"), and then \(again ?? "sound")") }
    guard let fault else { return .accepted }
    guard !fault.isEmpty, fault.utf8.count < 4_000 else { return .fault("a fault of \(fault.utf8.count) bytes") }
    let place = fault.ranges(of: "at position ").last.flatMap { Int(fault[$0.upperBound...].prefix { $0.isNumber }) }
    return (0...text.count).contains(place ?? 0) ? .refused : .fault("a fault outside: \(fault)")
  }

  @Test("no repetition in a format string costs more than its length")
  func scaling() {
    let slow = ScalingProbe(words: Self.formatWords, length: 500).findings { _ = try? FormatString(parsing: $0) }
    #expect(slow == [])
  }
}
