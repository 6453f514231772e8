import Testing

@testable import Translator

@Suite("Regular expressions")
struct RegularExpressionTests {
  @Test("what RE2 takes is not complained of", arguments: RegularExpressionCases.good)
  func accepted(_ text: String) {
    #expect(RegularExpression.fault(in: text) == nil)
  }

  @Test(
    "what is wrong is told with its place and what to do",
    arguments: RegularExpressionCases.bad + RegularExpressionCases.stricter)
  func refused(_ expression: RegularExpressionCases.Bad) {
    #expect(RegularExpression.fault(in: expression.text) == "\"\(expression.text)\"\(expression.message)")
  }

  @Test("a place counts characters as people do")
  func position() {
    #expect(RegularExpression.fault(in: "e\u{301}\u{1F468}\u{200D}\u{1F469}x**")?.contains("at position 3 ") == true)
  }

  @Test("a long expression is quoted by its beginning")
  func quotation() {
    let text = String(repeating: "a", count: 300) + "("
    let fault = RegularExpression.fault(in: text)
    #expect(fault?.hasPrefix("\"\(String(repeating: "a", count: 80))...\": the ( at position 300 ") == true)
  }

  @Test("a long name in an expression does not make a long fault", arguments: ["(?<", "\\p{Lu"])
  func longName(_ beginning: String) {
    let fault = RegularExpression.fault(in: beginning + String(repeating: "\u{301}", count: 10_000) + "}")
    #expect((1..<4_000).contains(fault?.utf8.count ?? 0))
  }

  @Test("neither deep nor long expressions are a danger")
  func extremes() {
    let deep = String(repeating: "(", count: 20_000)
    #expect(RegularExpression.fault(in: deep) != nil)
    #expect(RegularExpression.fault(in: deep + String(repeating: ")", count: 20_000)) != nil)
    #expect(RegularExpression.fault(in: "a" + String(repeating: "(?i){1000}", count: 1_000)) != nil)
    #expect(RegularExpression.fault(in: String(repeating: "[[:", count: 1_000)) != nil)
  }
}
