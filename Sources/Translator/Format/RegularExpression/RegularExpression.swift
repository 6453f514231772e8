/// Whether Envoy takes a text as a regular expression: in the match of a header (`safe_regex`), or in `matches()`.
///
/// Envoy's kind is RE2's, and for headers Envoy 1.40 compiles it for Latin-1: an expression and what it is matched with
/// are bytes. So `.` is one byte, a class is a set of bytes, and a character beyond ASCII is several. What is accepted
/// here Envoy accepts; and a few things are refused that Envoy accepts. Some cannot mean what they say: a class with a
/// character beyond ASCII, the repetition of one (of its last byte, that is), and the Unicode scripts of which Latin-1
/// has no letter. And some come to a program whose size cannot be reckoned closely, as do classes of Unicode in UTF-8.
///
/// Envoy also refuses what compiles to too long a program: 100 instructions unless its runtime says otherwise, which is
/// little (`a{98}` has 102). For headers every bootstrap of this project says otherwise (``ProxyRuntime``); in `matches()`
/// the bound is fixed. Who starts Envoy by other means, and leaves that setting out, learns from Envoy's own words that an
/// expression is too long for it.
package enum RegularExpression {
  /// How much of an expression is quoted.
  private static let quotedLength = 80

  /// What is wrong, where (in characters from 0), and what to do; or nil.
  package static func fault(in pattern: String, for use: RegularExpressionUse = .header) -> String? {
    // By its scalars: one character may be of any length.
    let quoted =
      pattern.unicodeScalars.count > quotedLength
      ? String(String.UnicodeScalarView(pattern.unicodeScalars.prefix(quotedLength))) + "..." : pattern
    do throws(RegularExpressionFault) {
      let size = try programSize(of: pattern, for: use)
      guard size > use.maximumProgramSize else { return nil }
      return "\"\(quoted)\" comes to a program of up to \(size) instructions, more than the \(use.maximumProgramSize)"
        + " that Envoy may take; repeat less ({ } multiplies what is before it), or use "
        + (use == .header ? "a celFilter with startsWith or contains" : "startsWith or contains")
    } catch {
      let position = String(String.UnicodeScalarView(pattern.unicodeScalars.prefix(error.index))).count
      return "\"\(quoted)\": \(shortened(error.subject)) at position \(position) \(shortened(error.complaint))"
    }
  }

  /// A condition holds 32 KiB, and a name in an expression may be longer.
  private static func shortened(_ text: String) -> String {
    text.utf8.count > 1000 ? String(String.UnicodeScalarView(text.unicodeScalars.prefix(250))) + "..." : text
  }

  /// An upper bound of the number of instructions that RE2 makes of an expression.
  static func programSize(
    of pattern: String, for use: RegularExpressionUse = .header
  ) throws(RegularExpressionFault) -> Int {
    var parser = RegularExpressionParser(pattern, for: use)
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
