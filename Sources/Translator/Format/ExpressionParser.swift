/// A parser by recursive descent of the Common Expression Language, with the bounds of Envoy 1.40.
///
/// It builds no tree: a part of an expression comes to its height, and to what the names in it need to know.
/// Recursion is bounded by `maximumNesting`; everything else is a loop, so that the work is linear in the length.
struct ExpressionParser {
  /// How deep whole expressions stand in one another: in brackets of all kinds, and behind the colon of a choice.
  private static let maximumNesting = 33
  /// How high the tree of operators, calls and selections is. A chain of `&&` or of `||` is one operator.
  static let maximumHeight = 32

  /// A part that was read.
  struct Part {
    enum Meaning {
      case value
      /// `request` and the like, with the dots of `a.b` in it as long as nobody knows what it is.
      case name(String)
      /// A text or bytes literal, from its token's start to its end.
      case text(Range<Int>, isBytes: Bool)
      case list
      /// `request.headers`.
      case headers
      /// A header's value, by a field: `request.headers.host`.
      case header(map: String, name: String)
      /// `a.b`, `a['b'].c`.
      case selection
    }

    var height: Int
    var meaning: Meaning = .value
    var start: Int
  }

  private(set) var lexer: ExpressionLexer
  private(set) var token = ExpressionToken(kind: .end, start: 0, end: 0)
  private var nesting = 0

  init(_ text: String) {
    lexer = ExpressionLexer(text)
  }

  mutating func parse() throws(ExpressionFault) {
    token = try lexer.next()
    _ = try parseExpression()
    switch token.kind {
    case .end: return
    case .symbol(.closeParenthesis), .symbol(.closeBracket), .symbol(.closeBrace):
      throw ExpressionFault(token.start, "one \(text(token)) too many")
    default: throw unexpected()
    }
  }

  // MARK: Operators, from the loosest

  mutating func parseExpression() throws(ExpressionFault) -> Part {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= Self.maximumNesting else { throw tooDeep(at: token.start) }
    let condition = try parseOr()
    guard try take(.question) else { return condition }
    let yes = try parseOr()
    guard try take(.colon) else {
      throw ExpressionFault(token.start, "a : is missing", "; write CONDITION ? VALUE : OTHER_VALUE")
    }
    let no = try parseExpression()
    return try node(above: max(condition.height, yes.height, no.height), from: condition.start)
  }

  mutating func parseOr() throws(ExpressionFault) -> Part {
    let first = try parseAnd()
    guard token.kind == .symbol(.or) else { return first }
    var height = first.height
    while try take(.or) { height = max(height, try parseAnd().height) }
    return try node(above: height, from: first.start)
  }

  mutating func parseAnd() throws(ExpressionFault) -> Part {
    let first = try parseRelation()
    guard token.kind == .symbol(.and) else { return first }
    var height = first.height
    while try take(.and) { height = max(height, try parseRelation().height) }
    return try node(above: height, from: first.start)
  }

  mutating func parseRelation() throws(ExpressionFault) -> Part {
    var left = try parseSum()
    while case .symbol(let symbol) = token.kind {
      switch symbol {
      case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .isIn: break
      default: return left
      }
      try advance()
      left = try node(above: max(left.height, try parseSum().height), from: left.start)
    }
    return left
  }

  mutating func parseSum() throws(ExpressionFault) -> Part {
    var left = try parseProduct()
    while case .symbol(let symbol) = token.kind, symbol == .plus || symbol == .minus {
      let place = token.start
      if symbol == .minus { try refuseDash(after: left) }
      try advance()
      let right = try parseProduct()
      if symbol == .plus, left.isJoinable || right.isJoinable {
        throw ExpressionFault(
          place, "the +",
          " would join texts or lists, which is switched off in Envoy; "
            + "in a format write one operator after another, as %CEL(source.address)%/%CEL(request.path)%")
      }
      left = try node(above: max(left.height, right.height), from: left.start)
    }
    return left
  }

  mutating func parseProduct() throws(ExpressionFault) -> Part {
    var left = try parseUnary()
    while case .symbol(let symbol) = token.kind, symbol == .times || symbol == .divide || symbol == .remainder {
      try advance()
      left = try node(above: max(left.height, try parseUnary().height), from: left.start)
    }
    return left
  }

