/// Why a text is no JSON, in the words of Go's `encoding/json`, which clients of a real API server see.
struct JSONSyntaxError: Error, Equatable {
  let message: String
}

/// A strict parser of one JSON document.
struct JSONParser {
  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  /// Deeper documents are refused; the real server's limit is 10,000, far more than the stack of a test's task.
  private static let depthLimit = 200

  static func parse(_ bytes: [UInt8]) throws(JSONSyntaxError) -> JSONValue {
    var parser = JSONParser(bytes: bytes)
    let value = try parser.parseValue()
    parser.skipWhitespace()
    guard parser.position == bytes.count else { throw parser.unexpected("after top-level value") }
    return value
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func parseValue() throws(JSONSyntaxError) -> JSONValue {
    skipWhitespace()
    guard let byte = peek() else { throw endOfInput }
    switch byte {
    case UInt8(ascii: "{"): return try parseObject()
    case UInt8(ascii: "["): return try parseArray()
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
    case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
    case UInt8(ascii: "n"): return try parseWord("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
    default: throw unexpected("looking for beginning of value")
    }
  }

  private mutating func parseObject() throws(JSONSyntaxError) -> JSONValue {
    try enter()
    defer { depth -= 1 }
    var members: [(String, JSONValue)] = []
    skipWhitespace()
    if take(UInt8(ascii: "}")) { return .object([:]) }
    while true {
      skipWhitespace()
      guard peek() != nil else { throw endOfInput }
      guard peek() == UInt8(ascii: "\"") else { throw unexpected("looking for beginning of object key string") }
      let key = try parseString()
      skipWhitespace()
      guard peek() != nil else { throw endOfInput }
      guard take(UInt8(ascii: ":")) else { throw unexpected("after object key") }
      members.append((key, try parseValue()))
      skipWhitespace()
      if take(UInt8(ascii: ",")) { continue }
      if take(UInt8(ascii: "}")) { return .object(JSONObject(members)) }
      throw peek() == nil ? endOfInput : unexpected("after object key:value pair")
    }
  }

  private mutating func parseArray() throws(JSONSyntaxError) -> JSONValue {
    try enter()
    defer { depth -= 1 }
    var elements: [JSONValue] = []
    skipWhitespace()
    if take(UInt8(ascii: "]")) { return .array([]) }
    while true {
      elements.append(try parseValue())
      skipWhitespace()
      if take(UInt8(ascii: ",")) { continue }
      if take(UInt8(ascii: "]")) { return .array(elements) }
      throw peek() == nil ? endOfInput : unexpected("after array element")
    }
  }

  private mutating func parseString() throws(JSONSyntaxError) -> String {
    position += 1
    var text: [UInt8] = []
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        position += 1
        try parseEscape(into: &text)
      case 0..<0x20:
        throw unexpected("in string literal")
      default:
        text.append(byte)
        position += 1
      }
    }
    throw endOfInput
  }

  private mutating func parseEscape(into text: inout [UInt8]) throws(JSONSyntaxError) {
    guard let byte = peek() else { throw endOfInput }
    let plain: [UInt8: UInt8] = [
      UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
      UInt8(ascii: "/"): UInt8(ascii: "/"),
      UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D,
      UInt8(ascii: "t"): 0x09,
    ]
    if let replacement = plain[byte] {
      position += 1
      text.append(replacement)
      return
    }
    guard byte == UInt8(ascii: "u") else { throw unexpected("in string escape code") }
    position += 1
    var unit = try parseHexadecimal()
    if (0xD800..<0xDC00).contains(unit), bytes[position...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) {
      let before = position
      position += 2
      let low = try parseHexadecimal()
      if (0xDC00..<0xE000).contains(low) {
        unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
      } else {
        position = before
      }
    }
    // A surrogate without its other half becomes U+FFFD, as Go does it.
    let scalar = Unicode.Scalar(unit) ?? "\u{FFFD}"
    text.append(contentsOf: Array(String(scalar).utf8))
  }

  private mutating func parseHexadecimal() throws(JSONSyntaxError) -> UInt32 {
    guard position + 4 <= bytes.count else { throw endOfInput }
    let digits = String(decoding: bytes[position..<position + 4], as: UTF8.self)
    guard let unit = UInt32(digits, radix: 16), digits.first != "+" else {
      throw unexpected("in \\u hexadecimal character escape")
    }
    position += 4
    return unit
  }

  private mutating func parseNumber() throws(JSONSyntaxError) -> JSONValue {
    let start = position
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try skipDigits("in numeric literal") }
    var isInteger = true
    if take(UInt8(ascii: ".")) {
      isInteger = false
      try skipDigits("after decimal point in numeric literal")
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isInteger = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try skipDigits("in exponent of numeric literal")
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let integer = Int64(text) { return .integer(integer) }
    guard let number = Double(text) else { throw JSONSyntaxError(message: "cannot read number \(text)") }
    return .number(number)
  }

  private mutating func skipDigits(_ place: String) throws(JSONSyntaxError) {
    let start = position
    while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    if position == start { throw peek() == nil ? endOfInput : unexpected(place) }
  }

  private mutating func parseWord(_ word: String, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
    for expected in word.utf8 {
      guard peek() != nil else { throw endOfInput }
      guard take(expected) else { throw unexpected("in literal \(word)") }
    }
    return value
  }

  private mutating func enter() throws(JSONSyntaxError) {
    position += 1
    depth += 1
    if depth > Self.depthLimit { throw JSONSyntaxError(message: "exceeded max depth") }
  }

  private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipWhitespace() {
    while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private var endOfInput: JSONSyntaxError { JSONSyntaxError(message: "unexpected end of JSON input") }

  private func unexpected(_ place: String) -> JSONSyntaxError {
    guard let byte = peek() else { return endOfInput }
    let character =
      switch byte {
      case 0x20..<0x7F: String(UnicodeScalar(byte))
      default: "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    return JSONSyntaxError(message: "invalid character '\(character)' \(place)")
  }
}

extension JSONValue {
  /// Reads one JSON document; nil if it is none.
  package init?(json bytes: [UInt8]) {
    guard let value = try? JSONParser.parse(bytes) else { return nil }
    self = value
  }

  /// Reads one JSON document; nil if it is none.
  package init?(json text: String) { self.init(json: Array(text.utf8)) }
}
