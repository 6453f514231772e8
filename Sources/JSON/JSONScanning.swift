/// The grammar of RFC 8259 over bytes: where a token or a value that begins at an index ends.
///
/// Every function checks what it passes, so a value that is skipped is held to the same grammar as one that is read.
extension Span<UInt8> {
  /// The byte at an index, or nil at the end.
  func byte(at index: Int) -> UInt8? {
    index < count ? self[index] : nil
  }

  /// The first index from `index` that is not white space.
  func endOfWhiteSpace(from index: Int) -> Int {
    var index = index
    while index < count {
      switch self[index] {
      case 0x20, 0x0A, 0x0D, 0x09: index += 1
      default: return index
      }
    }
    return index
  }

  /// The index after a literal (`true`, `false`, `null`) that must stand at an index.
  func endOfLiteral(_ literal: StaticString, from index: Int) throws(JSONError) -> Int {
    let length = literal.utf8CodeUnitCount
    let stands = literal.withUTF8Buffer { literal in
      guard count - index >= length else { return false }
      for offset in 0..<length where self[index + offset] != literal[offset] { return false }
      return true
    }
    guard stands else { throw unexpected(at: index) }
    return index + length
  }

  // MARK: Strings

  /// The index of the closing quote of a string, from the index after its opening quote.
  func endOfString(from start: Int) throws(JSONError) -> (quote: Int, hasEscapes: Bool) {
    var index = start
    var hasEscapes = false
    while true {
      index = endOfPlainText(from: index)
      guard index < count else {
        throw JSONError(offset: count, message: "the document ends inside a string")
      }
      switch self[index] {
      case UInt8(ascii: "\""):
        return (index, hasEscapes)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        index = try endOfEscape(from: index)
      case 0x80...:
        index = try endOfCharacter(from: index)
      default:
        throw JSONError(offset: index, message: "a control character inside a string must be escaped")
      }
    }
  }