  /// `!` and `-` cannot be mixed without parentheses, but for a negative number: `!-1`.
  mutating func parseUnary() throws(ExpressionFault) -> Part {
    let start = token.start
    guard case .symbol(let symbol) = token.kind, symbol == .not || symbol == .minus else { return try parseMember() }
    var count = 0
    while try take(symbol) { count += 1 }
    if symbol == .not, case .symbol(.minus) = token.kind {
      let place = token.start
      try advance()
      guard token.kind == .integer || token.kind == .double else {
        throw ExpressionFault(place, "the - after a !", " is only for numbers; put parentheses around what it is for")
      }
      return try node(above: try parseMember(isNegative: true).height, from: start)
    }
    guard token.kind != .symbol(.not) else {
      throw ExpressionFault(token.start, "the ! after a -", " is not allowed; put parentheses around what it is for")
    }
    if symbol == .minus, token.kind == .integer || token.kind == .double {
      let number = try parseMember(isNegative: count == 1)
      return count == 1 ? number : try node(above: number.height, from: start)
    }
    return try node(above: try parseMember().height, from: start)
  }

  // MARK: Selections, calls, values

  mutating func parseMember(isNegative: Bool = false) throws(ExpressionFault) -> Part {
    var part = try parsePrimary(isNegative: isNegative)
    while case .symbol(let symbol) = token.kind {
      switch symbol {
      case .dot: part = try parseSelection(of: part)
      case .openBracket: part = try parseIndex(of: part)
      case .openBrace:
        guard case .name(let name) = part.meaning else { return part }
        part = try parseMessage(name, from: part.start)
      default: return try resolved(part)
      }
    }
    return try resolved(part)
  }

  mutating func parseSelection(of part: Part) throws(ExpressionFault) -> Part {
    try advance()
    try refuseOptional(before: "a dot")
    let field = token
    switch field.kind {
    case .quotedIdentifier:
      try advance()
      return try select(lexer.string(field.start + 1, field.end - 1), of: part, at: field)
    case .identifier where !Self.literals.contains(text(field)):
      try advance()
      if token.kind == .symbol(.openParenthesis) { return try parseCall(field, on: part) }
      return try select(text(field), of: part, at: field)
    case .identifier, .symbol(.isIn):
      throw ExpressionFault(field.start, "the word \(text(field))", " is no name of a field; write ['\(text(field))']")
    default:
      throw ExpressionFault(field.start, "the name of a field is missing", " after the dot; as in request.path")
    }
  }

  func select(_ field: String, of part: Part, at place: ExpressionToken) throws(ExpressionFault) -> Part {
    let selection = Part(height: part.height + 1, meaning: .selection, start: part.start)
    guard selection.height <= Self.maximumHeight else { throw tooDeep(at: place.start) }
    if case .headers = part.meaning {
      return Part(
        height: selection.height, meaning: .header(map: text(part.start, place.start - 1), name: field),
        start: part.start)
    }
    guard case .name(let name) = part.meaning else { return selection }
    guard let fields = ExpressionNames.attributes[name] else {
      return place.kind == .quotedIdentifier
        ? try resolved(part)
        : Part(height: selection.height, meaning: .name("\(name).\(field)"), start: part.start)
    }
    if let fields, !fields.contains(field) {
      throw .unknownField(field, of: name, known: fields, at: place.start)
    }
    let isHeaders = ExpressionNames.headerMaps.contains("\(name).\(field)")
    return Part(height: selection.height, meaning: isHeaders ? .headers : .selection, start: part.start)
  }

  mutating func parseIndex(of part: Part) throws(ExpressionFault) -> Part {
    let owner = try resolved(part)
    let opening = token
    try advance()
    try refuseOptional(before: "an index")
    let place = token
    let index = try parseExpression()
    try close(.closeBracket, opening)
    var element = try node(above: max(owner.height, index.height), from: part.start)
    if case .name(let name) = owner.meaning, case .text(let range, isBytes: false) = index.meaning,
      let known = ExpressionNames.attributes[name]
    {
      let field = ExpressionLiteral.value(in: lexer.bytes, at: range.lowerBound, to: range.upperBound)
      if let known, !known.contains(field) { throw .unknownField(field, of: name, known: known, at: place.start) }
      if ExpressionNames.headerMaps.contains("\(name).\(field)") { element.meaning = .headers }
    }
    return element
  }

