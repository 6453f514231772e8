/// A set of bytes, as far as its size matters: how many ranges it consists of.
struct RegularExpressionClass {
  /// More ranges than any Unicode category has in Latin-1.
  private static let rangesOfCategory = 16
  /// Every second byte.
  private static let mostRanges = 128

  private var bytes = [Bool](repeating: false, count: 256)
  /// Of the Unicode categories in it, of which only the number of ranges is known, and that not exactly.
  private var otherRanges = 0

  mutating func insert(_ range: ClosedRange<UInt8>, ignoringCase: Bool = false) {
    for byte in range {
      bytes[Int(byte)] = true
      if ignoringCase, let other = Self.otherCase(of: byte) { bytes[Int(other)] = true }
    }
  }

  mutating func insertCategory() { otherRanges += Self.rangesOfCategory }

  mutating func insert(_ other: RegularExpressionClass, ignoringCase: Bool) {
    for (byte, isIn) in zip(UInt8.min...UInt8.max, other.bytes) where isIn {
      insert(byte...byte, ignoringCase: ignoringCase)
    }
    otherRanges += other.otherRanges
  }

  mutating func invert() {
    for index in bytes.indices { bytes[index].toggle() }
    if otherRanges > 0 { otherRanges += 1 }
  }

  /// How many ranges of bytes it is, rather more than less, and at least one.
  var rangeCount: Int {
    var count = 0
    for index in bytes.indices where bytes[index] && (index == 0 || !bytes[index - 1]) { count += 1 }
    // Where the exact part is inverted and the other is not known, each of the two can have a range more.
    return min(max(count + otherRanges + (otherRanges > 0 ? 1 : 0), 1), Self.mostRanges)
  }

  /// The same letter of Latin-1 in the other case, if that is in Latin-1 too.
  private static func otherCase(of byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), 0xC0...0xD6, 0xD8...0xDE: byte + 0x20
    case UInt8(ascii: "a")...UInt8(ascii: "z"), 0xE0...0xF6, 0xF8...0xFE: byte - 0x20
    default: nil
    }
  }
}

// MARK: Those with names

extension RegularExpressionClass {
  /// `\d`, `\D`, `\s`, `\S`, `\w`, `\W`; nil for other letters.
  init?(perl letter: Unicode.Scalar) {
    let name: String
    switch letter {
    case "d", "D": name = "digit"
    case "w", "W": name = "word"
    case "s", "S": name = "perl space"
    default: return nil
    }
    self.init(ranges: name == "perl space" ? [0x09...0x0A, 0x0C...0x0D, 0x20...0x20] : Self.named[name] ?? [])
    if letter.properties.isUppercase { invert() }
  }

  /// `[:alpha:]` or `[:^alpha:]`, by what is between the colons; nil for unknown names.
  init?(posix name: String) {
    let isInverted = name.hasPrefix("^")
    guard let ranges = Self.named[isInverted ? String(name.dropFirst()) : name] else { return nil }
    self.init(ranges: ranges)
    if isInverted { invert() }
  }

  private init(ranges: [ClosedRange<UInt8>]) {
    for range in ranges { insert(range) }
  }

  /// The names of POSIX, in the order of the alphabet.
  static var names: [String] { named.keys.sorted() }

  private static let named: [String: [ClosedRange<UInt8>]] = [
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
