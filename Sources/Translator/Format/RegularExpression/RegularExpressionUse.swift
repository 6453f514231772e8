/// Where Envoy meets an expression, which decides how it compiles it.
package enum RegularExpressionUse {
  /// In the match of a header (`safe_regex`): for Latin-1, so that the expression and what it is matched with are bytes.
  /// The size of the program is bounded by what a bootstrap says (``ProxyRuntime``).
  case header
  /// In `matches()` of the Common Expression Language: for UTF-8, with a bound that nothing changes.
  case expression

  /// The most instructions that a program may have.
  var maximumProgramSize: Int {
    switch self {
    case .header: 1000
    case .expression: 100
    }
  }

  /// What a character is at most.
  var largestCharacter: UInt32 {
    switch self {
    case .header: 0xFF
    case .expression: 0x10FFFF
    }
  }

  /// An upper bound of the instructions for one character.
  func size(of character: UInt32, ignoringCase: Bool) -> Int {
    switch (self, character) {
    case (_, ..<0x80) where !ignoringCase: 1
    // With the sign for Kelvin, and the long s.
    case (.expression, 0x4B), (.expression, 0x6B): 5
    case (.expression, 0x53), (.expression, 0x73): 4
    case (_, ..<0x80): 1
    // A byte that is a letter of Latin-1 gets its other case beside it.
    case (.header, _): ignoringCase ? 2 : 1
    // Four letters are one but for their case at most.
    case (.expression, _): Self.width(of: character) * (ignoringCase ? 4 : 1)
    }
  }

  /// An upper bound of the instructions for a range of characters beyond ASCII in UTF-8.
  static func size(of range: ClosedRange<UInt32>) -> Int {
    if range.count == 1 { return width(of: range.lowerBound) }
    // Of each width: a part at the beginning and at the end for each byte but the last, and one in the middle.
    return (2...4).reduce(0) { size, width in
      range.lowerBound <= largest(width) && range.upperBound > largest(width - 1)
        ? size + (2 * width - 1) * width : size
    }
  }

  private static func width(of character: UInt32) -> Int { (1...4).first { character <= largest($0) } ?? 4 }

  private static func largest(_ width: Int) -> UInt32 {
    switch width {
    case 1: 0x7F
    case 2: 0x7FF
    case 3: 0xFFFF
    default: 0x10FFFF
    }
  }
}
