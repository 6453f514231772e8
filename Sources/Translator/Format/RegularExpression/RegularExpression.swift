/// Whether Envoy takes a text as a regular expression (`safe_regex`).
///
/// Envoy's kind is RE2's, and Envoy 1.40 compiles it for Latin-1: an expression and what it is matched with are bytes. So
/// `.` is one byte, a class is a set of bytes, and a character beyond ASCII is several. What is accepted here Envoy
/// accepts; and a few things are refused that Envoy accepts, because they cannot mean what they say: a class with a
/// character beyond ASCII, the repetition of one (of its last byte, that is), and the Unicode scripts of which Latin-1 has
/// no letter.
///
/// Envoy also refuses what compiles to too long a program: 100 instructions unless its runtime says otherwise, which is
/// little (`a{98}` has 102). Every bootstrap of this project says otherwise (``ProxyRuntime``). Who starts Envoy by other
/// means, and leaves that setting out, learns from Envoy's own words that an expression is too long for it.
enum RegularExpression {
  /// The most instructions that a program may have.
  static let maximumProgramSize = 1000
  /// How much of an expression is quoted.
  private static let quotedLength = 80

  /// What is wrong, where (in characters from 0), and what to do; or nil.
  static func fault(in pattern: String) -> String? {
    let quoted = pattern.count > quotedLength ? pattern.prefix(quotedLength) + "..." : pattern[...]
    do throws(RegularExpressionFault) {
      let size = try programSize(of: pattern)
      guard size > maximumProgramSize else { return nil }
      return "\"\(quoted)\" comes to a program of up to \(size) instructions, more than the \(maximumProgramSize) that"
        + " Envoy may take; repeat less ({ } multiplies what is before it), or use a celFilter with startsWith or contains"
    } catch {
      let position = String(String.UnicodeScalarView(pattern.unicodeScalars.prefix(error.index))).count
      return "\"\(quoted)\": \(error.subject) at position \(position) \(error.complaint)"
    }
  }

  /// An upper bound of the number of instructions that RE2 makes of an expression.
  static func programSize(of pattern: String) throws(RegularExpressionFault) -> Int {
    var parser = RegularExpressionParser(pattern)
    return try parser.parse().size + RegularExpressionCost.ofEveryProgram
  }
}

/// Why a text is no regular expression: `SUBJECT at position INDEX COMPLAINT`.
struct RegularExpressionFault: Error {
  /// The part that is wrong: `the *`.
  let subject: String
  /// Where it begins, in Unicode scalars from 0.
  let index: Int
  /// What is wrong with it, and what to do.
  let complaint: String
}
