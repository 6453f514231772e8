import Fuzzing
import RealComponents
import Testing

@testable import Translator

@Suite("Expressions of the Common Expression Language")
struct ExpressionTests {
  @Test("a sound expression passes", arguments: ExpressionCases.good + ExpressionCases.onlyEnvoyKnows)
  func soundExpressions(_ text: String) {
    #expect(Expression.fault(in: text) == nil)
  }

  @Test("a faulty one is named with its place and what to do", arguments: ExpressionCases.bad)
  func faultyExpressions(_ faulty: ExpressionCases.Faulty) {
    #expect(Expression.fault(in: faulty.text) == faulty.message)
  }

  @Test("there are at least 120 cases, and none twice")
  func enoughCases() {
    let texts = ExpressionCases.good + ExpressionCases.bad.map(\.text) + ExpressionCases.onlyEnvoyKnows
    #expect(texts.count >= 120)
    #expect(Set(texts).count == texts.count)
  }

  @Test("places are counted in characters")
  func places() {
    #expect(
      Expression.fault(in: "'größe 👩‍👩‍👧' == request.pth")
        == "unknown attribute request.pth at position 21 of the expression; did you mean request.path?")
  }

  @Test("an expression cut off anywhere, or deep beyond all reason, is told or taken, and never ends the program")
  func cutExpressions() {
    for text in ExpressionCases.good + ExpressionCases.bad.map(\.text) where text.count < 200 {
      for length in 0..<text.unicodeScalars.count {
        _ = Expression.fault(in: String(String.UnicodeScalarView(text.unicodeScalars.prefix(length))))
      }
    }
    for opening in ["(", "[", "{", "!", "-", "!(", "a.b(", "a[", "true ? ", "true ? 1 : ", "'a'.matches('("] {
      #expect(Expression.fault(in: String(repeating: opening, count: 20_000)) != nil)
    }
    let tooLong = "'" + String(repeating: "a", count: 100_000) + "'"
    #expect(Expression.fault(in: tooLong) == "the expression is longer than 100000 characters")
  }

  @Test("a long name is shown shortened, and is not compared with the known ones letter by letter")
  func longNames() throws {
    let name = String(repeating: "request", count: 10_000)
    let start = CPUTime.ofThread
    let fault = try #require(Expression.fault(in: name))
    #expect(Sanitizer.isOn || CPUTime.ofThread - start < .seconds(1))
    #expect(fault.hasPrefix("unknown name requestrequest") && fault.utf8.count < 2000)
    #expect(nearestName(to: String(repeating: "a", count: 1 << 20), among: ["a", "b"]) == nil)
  }

  @Test("the time it takes grows with the length, and no faster")
  func linear() {
    func duration(_ count: Int) -> Duration {
      let text = (0..<count).map { "request.headers['x-\($0)'].startsWith('a') && response.code >= 400" }
        .joined(separator: " || ")
      // Of this thread alone, and the least of some: what else the machine does is in every measurement.
      let durations = (0..<5).map { _ in
        let start = CPUTime.ofThread
        #expect(Expression.fault(in: text) == nil)
        return CPUTime.ofThread - start
      }
      return durations.min() ?? .zero
    }
    let (short, long) = (duration(100), duration(1200))
    #expect(long < short * 12 * 4, "\(short) for 100, \(long) for 1200")
  }
}