  /// The first index from `index` that is not ASCII to be taken as it is.
  private func endOfPlainText(from index: Int) -> Int {
    var index = index
    let raw = self.bytes
    while count - index >= 8 {
      // Loads within the span's bounds, which it checks; every bit pattern is a UInt64.
      let word = UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
      let special = Self.specialBytes(in: word)
      guard special == 0 else { return index + special.trailingZeroBitCount / 8 }
      index += 8
    }
    while index < count {
      let byte = self[index]
      if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return index }
      index += 1
    }
    return index
  }

  /// The high bit of each byte that is a quote, a backslash, a control character or not ASCII.
  ///
  /// A borrow can mark a byte after a true one, never before: the lowest mark is exact.
  private static func specialBytes(in word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highBits = ones &* 0x80
    let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
    let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
    let control = (word &- ones &* 0x20) & ~word
    return (((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes) | control | word) & highBits
  }

  private func endOfEscape(from backslash: Int) throws(JSONError) -> Int {
    switch byte(at: backslash + 1) {
    case nil:
      throw JSONError(offset: count, message: "the document ends inside a string")
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return backslash + 2
    case UInt8(ascii: "u"):
      guard codeUnit(at: backslash + 2) != nil else {
        throw JSONError(offset: backslash, message: #"four hexadecimal digits must follow \u"#)
      }
      return backslash + 6
    default:
      throw JSONError(offset: backslash, message: #"a backslash must be followed by one of "\/bfnrtu"#)
    }
  }

  /// The UTF-16 code unit that four hexadecimal digits at an index stand for.
  func codeUnit(at index: Int) -> UInt16? {
    guard count - index >= 4 else { return nil }
    var unit: UInt16 = 0
    for offset in 0..<4 {
      guard let digit = Self.hexadecimalValue(of: self[index + offset]) else { return nil }
      unit = unit << 4 | digit
    }
    return unit
  }

  private static func hexadecimalValue(of byte: UInt8) -> UInt16? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
  }

  /// The index after a character of two to four bytes: well-formed UTF-8 as Unicode's table 3-7 has it.
  private func endOfCharacter(from index: Int) throws(JSONError) -> Int {
    let (length, second): (Int, ClosedRange<UInt8>) =
      switch self[index] {
      case 0xC2...0xDF: (2, 0x80...0xBF)
      case 0xE0: (3, 0xA0...0xBF)
      case 0xE1...0xEC, 0xEE...0xEF: (3, 0x80...0xBF)
      case 0xED: (3, 0x80...0x9F)
      case 0xF0: (4, 0x90...0xBF)
      case 0xF1...0xF3: (4, 0x80...0xBF)
      case 0xF4: (4, 0x80...0x8F)
      default: (0, 0x80...0xBF)
      }
    var isWellFormed = length > 0 && count - index >= length && second.contains(self[index + 1])
    if isWellFormed, length > 2 {
      for offset in 2..<length where self[index + offset] & 0xC0 != 0x80 { isWellFormed = false }
    }
    guard isWellFormed else { throw JSONError(offset: index, message: "a string is not valid UTF-8") }
    return index + length
  }

  // MARK: Numbers

  /// The index after the number that begins at an index, and whether it has neither fraction nor exponent.
  func endOfNumber(from start: Int) throws(JSONError) -> (end: Int, isInteger: Bool) {
    var index = start
    if byte(at: index) == UInt8(ascii: "-") { index += 1 }
    if byte(at: index) == UInt8(ascii: "0") {
      index += 1
      if let next = byte(at: index), Self.isDigit(next) {
        throw JSONError(offset: start, message: "a number must not begin with 0")
      }
    } else {
      index = try endOfDigits(from: index)
    }
    var isInteger = true
    if byte(at: index) == UInt8(ascii: ".") {
      isInteger = false
      index = try endOfDigits(from: index + 1)
    }
    if let letter = byte(at: index), letter | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      index += 1
      if let sign = byte(at: index), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { index += 1 }
      index = try endOfDigits(from: index)
    }
    return (index, isInteger)
  }

  /// The index after the digits at an index, of which there must be one.
  private func endOfDigits(from start: Int) throws(JSONError) -> Int {
    var index = start
    while index < count, Self.isDigit(self[index]) { index += 1 }
    guard index > start else {
      throw index < count
        ? JSONError(offset: index, message: "expected a digit")
        : JSONError(offset: index, message: "the document ends inside a number")
    }
    return index
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "0") < 10
  }

  // MARK: Values

  /// The index after the value that begins at an index, after white space.
  ///
  /// - Parameter depth: how many more objects and arrays may stand inside each other.
  func endOfValue(from index: Int, depth: Int) throws(JSONError) -> Int {
    let start = endOfWhiteSpace(from: index)
    guard let first = byte(at: start) else { throw unexpected(at: start) }
    switch first {
    case UInt8(ascii: "\""): return try endOfString(from: start + 1).quote + 1
    case UInt8(ascii: "{"): return try endOfObject(from: start, depth: depth)
    case UInt8(ascii: "["): return try endOfArray(from: start, depth: depth)
    case UInt8(ascii: "t"): return try endOfLiteral("true", from: start)
    case UInt8(ascii: "f"): return try endOfLiteral("false", from: start)
    case UInt8(ascii: "n"): return try endOfLiteral("null", from: start)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try endOfNumber(from: start).end
    default: throw unexpected(at: start)
    }
  }

  private func endOfObject(from brace: Int, depth: Int) throws(JSONError) -> Int {
    guard depth > 0 else { throw tooDeep(at: brace) }
    var index = endOfWhiteSpace(from: brace + 1)
    if byte(at: index) == UInt8(ascii: "}") { return index + 1 }
    while true {
      guard byte(at: index) == UInt8(ascii: "\"") else { throw expected("a key in quotes", at: index) }
      index = endOfWhiteSpace(from: try endOfString(from: index + 1).quote + 1)
      guard byte(at: index) == UInt8(ascii: ":") else { throw expected("a colon after the key", at: index) }
      index = endOfWhiteSpace(from: try endOfValue(from: index + 1, depth: depth - 1))
      switch byte(at: index) {
      case UInt8(ascii: ","): index = endOfWhiteSpace(from: index + 1)
      case UInt8(ascii: "}"): return index + 1
      default: throw expected("a comma or } after a member", at: index)
      }
    }
  }

  private func endOfArray(from bracket: Int, depth: Int) throws(JSONError) -> Int {
    guard depth > 0 else { throw tooDeep(at: bracket) }
    var index = endOfWhiteSpace(from: bracket + 1)
    if byte(at: index) == UInt8(ascii: "]") { return index + 1 }
    while true {
      index = endOfWhiteSpace(from: try endOfValue(from: index, depth: depth - 1))
      switch byte(at: index) {
      case UInt8(ascii: ","): index += 1
      case UInt8(ascii: "]"): return index + 1
      default: throw expected("a comma or ] after an element", at: index)
      }
    }
  }

  // MARK: Errors

  func tooDeep(at index: Int) -> JSONError {
    JSONError(offset: index, message: "objects and arrays stand too deep inside each other")
  }

  /// No value can begin with what stands at an index.
  func unexpected(at index: Int) -> JSONError {
    expected("a value", at: index)
  }

  func expected(_ what: String, at index: Int) -> JSONError {
    let found =
      switch byte(at: index) {
      case nil: "the end of the document"
      case .some(let byte) where (0x21...0x7E).contains(byte): "\(Character(Unicode.Scalar(byte)))"
      case .some(let byte): "the byte 0x\(String(byte, radix: 16))"
      }
    return JSONError(offset: index, message: "expected \(what), found \(found)")
  }
}