  mutating func parsePrimary(isNegative: Bool) throws(ExpressionFault) -> Part {
    let first = token
    switch first.kind {
    case .string, .bytes:
      try advance()
      return Part(
        height: 1, meaning: .text(first.start..<first.end, isBytes: first.kind == .bytes), start: first.start)
    case .integer, .unsignedInteger, .double:
      try advance()
      try checkNumber(first, isNegative: isNegative)
      return Part(height: 1, start: first.start)
    case .identifier: return try parseName(from: first.start)
    case .symbol(.dot):
      try advance()
      guard token.kind == .identifier else { throw missingValue(before: first) }
      return try parseName(from: first.start)
    case .symbol(.openParenthesis):
      try advance()
      let part = try parseExpression()
      try close(.closeParenthesis, first)
      return part
    case .symbol(.openBracket): return try parseList()
    case .symbol(.openBrace): return try parseMap()
    default: throw missingValue(before: first)
    }
  }

  mutating func parseName(from start: Int) throws(ExpressionFault) -> Part {
    let word = token
    let name = text(word)
    let hasDot = start < word.start
    if Self.literals.contains(name) {
      guard !hasDot else { throw missingValue(before: word) }
      try advance()
      return Part(height: 1, start: start)
    }
    if Self.reserved.contains(name) {
      throw ExpressionFault(word.start, "the word \(name)", " is reserved, and no name")
    }
    try advance()
    if token.kind == .symbol(.openParenthesis) { return try parseCall(word, on: nil, allowsMacro: !hasDot) }
    return Part(height: 1, meaning: .name(name), start: start)
  }

  // MARK: Words

  static let literals: Set<String> = ["true", "false", "null"]

  private static let reserved: Set<String> = [
    "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
    "namespace", "return", "var", "void", "while",
  ]

  mutating func advance() throws(ExpressionFault) { token = try lexer.next() }

  /// Reads a symbol if it is the next word.
  mutating func take(_ symbol: ExpressionToken.Symbol) throws(ExpressionFault) -> Bool {
    guard token.kind == .symbol(symbol) else { return false }
    try advance()
    return true
  }

  mutating func close(
    _ closing: ExpressionToken.Symbol, _ opening: ExpressionToken
  ) throws(ExpressionFault) {
    if try take(closing) { return }
    switch token.kind {
    case .end: throw .unclosed(text(opening), at: opening.start)
    case .symbol(.closeParenthesis), .symbol(.closeBracket), .symbol(.closeBrace):
      throw ExpressionFault(token.start, "unexpected \(text(token))", "; the \(text(opening)) before it is still open")
    default: throw unexpected()
    }
  }

  /// What an operator, a call and the like make of parts of which the highest has the height.
  func node(above height: Int, from start: Int) throws(ExpressionFault) -> Part {
    guard height < Self.maximumHeight else { throw tooDeep(at: start) }
    return Part(height: height + 1, start: start)
  }

  func tooDeep(at place: Int) -> ExpressionFault {
    ExpressionFault(
      place, "the expression is nested more than \(Self.maximumHeight) deep", "; take it apart")
  }

  func missingValue(before token: ExpressionToken) -> ExpressionFault {
    token.kind == .end
      ? ExpressionFault(token.start, "a value is missing", ", where the expression ends")
      : ExpressionFault(token.start, "a value is missing before \(text(token))")
  }

  func unexpected() -> ExpressionFault {
    let word = text(token)
    let remedy =
      switch word {
      case "and": "; write && for \"and\""
      case "or": "; write || for \"or\""
      case "not": "; write !(A in B), or != for \"is not\""
      case ":": "; it belongs to a ? before it, which has one already or is missing"
      case ",": "; here is one value only"
      default: "; an operator is missing before it, as ==, && or in"
      }
    return ExpressionFault(token.start, "unexpected \(word)", remedy)
  }

  func text(_ token: ExpressionToken) -> String { lexer.string(token.start, token.end) }

  func text(_ start: Int, _ end: Int) -> String { lexer.string(start, end) }
}

extension ExpressionParser.Part {
  /// Whether a + next to it could only join.
  fileprivate var isJoinable: Bool {
    switch meaning {
    case .text, .list: true
    default: false
    }
  }
}
