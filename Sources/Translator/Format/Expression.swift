/// Expressions of the Common Expression Language, as Envoy 1.40 takes them in `%CEL(...)%` and in log filters.
///
/// The check is a parser of the language's grammar, with Envoy's bounds, functions and attributes. It knows no types: a
/// comparison of a number with a text passes, here as in Envoy. It is stricter than Envoy where what it refuses can
/// never have a value, as a misspelt attribute or a sum of texts: Envoy takes these, and logs a dash for ever.
/// All of it was tried on the real Envoy (`ExpressionEnvoyTests` tries it again).
enum Expression {
  /// Envoy's bound, in Unicode scalars.
  private static let maximumLength = 100_000

  /// What is wrong with an expression, where (in characters from 0) and what to do; nil if nothing is.
  static func fault(in text: String) -> String? {
    guard text.utf8.count <= maximumLength || text.unicodeScalars.count <= maximumLength else {
      return "the expression is longer than \(maximumLength) characters"
    }
    if text.utf8.allSatisfy({ $0.isExpressionSpace }) { return "the expression is empty" }
    var parser = ExpressionParser(text)
    do throws(ExpressionFault) {
      try parser.parse()
      return nil
    } catch {
      return error.message(in: text)
    }
  }
}

/// Why a text is no expression that can have a value in Envoy.
struct ExpressionFault: Error {
  /// In bytes from the expression's start.
  let offset: Int
  /// What is wrong; the place follows it.
  let what: String
  /// What follows the place: what to do, with the comma or semicolon that it begins with.
  let remedy: String

  init(_ offset: Int, _ what: String, _ remedy: String = "") {
    self.offset = offset
    self.what = what
    self.remedy = remedy
  }

  func message(in text: String) -> String {
    let position = String(decoding: text.utf8.prefix(offset), as: UTF8.self).count
    return "\(Self.shortened(what)) at position \(position) of the expression\(Self.shortened(remedy))"
  }

  /// A condition holds 32 KiB, and names in expressions may be longer.
  private static func shortened(_ text: String) -> String {
    text.utf8.count > 2000 ? "\(text.prefix(500))..." : text
  }
}
