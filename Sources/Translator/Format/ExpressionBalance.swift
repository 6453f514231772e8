/// A first look at an expression of the Common Expression Language: whether its brackets and quotes are closed.
///
/// Whether it compiles, only Envoy can say; but an unclosed bracket is the mistake that format strings provoke, because
/// the first `)%` ends the operator.
enum ExpressionBalance {
  /// What is not closed, or nil.
  static func fault(in expression: String) -> String? {
    var open: [Character] = []
    var quote: Character?
    var isEscaped = false
    for character in expression {
      if let current = quote {
        if isEscaped {
          isEscaped = false
        } else if character == "\\" {
          isEscaped = true
        } else if character == current {
          quote = nil
        }
        continue
      }
      switch character {
      case "'", "\"": quote = character
      case "(", "[", "{": open.append(character)
      case ")", "]", "}":
        guard open.popLast() == opening(of: character) else {
          return "the expression \(expression) has a \(character) too many"
        }
      default: break
      }
    }
    if let quote { return "the expression \(expression) has a \(quote) that is not closed" }
    if let last = open.last {
      return "the expression \(expression) has a \(last) that is not closed (the first )% ends the operator)"
    }
    return expression.allSatisfy(\.isWhitespace) ? "the expression is empty" : nil
  }

  private static func opening(of closing: Character) -> Character {
    switch closing {
    case ")": "("
    case "]": "["
    default: "{"
    }
  }
}
