/// Calls of functions, and what the names of an expression stand for.
extension ExpressionParser {
  /// - Parameter receiver: what stands before the dot, if the function is called with one.
  mutating func parseCall(
    _ word: ExpressionToken, on receiver: Part?, allowsMacro: Bool = true
  ) throws(ExpressionFault) -> Part {
    let name = text(word)
    if receiver == nil, name == "has", allowsMacro { return try parseHas(word) }
    if case .name(let namespace) = receiver?.meaning,
      let function = ExpressionNames.functions["\(namespace).\(name)"]
    {
      let arguments = try parseArguments()
      guard function.arguments == arguments.count else {
        throw miscounted(function, "\(namespace).\(name)", arguments.count, at: word.start)
      }
      return try node(above: max(1, arguments.height), from: receiver?.start ?? word.start)
    }
    guard let function = ExpressionNames.functions[name] else {
      throw unknownFunction(name, on: receiver, at: word.start)
    }
    if let receiver { _ = try resolved(receiver) }
    let arguments = try parseArguments()
    let isRight =
      receiver == nil
      ? function.arguments == arguments.count : function.methodArguments?.contains(arguments.count) == true
    guard isRight else { throw miscounted(function, name, arguments.count, at: word.start) }
    if name == "matches", let pattern = arguments.last { try checkPattern(pattern) }
    return try node(above: max(receiver?.height ?? 0, arguments.height), from: receiver?.start ?? word.start)
  }

  /// Whether a field is there: `has(request.headers.host)`.
  mutating func parseHas(_ word: ExpressionToken) throws(ExpressionFault) -> Part {
    let arguments = try parseArguments()
    guard arguments.count == 1, arguments[0].isSelection else {
      throw ExpressionFault(
        word.start, "has()",
        " takes a field after a dot, as in has(request.headers.host); "
          + "for another name write 'x-request-id' in request.headers")
    }
    return try node(above: arguments[0].height, from: word.start)
  }

  func checkPattern(_ part: Part) throws(ExpressionFault) {
    guard case .text(let range, isBytes: false) = part.meaning else { return }
    let pattern = ExpressionLiteral.value(in: lexer.bytes, at: range.lowerBound, to: range.upperBound)
    if let fault = RegularExpression.fault(in: pattern, for: .expression) {
      throw ExpressionFault(range.lowerBound, "the regular expression", ": \(fault)")
    }
  }

  mutating func parseArguments() throws(ExpressionFault) -> [Part] {
    let opening = token
    try advance()
    var arguments: [Part] = []
    if token.kind != .symbol(.closeParenthesis) {
      repeat { arguments.append(try parseExpression()) } while try take(.comma)
    }
    try close(.closeParenthesis, opening)
    return arguments
  }

  func unknownFunction(_ name: String, on receiver: Part?, at place: Int) -> ExpressionFault {
    guard case .name(let namespace) = receiver?.meaning, ExpressionNames.attributes[namespace] == nil else {
      return .unknownFunction(name, isMethod: receiver != nil, at: place)
    }
    return .unknownFunction("\(namespace).\(name)", isMethod: true, at: receiver?.start ?? place)
  }

  func miscounted(
    _ function: ExpressionNames.Function, _ name: String, _ count: Int, at place: Int
  ) -> ExpressionFault {
    ExpressionFault(
      place, "\(name)()", " is given \(count) argument\(count == 1 ? "" : "s"); write \(function.usage(name))")
  }

  // MARK: Names and numbers

  /// A part whose name is known; others are refused.
  func resolved(_ part: Part) throws(ExpressionFault) -> Part {
    guard case .name(let name) = part.meaning, ExpressionNames.attributes[name] == nil else { return part }
    let first = name.split(separator: ".").first.map(String.init) ?? name
    if ExpressionNames.types.contains(first) {
      guard name == first else { throw ExpressionFault(part.start, "\(first)", " is a type, and has no fields") }
    } else if name == first || !ExpressionNames.packages.contains(first) {
      throw .unknownName(first, at: part.start)
    }
    return Part(height: part.height, start: part.start)
  }

  func checkNumber(_ token: ExpressionToken, isNegative: Bool) throws(ExpressionFault) {
    var digits = text(token)[...]
    let isHexadecimal = digits.hasPrefix("0x")
    if isHexadecimal { digits = digits.dropFirst(2) }
    let fits: Bool
    switch token.kind {
    case .integer:
      let limit = isNegative ? Int64.min.magnitude : Int64.max.magnitude
      fits = UInt64(digits, radix: isHexadecimal ? 16 : 10).map { $0 <= limit } ?? false
    case .unsignedInteger: fits = UInt64(digits.dropLast(), radix: isHexadecimal ? 16 : 10) != nil
    default: fits = true
    }
    guard fits else { throw ExpressionFault(token.start, "the number \(text(token))", " does not fit into 64 bits") }
    guard self.token.start > token.end || self.token.kind != .identifier else {
      throw ExpressionFault(
        token.start, "\(text(token))\(text(self.token))", " is no number; put a text between quotes")
    }
  }

  /// `request.headers.x-request-id` is a subtraction.
  func refuseDash(after part: Part) throws(ExpressionFault) {
    guard case .header(let map, let name) = part.meaning else { return }
    throw ExpressionFault(
      token.start, "the -", " is a minus; write a header's name with a dash as \(map)['\(name)-...']")
  }

  func refuseOptional(before what: String) throws(ExpressionFault) {
    guard token.kind == .symbol(.question) else { return }
    throw ExpressionFault(token.start, "the ? of \(what)", " is switched off in Envoy; leave it out")
  }
}

extension ExpressionParser.Part {
  /// Whether it ends with a dot and a field.
  fileprivate var isSelection: Bool {
    switch meaning {
    case .selection, .headers, .header: true
    default: false
    }
  }
}

extension [ExpressionParser.Part] {
  fileprivate var height: Int { lazy.map(\.height).max() ?? 0 }
}
