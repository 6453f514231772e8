import JSON
import RealComponents
import Testing

@testable import Translator

/// Holds what is said of regular expressions to the real Envoy.
@Suite("Regular expressions and the real Envoy")
struct RegularExpressionEnvoyTests {
  @Test("Envoy takes what is accepted, with the limit that our bootstraps set")
  func accepted() async throws {
    // Envoy does not take an empty one, wherever it stands.
    let texts = RegularExpressionCases.good.filter { !$0.isEmpty }
    #expect(texts.count + RegularExpressionCases.bad.count > 120)
    #expect(try await refusals(of: texts).isEmpty)
  }

  @Test("Envoy refuses what is refused")
  func refused() async throws {
    let texts = RegularExpressionCases.bad.map(\.text)
    let refusals = try await refusals(of: texts)
    #expect(texts.filter { refusals[$0] == nil }.isEmpty)
  }

  @Test("where more is refused than Envoy refuses, it is on purpose")
  func stricter() async throws {
    #expect(try await refusals(of: RegularExpressionCases.stricter.map(\.text)).isEmpty)
  }

  @Test("whatever is accepted of 6000 expressions made by chance, Envoy takes")
  func chance() async throws {
    var chance = ExpressionsByChance(seed: 1)
    var accepted: [String] = []
    var refusedCount = 0
    while accepted.count < 6_000 {
      let text = chance.next()
      if text.isEmpty { continue }
      if RegularExpression.fault(in: text) == nil { accepted.append(text) } else { refusedCount += 1 }
    }
    #expect(refusedCount > 1_000)
    #expect(try await refusals(of: accepted).isEmpty)
  }

  @Test("the same in an expression's matches(), which is compiled otherwise")
  func chanceInExpressions() async throws {
    var chance = ExpressionsByChance(seed: 3)
    var accepted = [
      "a{96}", ".{12}", "[^a]{12}", "(?i)[ks]{4}", "[é-ü]{4}", "é{40}", #"\x{1F600}{20}"#, #"[\x{7f}-\x{10000}]"#,
    ]
    #expect(accepted.allSatisfy { RegularExpression.fault(in: $0, for: .expression) == nil })
    while accepted.count < 2_000 {
      let text = chance.next()
      // A backslash at the end would escape the quote after it.
      if !text.hasSuffix("\\"), RegularExpression.fault(in: text, for: .expression) == nil { accepted.append(text) }
    }
    let refused = try await EnvoyVerdicts.refused(
      expressions: accepted.map { "request.path.matches(r'''\($0)''')" })
    #expect(refused == [])
  }

  @Test("a program is never larger than was reckoned, nor much smaller")
  func size() async throws {
    var chance = ExpressionsByChance(seed: 2)
    var bounds: [String: Int] = [:]
    for text in ["(?i)[^[:lower:]]", "(?i)[^[:^upper:]k]", "(?i)[^\\xe0-\\xef]{9}", "(?i)[^\\W]{9}"] {
      bounds[text] = try RegularExpression.programSize(of: text)
    }
    while bounds.count < 2_000 {
      let text = chance.next()
      if !text.isEmpty { bounds[text] = try? RegularExpression.programSize(of: text) }
    }
    var sizes = (reckoned: 0, actual: 0)
    for (text, refusal) in try await refusals(of: Array(bounds.keys), limit: 1) {
      let size = try #require(
        refusal.split(separator: "RE2 program size of ").last?.prefix { $0.isNumber }, "\(text): \(refusal)")
      let bound = try #require(bounds[text])
      let actual = try #require(Int(size))
      #expect(actual <= bound, "\(text)")
      sizes.reckoned += bound
      sizes.actual += actual
    }
    #expect(sizes.actual > 0 && sizes.reckoned < 3 * sizes.actual, "\(sizes)")
  }

  /// Envoy's words on those that it does not take.
  private func refusals(
    of texts: [String], limit: Int = RegularExpressionUse.header.maximumProgramSize
  ) async throws -> [String: String] {
    let logs = texts.map { text in
      EnvoyVerdicts.fileLog(
        "x",
        filter: EnvoyVerdicts.object([
          "header_filter": EnvoyVerdicts.object([
            "header": EnvoyVerdicts.object([
              "name": .string("x"),
              "string_match": EnvoyVerdicts.object(["safe_regex": EnvoyVerdicts.object(["regex": .string(text)])]),
            ])
          ])
        ]))
    }
    let found = try await EnvoyVerdicts.refusals(
      of: logs, runtime: ["re2.max_program_size.error_level": .integer(Int64(limit))])
    return Dictionary(found.map { (texts[$0.key], $0.value) }) { first, _ in first }
  }
}

/// Texts that look like regular expressions, the same for the same seed.
private struct ExpressionsByChance {
  private static let pieces = [
    "a", "b", "z", "0", "-", "_", " ", "é", "日", ".", "^", "$", "|", "|", "(", "(", ")", ")", "(?:", "(?i)", "(?i:",
    "(?s-m:", "(?", "(?P<n>", "(?<m>", "(?=", "*", "+", "?", "*?", "{", "}", "{2}", "{1,3}", "{0,2}", "{,2}", "{3,}",
    "{0}", "{20}", "{2,1}", "{1001}", "{01}", "[", "]", "[^", "[a-z]", "[]", "[^a-c0-9]", "[[:alpha:]]", "[:", ":]",
    "[[:^digit:]x]", "[^[:lower:]]", "[[:^upper:]\\xe5]", "[[:nope:]]", "a-", "\\", "\\d", "\\W", "\\s", "\\b", "\\B",
    "\\A", "\\z", "\\Z", "\\C", "\\Q",
    "\\E", "\\pL", "\\PN", "\\p{Lu}", "\\p{^Po}", "\\p{Latin}", "\\p{Nope}", "\\x41", "\\x{e9}", "\\x{100}", "\\x",
    "\\n", "\\.", "\\0", "\\12", "\\1", "\\777", "\\q", "\\-", "\\]", "k", "S", "\u{E5}", "ab", "abc", "ac",
    "(ab|ac)", "(a|b|)", "(a*|b*)*", "(?:)", "()", "(a?){3}", "[xyz]",
  ]

  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> String {
    (0...number(below: 12)).map { _ in Self.pieces[number(below: Self.pieces.count)] }.joined()
  }

  /// SplitMix64.
  private mutating func number(below bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    mixed ^= mixed >> 31
    return Int(mixed % UInt64(bound))
  }
}
