/// Values that are made of others: lists, maps and messages.
extension ExpressionParser {
  mutating func parseList() throws(ExpressionFault) -> Part {
    let opening = token
    try advance()
    try refuseOptional(before: "a list's element")
    let height = try parseSequence(until: .closeBracket) { parser throws(ExpressionFault) in
      try parser.parseExpression().height
    }
    try close(.closeBracket, opening)
    var list = try node(above: height, from: opening.start)
    list.meaning = .list
    return list
  }

  mutating func parseMap() throws(ExpressionFault) -> Part {
    let opening = token
    try advance()
    let height = try parseSequence(until: .closeBrace) { parser throws(ExpressionFault) in
      try parser.refuseOptional(before: "a key")
      let key = try parser.parseExpression()
      guard try parser.take(.colon) else {
        throw ExpressionFault(parser.token.start, "a : is missing", " after the key; a map is {'key': 'value'}")
      }
      return max(key.height, try parser.parseExpression().height)
    }
    try close(.closeBrace, opening)
    return try node(above: height, from: opening.start)
  }

  /// `google.protobuf.Duration{seconds: 1}`. Which messages and fields there are, only Envoy knows.
  mutating func parseMessage(_ name: String, from start: Int) throws(ExpressionFault) -> Part {
    guard let last = name.split(separator: ".").last, last.first?.isUppercase == true, last.count < name.count else {
      throw ExpressionFault(
        token.start, "unexpected {", "; after a name it begins a message, as google.protobuf.Duration{seconds: 1}")
    }
    guard let first = name.split(separator: ".").first, ExpressionNames.messagePackages.contains(String(first)) else {
      throw ExpressionFault(start, "unknown message \(name)", "; there are those of google.protobuf, and Envoy's own")
    }
    let opening = token
    try advance()
    let height = try parseSequence(until: .closeBrace) { parser throws(ExpressionFault) in
      try parser.refuseOptional(before: "a field")
      guard parser.token.kind == .identifier || parser.token.kind == .quotedIdentifier else {
        throw ExpressionFault(parser.token.start, "the name of a field is missing")
      }
      try parser.advance()
      guard try parser.take(.colon) else {
        throw ExpressionFault(parser.token.start, "a : is missing", " after the field")
      }
      return try parser.parseExpression().height
    }
    try close(.closeBrace, opening)
    return try node(above: height, from: start)
  }

  /// Elements with commas between them; one may follow the last, and one may even stand alone.
  ///
  /// - Returns: the height of the highest element, 0 if there is none.
  mutating func parseSequence(
    until closing: ExpressionToken.Symbol,
    _ element: (inout ExpressionParser) throws(ExpressionFault) -> Int
  ) throws(ExpressionFault) -> Int {
    var height = 0
    if token.kind == .symbol(closing) { return height }
    if try take(.comma) { return height }
    repeat {
      if token.kind == .symbol(closing) { break }
      height = max(height, try element(&self))
    } while try take(.comma)
    return height
  }
}
