/// A set of characters, as far as its size matters: the instructions that it takes.
struct RegularExpressionClass {
  /// More ranges than any Unicode category has in Latin-1.
  private static let rangesOfCategory = 16
  /// For all characters beyond ASCII in UTF-8: three ranges of first bytes, and three of bytes that follow.
  private static let sizeOfAllWide = 6
  /// More than Envoy takes.
  private static let tooLarge = 1 << 16

  private let use: RegularExpressionUse
  /// Whether each byte is in it; in UTF-8 those that are characters by themselves.
  private var bytes: [Bool]
  /// For the characters that are not among those, and for categories: rather more instructions than less.
  private var otherSize = 0
  /// Whether every character beyond ASCII is in it, in UTF-8.
  private var hasAllWide = false

  init(for use: RegularExpressionUse) {
    self.use = use
    bytes = [Bool](repeating: false, count: use == .header ? 256 : 128)
  }

  mutating func insert(_ range: ClosedRange<UInt32>, ignoringCase: Bool = false) {
    for byte in range.prefix(while: { $0 < bytes.count }) {
      bytes[Int(byte)] = true
      guard ignoringCase else { continue }
      if let other = Self.otherCase(of: byte), other < bytes.count { bytes[Int(other)] = true }
      if use == .expression { otherSize += use.size(of: byte, ignoringCase: true) - 1 }
    }
    guard use == .expression, range.upperBound >= bytes.count else { return }
    let wide = max(range.lowerBound, UInt32(bytes.count))...range.upperBound
    // The other cases of a range can be anywhere.
    if !ignoringCase {
      otherSize += RegularExpressionUse.size(of: wide)
    } else {
      otherSize += wide.count == 1 ? use.size(of: wide.lowerBound, ignoringCase: true) + 1 : Self.tooLarge
    }
  }

  mutating func insertCategory() { otherSize += Self.rangesOfCategory }

  mutating func insert(_ other: RegularExpressionClass) {
    for (index, isIn) in other.bytes.enumerated() where isIn { bytes[index] = true }
    otherSize += other.otherSize
    hasAllWide = hasAllWide || other.hasAllWide
  }

  mutating func invert() {
    for index in bytes.indices { bytes[index].toggle() }
    if hasAllWide {
      (hasAllWide, otherSize) = (false, 0)
    } else if otherSize == 0 {
      hasAllWide = use == .expression
    } else {
      // Where the rest is not known exactly, it can be in one piece more.
      otherSize += use == .header ? 1 : RegularExpressionUse.size(of: 0x80...0x10FFFF)
    }
  }

  /// Rather more instructions than less, and at least one.
  var size: Int {
    var count = 0
    for index in bytes.indices where bytes[index] && (index == 0 || !bytes[index - 1]) { count += 1 }
    if hasAllWide { return count + Self.sizeOfAllWide }
    // Where the exact part is inverted and the other is not known, each of the two can have a range more.
    let all = max(count + otherSize + (otherSize > 0 ? 1 : 0), 1)
    return use == .header ? min(all, bytes.count / 2) : all
  }

  /// The same letter of Latin-1 in the other case, if that is in Latin-1 too.
  private static func otherCase(of byte: UInt32) -> UInt32? {
    switch byte {
    case 0x41...0x5A, 0xC0...0xD6, 0xD8...0xDE: byte + 0x20
    case 0x61...0x7A, 0xE0...0xF6, 0xF8...0xFE: byte - 0x20
    default: nil
    }
  }
}

// MARK: Those with names

extension RegularExpressionClass {
  /// `\d`, `\D`, `\s`, `\S`, `\w`, `\W`; nil for other letters.
  init?(perl letter: Unicode.Scalar, for use: RegularExpressionUse, ignoringCase: Bool) {
    let name: String
    switch letter {
    case "d", "D": name = "digit"
    case "w", "W": name = "word"
    case "s", "S": name = "perl space"
    default: return nil
    }
    self.init(
      for: use, ranges: name == "perl space" ? [0x09...0x0A, 0x0C...0x0D, 0x20...0x20] : Self.named[name] ?? [],
      ignoringCase: ignoringCase)
    if letter.properties.isUppercase { invert() }
  }

  /// `[:alpha:]` or `[:^alpha:]`, by what is between the colons; nil for unknown names.
  init?(posix name: String, for use: RegularExpressionUse, ignoringCase: Bool) {
    let isInverted = name.hasPrefix("^")
    guard let ranges = Self.named[isInverted ? String(name.dropFirst()) : name] else { return nil }
    self.init(for: use, ranges: ranges, ignoringCase: ignoringCase)
    if isInverted { invert() }
  }

  /// As RE2 does: the other cases belong to the class before it is inverted.
  private init(for use: RegularExpressionUse, ranges: [ClosedRange<UInt32>], ignoringCase: Bool) {
    self.init(for: use)
    for range in ranges { insert(range, ignoringCase: ignoringCase) }
  }

  /// The names of POSIX, in the order of the alphabet.
  static var names: [String] { named.keys.sorted() }

  private static let named: [String: [ClosedRange<UInt32>]] = [
    "alnum": [0x30...0x39, 0x41...0x5A, 0x61...0x7A],
    "alpha": [0x41...0x5A, 0x61...0x7A],
    "ascii": [0x00...0x7F],
    "blank": [0x09...0x09, 0x20...0x20],
    "cntrl": [0x00...0x1F, 0x7F...0x7F],
    "digit": [0x30...0x39],
    "graph": [0x21...0x7E],
    "lower": [0x61...0x7A],
    "print": [0x20...0x7E],
    "punct": [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E],
    "space": [0x09...0x0D, 0x20...0x20],
    "upper": [0x41...0x5A],
    "word": [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A],
    "xdigit": [0x30...0x39, 0x41...0x46, 0x61...0x66],
  ]

  /// The Unicode categories and scripts that have a character in Latin-1, and those categories that have none. RE2 knows
  /// many more scripts.
  static let unicodeNames: Set<String> = [
    "Any", "C", "Cc", "Cf", "Co", "Cs", "Common", "L", "Latin", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn",
    "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp",
    "Zs",
  ]
}
