/// A word of an expression; the places are offsets of bytes.
struct ExpressionToken {
  enum Kind: Equatable {
    case identifier
    /// An identifier between backquotes, for names with a dash or a dot.
    case quotedIdentifier
    case string
    case bytes
    case integer
    case unsignedInteger
    case double
    /// `(`, `&&` and the like, and the word `in`.
    case symbol(Symbol)
    case end
  }

  enum Symbol: String {
    case openParenthesis = "("
    case closeParenthesis = ")"
    case openBracket = "["
    case closeBracket = "]"
    case openBrace = "{"
    case closeBrace = "}"
    case dot = "."
    case comma = ","
    case question = "?"
    case colon = ":"
    case plus = "+"
    case minus = "-"
    case times = "*"
    case divide = "/"
    case remainder = "%"
    case not = "!"
    case and = "&&"
    case or = "||"
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case isIn = "in"
  }

  var kind: Kind
  var start: Int
  var end: Int
}

/// Takes an expression apart into words, one at a time.
struct ExpressionLexer {
  let bytes: [UInt8]
  private var position = 0

  init(_ text: String) {
    bytes = Array(text.utf8)
  }

  mutating func next() throws(ExpressionFault) -> ExpressionToken {
    skipSpaceAndComments()
    let start = position
    guard let first = byte(at: start) else { return ExpressionToken(kind: .end, start: start, end: start) }
    let kind: ExpressionToken.Kind
    if let prefix = ExpressionLiteral.prefix(in: bytes, at: start) {
      position = try ExpressionLiteral.end(in: bytes, at: start)
      kind = prefix.isBytes ? .bytes : .string
    } else if first.isExpressionDigit || first == UInt8(ascii: ".") && byte(at: start + 1)?.isExpressionDigit == true {
      kind = number()
    } else if first.isExpressionLetter {
      while byte(at: position)?.isInExpressionIdentifier == true { position += 1 }
      kind = string(start, position) == "in" ? .symbol(.isIn) : .identifier
    } else if first == UInt8(ascii: "`") {
      kind = try quotedIdentifier()
    } else {
      kind = .symbol(try symbol())
    }
    return ExpressionToken(kind: kind, start: start, end: position)
  }

  func string(_ start: Int, _ end: Int) -> String {
    String(decoding: bytes[max(0, start)..<max(start, min(end, bytes.count))], as: UTF8.self)
  }

  private func byte(at index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func skipSpaceAndComments() {
    while let next = byte(at: position) {
      if next.isExpressionSpace {
        position += 1
      } else if next == UInt8(ascii: "/"), byte(at: position + 1) == UInt8(ascii: "/") {
        while let inComment = byte(at: position), inComment != UInt8(ascii: "\n") { position += 1 }
      } else {
        return
      }
    }
  }

  /// A number ends where it cannot go on: what follows at once, as in `12abc`, is another word.
  private mutating func number() -> ExpressionToken.Kind {
    if byte(at: position) == UInt8(ascii: "0"), byte(at: position + 1) == UInt8(ascii: "x"),
      byte(at: position + 2)?.isHexadecimalDigit == true
    {
      position += 2
      while byte(at: position)?.isHexadecimalDigit == true { position += 1 }
      return unsignedSuffix() ? .unsignedInteger : .integer
    }
    var isDouble = false
    skipDigits()
    if byte(at: position) == UInt8(ascii: "."), byte(at: position + 1)?.isExpressionDigit == true {
      isDouble = true
      position += 1
      skipDigits()
    }
    if let exponent = byte(at: position), exponent | 0x20 == UInt8(ascii: "e") {
      var digits = position + 1
      if let sign = byte(at: digits), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { digits += 1 }
      if byte(at: digits)?.isExpressionDigit == true {
        isDouble = true
        position = digits
        skipDigits()
      }
    }
    if isDouble { return .double }
    return unsignedSuffix() ? .unsignedInteger : .integer
  }

  private mutating func skipDigits() {
    while byte(at: position)?.isExpressionDigit == true { position += 1 }
  }

  private mutating func unsignedSuffix() -> Bool {
    guard let suffix = byte(at: position), suffix | 0x20 == UInt8(ascii: "u") else { return false }
    position += 1
    return true
  }

  private mutating func quotedIdentifier() throws(ExpressionFault) -> ExpressionToken.Kind {
    let start = position
    position += 1
    while let next = byte(at: position), next.isInExpressionIdentifier || "-./ ".utf8.contains(next) { position += 1 }
    guard byte(at: position) == UInt8(ascii: "`"), position > start + 1 else {
      throw ExpressionFault(
        start, "the name between ` and `",
        " is not closed, or has other characters than letters, digits, _ . - / and space")
    }
    position += 1
    return .quotedIdentifier
  }

  private mutating func symbol() throws(ExpressionFault) -> ExpressionToken.Symbol {
    let start = position
    let isDoubled = byte(at: start + 1) == bytes[start]
    let isWithEqual = byte(at: start + 1) == UInt8(ascii: "=")
    let symbol: ExpressionToken.Symbol? =
      switch Unicode.Scalar(bytes[start]) {
      case "(": .openParenthesis
      case ")": .closeParenthesis
      case "[": .openBracket
      case "]": .closeBracket
      case "{": .openBrace
      case "}": .closeBrace
      case ".": .dot
      case ",": .comma
      case "?": .question
      case ":": .colon
      case "+": .plus
      case "-": .minus
      case "*": .times
      case "/": .divide
      case "%": .remainder
      case "!": isWithEqual ? .notEqual : .not
      case "<": isWithEqual ? .lessOrEqual : .less
      case ">": isWithEqual ? .greaterOrEqual : .greater
      case "=": isWithEqual ? .equal : nil
      case "&": isDoubled ? .and : nil
      case "|": isDoubled ? .or : nil
      default: nil
      }
    guard let symbol else { throw unknownCharacter(at: start) }
    position += symbol.rawValue.utf8.count
    return symbol
  }

  private func unknownCharacter(at start: Int) -> ExpressionFault {
    let character = String(decoding: bytes[start...].prefix(64), as: UTF8.self).prefix(1)
    let remedy =
      switch character {
      case "=": "; write == to compare"
      case "&": "; write && for \"and\""
      case "|": "; write || for \"or\""
      default: ""
      }
    return ExpressionFault(start, "the character \(visible(character))", " means nothing there\(remedy)")
  }

  private func visible(_ character: Substring) -> String {
    guard let scalar = character.unicodeScalars.first, scalar.properties.generalCategory == .control else {
      return String(character)
    }
    return "U+" + String(scalar.value, radix: 16, uppercase: true)
  }
}

extension UInt8 {
  /// Space, tab, line feed, form feed, carriage return.
  var isExpressionSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0C || self == 0x0D }

  var isExpressionDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

  var isHexadecimalDigit: Bool {
    isExpressionDigit || (self | 0x20) >= UInt8(ascii: "a") && (self | 0x20) <= UInt8(ascii: "f")
  }

  var isExpressionLetter: Bool {
    self == UInt8(ascii: "_") || (self | 0x20) >= UInt8(ascii: "a") && (self | 0x20) <= UInt8(ascii: "z")
  }

  var isInExpressionIdentifier: Bool { isExpressionLetter || isExpressionDigit }
}
