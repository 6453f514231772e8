/// What a scalar stands for.
enum YAMLScalar: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// Beyond the positive 64-bit integers; up to 2^64 - 1.
  case unsigned(UInt64)
  case float(Double)
  case string

  /// The value of a scalar by its text, its tag, and whether it is quoted; nil where the text is not what the tag says,
  /// or the tag is not supported.
  init?(_ scalar: YAMLEvent.Scalar) {
    guard let tag = scalar.tag else {
      self = scalar.isPlain ? Self(plain: scalar.text) : .string
      return
    }
    let standard = "tag:yaml.org,2002:"
    guard tag.hasPrefix(standard) else {
      // `!` and the tags of applications: what they mean is not known, so the text stays as it is.
      self = .string
      return
    }
    switch (tag.dropFirst(standard.count), Self(plain: scalar.text)) {
    case ("null", .null), ("bool", .bool), ("int", .integer), ("int", .unsigned), ("float", .float):
      self = Self(plain: scalar.text)
    case ("float", .integer(let value)): self = .float(Double(value))
    case ("null", _), ("bool", _), ("int", _), ("float", _), ("binary", _): return nil
    default: self = .string
    }
  }

  /// The value of unquoted text, by the tables of go-yaml 2: YAML 1.1 with `y` and `n` among the booleans, octal numbers
  /// in both notations, and no base 60.
  init(plain text: String) {
    if let word = Self.words[text] {
      self = word
      return
    }
    self = Self(number: Array(text.utf8)) ?? .string
  }

  private static let words: [String: YAMLScalar] = {
    var words: [String: YAMLScalar] = ["": .null, "~": .null]
    func add(_ value: YAMLScalar, _ spellings: [String]) {
      for word in spellings { words[word] = value }
    }
    add(.null, ["null", "Null", "NULL"])
    add(.bool(true), ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"])
    add(.bool(false), ["n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"])
    add(.float(.infinity), [".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"])
    add(.float(-.infinity), ["-.inf", "-.Inf", "-.INF"])
    add(.float(.nan), [".nan", ".NaN", ".NAN"])
    return words
  }()

  // MARK: Numbers

  private init?(number text: [UInt8]) {
    guard let first = text.first else { return nil }
    if first == UInt8(ascii: ".") {
      guard Self.hasUnderscoresBetweenDigitsOnly(text) else { return nil }
    } else if !Self.isDigit(first), first != UInt8(ascii: "+"), first != UInt8(ascii: "-") {
      return nil
    }
    let digits = text.filter { $0 != UInt8(ascii: "_") }
    guard let value = Self(integer: digits) ?? Self(decimal: digits) else { return nil }
    self = value
  }

  /// An integer with sign and prefix: `0x`, `0o` or `0`, `0b`.
  private init?(integer text: [UInt8]) {
    var digits = text[...]
    let sign = digits.first.flatMap { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") ? $0 : nil }
    if sign != nil { digits.removeFirst() }
    guard let first = digits.first, Self.isDigit(first) else { return nil }
    let (radix, prefixLength) = Self.radix(of: digits)
    digits.removeFirst(prefixLength)
    // The initializers of Swift's integers would take a second sign.
    guard let next = digits.first, next != UInt8(ascii: "+"), next != UInt8(ascii: "-") else { return nil }
    let magnitude = String(decoding: digits, as: UTF8.self)
    if let value = Int64(sign == UInt8(ascii: "-") ? "-" + magnitude : magnitude, radix: radix) {
      self = .integer(value)
    } else if sign == nil, let value = UInt64(magnitude, radix: radix) {
      self = .unsigned(value)
    } else {
      return nil
    }
  }

  /// The radix of unsigned digits, and how many characters say so.
  private static func radix(of digits: ArraySlice<UInt8>) -> (radix: Int, prefixLength: Int) {
    guard digits.first == UInt8(ascii: "0"), let second = digits.dropFirst().first else { return (10, 0) }
    return switch second | 0x20 {
    case UInt8(ascii: "x"): (16, 2)
    case UInt8(ascii: "o"): (8, 2)
    case UInt8(ascii: "b"): (2, 2)
    default: (8, 1)
    }
  }

  /// `1.5`, `.5`, `1.`, `1e3`, with sign; also digits that are no octal number (`089`) or do not fit (`1` and 30 zeros).
  private init?(decimal text: [UInt8]) {
    var rest = text[...]
    func skipDigits() -> Int {
      let count = rest.prefix { Self.isDigit($0) }.count
      rest.removeFirst(count)
      return count
    }
    func skip(_ byte: UInt8) -> Bool {
      guard rest.first == byte else { return false }
      rest.removeFirst()
      return true
    }
    if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
    let whole = skipDigits()
    let fraction = skip(UInt8(ascii: ".")) ? skipDigits() : 0
    guard whole + fraction > 0 else { return nil }
    if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
      if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
      guard skipDigits() > 0 else { return nil }
    }
    // A number beyond the range of a double stays text.
    guard rest.isEmpty, let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else { return nil }
    self = .float(value)
  }

  /// Where a number begins with a point, Go's own rule for underscores holds; elsewhere they may stand anywhere.
  private static func hasUnderscoresBetweenDigitsOnly(_ text: [UInt8]) -> Bool {
    text.indices.allSatisfy { index in
      text[index] != UInt8(ascii: "_")
        || index > 0 && isDigit(text[index - 1]) && index + 1 < text.count && isDigit(text[index + 1])
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
