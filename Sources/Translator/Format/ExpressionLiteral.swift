/// Texts in expressions: `'a'`, `"a"`, `'''a'''`, `r'a'` without escapes, `b'a'` for bytes.
enum ExpressionLiteral {
  struct Prefix {
    var isBytes = false
    var isRaw = false
    /// Where the quotes begin.
    var quote: Int
    /// One, or three.
    var quotes = 1
  }

  /// The letters and quotes that open a text; nil if there is none at this place.
  static func prefix(in bytes: [UInt8], at start: Int) -> Prefix? {
    var prefix = Prefix(quote: start)
    if byte(bytes, prefix.quote).map({ $0 | 0x20 }) == UInt8(ascii: "b") {
      prefix.isBytes = true
      prefix.quote += 1
    }
    if byte(bytes, prefix.quote).map({ $0 | 0x20 }) == UInt8(ascii: "r") {
      prefix.isRaw = true
      prefix.quote += 1
    }
    guard let quote = byte(bytes, prefix.quote), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      return nil
    }
    if byte(bytes, prefix.quote + 1) == quote, byte(bytes, prefix.quote + 2) == quote { prefix.quotes = 3 }
    return prefix
  }

  /// Where the text that begins at `start` has ended.
  static func end(in bytes: [UInt8], at start: Int) throws(ExpressionFault) -> Int {
    guard let prefix = prefix(in: bytes, at: start), let quote = byte(bytes, prefix.quote) else { return start }
    var position = prefix.quote + prefix.quotes
    while let next = byte(bytes, position) {
      if next == quote, isClosed(bytes, position, prefix) { return position + prefix.quotes }
      if prefix.quotes == 1, next == UInt8(ascii: "\n") || next == UInt8(ascii: "\r") { break }
      if next == UInt8(ascii: "\\") {
        position = try afterBackslash(in: bytes, at: position, prefix)
      } else {
        position += 1
      }
    }
    let quotes = String(repeating: Character(Unicode.Scalar(quote)), count: prefix.quotes)
    let line = prefix.quotes == 1 ? " on the same line" : ""
    throw ExpressionFault(start, "the text that begins", " is not closed; it ends with \(quotes)\(line)")
  }

  /// The characters that a text stands for. Only for one that `end(in:at:)` has passed.
  static func value(in bytes: [UInt8], at start: Int, to end: Int) -> String {
    guard let prefix = prefix(in: bytes, at: start) else { return "" }
    let content = bytes[min(prefix.quote + prefix.quotes, end)..<max(end - prefix.quotes, prefix.quote + prefix.quotes)]
    if prefix.isRaw { return String(decoding: content, as: UTF8.self) }
    var value: [UInt8] = []
    var position = content.startIndex
    while position < content.endIndex {
      if content[position] == UInt8(ascii: "\\"), let escape = Escape(in: bytes, at: position) {
        value += Array(String(Character(escape.scalar)).utf8)
        position = escape.end
      } else {
        value.append(content[position])
        position += 1
      }
    }
    return String(decoding: value, as: UTF8.self)
  }

  private static func isClosed(_ bytes: [UInt8], _ position: Int, _ prefix: Prefix) -> Bool {
    let quote = bytes[position]
    return prefix.quotes == 1 || byte(bytes, position + 1) == quote && byte(bytes, position + 2) == quote
  }

  private static func afterBackslash(
    in bytes: [UInt8], at position: Int, _ prefix: Prefix
  ) throws(ExpressionFault) -> Int {
    guard !prefix.isRaw else {
      // Only a backslash right before the closing quote matters, and not one that another backslash stands before.
      guard let next = byte(bytes, position + 1) else { return position + 1 }
      if next == UInt8(ascii: "\\") { return position + 2 }
      guard next == bytes[prefix.quote], isClosed(bytes, position + 1, prefix) else { return position + 1 }
      throw ExpressionFault(
        position, "the \\",
        " stands before the closing quote, which a text with an r before it cannot have; "
          + "leave out the r and double each \\")
    }
    guard let escape = Escape(in: bytes, at: position) else {
      let written = String(decoding: bytes[position...].prefix(10), as: UTF8.self).prefix(2)
      let advice =
        written == "\\"
        ? "; write \\\\ for a backslash" : "; write \\\(written) for a backslash, or put an r before the opening quote"
      throw ExpressionFault(position, "unknown escape \(written)", advice)
    }
    guard !(prefix.isBytes && escape.isUnicode) else {
      throw ExpressionFault(position, "an escape of Unicode in bytes", "; write the bytes, as \\xff")
    }
    return escape.end
  }

  private static func byte(_ bytes: [UInt8], _ index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }
}

/// `\n`, `\x41`, `\u00e9`, `\U0001F600`, `\101`.
private struct Escape {
  let scalar: Unicode.Scalar
  let end: Int
  /// Whether it names a Unicode character, and not a byte.
  let isUnicode: Bool

  /// Nil if there is no escape at this place.
  init?(in bytes: [UInt8], at position: Int) {
    guard position + 1 < bytes.count else { return nil }
    let letter = bytes[position + 1]
    isUnicode = letter | 0x20 == UInt8(ascii: "u")
    let number: UInt32?
    switch letter {
    case UInt8(ascii: "x"), UInt8(ascii: "X"):
      (number, end) = Self.number(in: bytes, at: position + 2, digits: 2, radix: 16)
    case UInt8(ascii: "u"): (number, end) = Self.number(in: bytes, at: position + 2, digits: 4, radix: 16)
    case UInt8(ascii: "U"): (number, end) = Self.number(in: bytes, at: position + 2, digits: 8, radix: 16)
    case UInt8(ascii: "0")...UInt8(ascii: "3"):
      (number, end) = Self.number(in: bytes, at: position + 1, digits: 3, radix: 8)
    default: (number, end) = (Self.simple[letter], position + 2)
    }
    guard let scalar = number.flatMap({ Unicode.Scalar($0) }) else { return nil }
    self.scalar = scalar
  }

  private static func number(
    in bytes: [UInt8], at start: Int, digits: Int, radix: Int
  ) -> (value: UInt32?, end: Int) {
    let end = start + digits
    guard end <= bytes.count, bytes[start..<end].allSatisfy(\.isHexadecimalDigit) else { return (nil, end) }
    return (UInt32(String(decoding: bytes[start..<end], as: UTF8.self), radix: radix), end)
  }

  private static let simple: [UInt8: UInt32] = [
    UInt8(ascii: "a"): 0x07, UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A,
    UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09, UInt8(ascii: "v"): 0x0B, UInt8(ascii: "\\"): 0x5C,
    UInt8(ascii: "'"): 0x27, UInt8(ascii: "\""): 0x22, UInt8(ascii: "`"): 0x60, UInt8(ascii: "?"): 0x3F,
  ]
}
