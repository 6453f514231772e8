/// Regular expressions in the syntax of RE2, which is Envoy's kind.
///
/// Faults of the syntax are found here. Envoy also bounds the size: at most 100 steps of the program that RE2 makes of an
/// expression, some 90 letters or `[a-z]{1,20}`. What surely takes more is told; what it takes exactly, and whether a
/// class of Unicode is known, only Envoy can say.
enum RegularExpression {
  /// What is wrong, as `"a(b" has a ( that is not closed`; nil if nothing is.
  static func fault(in pattern: String) -> String? {
    var parser = RegularExpressionParser(pattern)
    do throws(RegularExpressionParser.Fault) {
      try parser.parse()
      guard parser.leastSize > maximumSize else { return nil }
      return "\"\(shortened(pattern))\" takes more than the \(maximumSize) steps that Envoy allows; write it shorter, "
        + "with fewer letters and smaller repetitions"
    } catch {
      return "\"\(shortened(pattern))\" has \(error.text)"
    }
  }

  /// Envoy's `re2.max_program_size.error_level`, and the same for `matches()`.
  private static let maximumSize = 100

  private static func shortened(_ pattern: String) -> String {
    pattern.utf8.count > 320 || pattern.count > 80 ? "\(pattern.prefix(80))..." : pattern
  }
}

private struct RegularExpressionParser {
  private let scalars: [Unicode.Scalar]
  /// Whether nothing is repeated without end. RE2 joins such a repetition with neighbours that are alike.
  private let isBounded: Bool
  private var position = 0
  /// The groups that are open, around them the whole.
  private var sizes = [RegularExpressionSize()]
  /// Whether there is something that a `*` can repeat.
  private var hasAtom = false
  /// Whether what stands before is a repetition already.
  private var isRepeated = false
  /// The character that the last escape stood for.
  private var code: UInt32?

  struct Fault: Error {
    let text: String
  }

  init(_ pattern: String) {
    scalars = Array(pattern.unicodeScalars)
    isBounded = !pattern.utf8.contains { "*+".utf8.contains($0) } && !pattern.contains(",}")
  }

  mutating func parse() throws(Fault) {
    while let next = scalar(at: position) {
      switch next {
      case "(": try openGroup()
      case ")":
        guard sizes.count > 1, let group = sizes.popLast() else {
          throw Fault(text: "a ) too many; put a \\ before it for the character")
        }
        atom(1, size: group.least)
      case "|":
        position += 1
        size.endBranch()
        (hasAtom, isRepeated) = (false, false)
      case "*", "?": try repetition(0, to: position + 1)
      case "+": try repetition(1, to: position + 1)
      case "{":
        if let count = try count() { try repetition(count.number, to: count.end) } else { atom(1) }
      case "[": try characterClass()
      case "\\": try escape()
      case "^", "$": atom(1, size: 0)
      default: atom(1)
      }
    }
    guard sizes.count == 1 else { throw Fault(text: "a ( that is not closed; put a \\ before it for the character") }
  }

  /// No program of the expression is smaller than this.
  var leastSize: Int { size.least }

  /// That of the innermost group.
  private var size: RegularExpressionSize {
    get { sizes.last ?? RegularExpressionSize() }
    set { if !sizes.isEmpty { sizes[sizes.count - 1] = newValue } }
  }

  private mutating func atom(_ length: Int, size: Int = 1) {
    self.size.add(size)
    position += length
    (hasAtom, isRepeated) = (true, false)
  }

  // MARK: Groups

  private mutating func openGroup() throws(Fault) {
    position += 1
    if scalar(at: position) == "?" {
      let start = position - 1
      position += 1
      if scalar(at: position) == "P", scalar(at: position + 1) == "<" {
        position += 2
        try groupName()
      } else if scalar(at: position) == "<", scalar(at: position + 1) != "=", scalar(at: position + 1) != "!" {
        position += 1
        try groupName()
      } else if try flags(from: start) {
        isRepeated = false
        return
      }
    }
    sizes.append(RegularExpressionSize())
    (hasAtom, isRepeated) = (false, false)
  }

  private mutating func groupName() throws(Fault) {
    let start = position
    while let next = scalar(at: position), next != ">" {
      guard next == "_" || next.properties.isAlphabetic || next.properties.numericType == .decimal else { break }
      position += 1
    }
    guard scalar(at: position) == ">", position > start else {
      throw Fault(text: "a group whose name is not of letters, digits and _, as in (?P<name>...)")
    }
    position += 1
  }

  /// Reads `i-s)` or `i:`.
  ///
  /// - Returns: whether the parenthesis is closed again.
  private mutating func flags(from start: Int) throws(Fault) -> Bool {
    var isNegated = false
    var hasFlag = false
    while let next = scalar(at: position) {
      position += 1
      switch next {
      case "i", "m", "s", "U": hasFlag = true
      case "-" where !isNegated: (isNegated, hasFlag) = (true, false)
      case ":", ")":
        if isNegated && !hasFlag { throw unknownGroup(from: start) }
        return next == ")"
      default: throw unknownGroup(from: start)
      }
    }
    throw unknownGroup(from: start)
  }

  private func unknownGroup(from start: Int) -> Fault {
    let written = text(start, min(position, start + 4))
    switch written.dropFirst(2).first {
    case "=", "!", "<": return Fault(text: "\(written), and RE2 does not look ahead or behind; leave it out")
    default: return Fault(text: "\(written), which RE2 does not know")
    }
  }

  // MARK: Repetitions

  private mutating func repetition(_ least: Int, to end: Int) throws(Fault) {
    let written = text(position, end)
    if isRepeated { throw Fault(text: "\(written) after another repetition; put parentheses around that") }
    guard hasAtom else {
      throw Fault(text: "\(written) with nothing to repeat; put a \\ before it for the character")
    }
    size.repeatLast(least)
    position = scalar(at: end) == "?" ? end + 1 : end
    isRepeated = true
  }

  /// A count like `{2,3}`; nil where the brace is a character like any other.
  ///
  /// - Returns: also how many copies RE2 makes at least: where nothing is without end, all that there can be.
  private func count() throws(Fault) -> (number: Int, end: Int)? {
    var end = position + 1
    guard let least = number(&end) else { return nil }
    var most = least
    if scalar(at: end) == "," {
      end += 1
      if scalar(at: end) != "}" {
        guard let number = number(&end) else { return nil }
        most = number
      }
    }
    guard scalar(at: end) == "}" else { return nil }
    guard least <= most, most <= 1000 else {
      throw Fault(text: "\(text(position, end + 1)), and a repetition is from 0 to 1000, the smaller number first")
    }
    return (isBounded ? most : least, end + 1)
  }

  private func number(_ position: inout Int) -> Int? {
    let start = position
    while let next = scalar(at: position), ("0"..."9").contains(next) { position += 1 }
    // A number that RE2 cannot hold makes the brace a character; nine digits are far over the bound anyway.
    return position - start > 9 ? nil : Int(text(start, position))
  }

  // MARK: Classes and escapes

  private mutating func characterClass() throws(Fault) {
    let sizeBefore = size
    position += 1
    if scalar(at: position) == "^" { position += 1 }
    var isFirst = true
    while let next = scalar(at: position), isFirst || next != "]" {
      isFirst = false
      if next == "[", scalar(at: position + 1) == ":", let end = endOfNamedClass() {
        let name = text(position + 2, end - 2)
        guard Self.namedClasses.contains(name.hasPrefix("^") ? String(name.dropFirst()) : name) else {
          throw Fault(
            text: "an unknown class [:\(name):]; known: \(Self.namedClasses.sorted().joined(separator: ", "))")
        }
        position = end
        continue
      }
      if next == "\\", let second = scalar(at: position + 1), "dDsSwWpP".unicodeScalars.contains(second) {
        try escape(isInClass: true)
        continue
      }
      let low = try characterOfClass()
      guard scalar(at: position) == "-", let after = scalar(at: position + 1), after != "]" else { continue }
      position += 1
      let start = position
      let high = try characterOfClass()
      if let low, let high, high < low {
        throw Fault(text: "a range up to \(text(start, position)) that begins after it; turn it round")
      }
    }
    guard scalar(at: position) == "]" else {
      throw Fault(text: "a [ that is not closed; put a \\ before it for the character")
    }
    size = sizeBefore
    atom(1)
  }

  private mutating func characterOfClass() throws(Fault) -> UInt32? {
    guard let next = scalar(at: position), next != "\\" else {
      try escape(isInClass: true, isRange: true)
      return code
    }
    position += 1
    return next.value
  }

  private func endOfNamedClass() -> Int? {
    var end = position + 2
    while let next = scalar(at: end), next != ":" { end += 1 }
    return scalar(at: end + 1) == "]" ? end + 2 : nil
  }

  private mutating func escape(isInClass: Bool = false, isRange: Bool = false) throws(Fault) {
    guard let letter = scalar(at: position + 1) else {
      throw Fault(text: "a \\ at its end, which escapes nothing")
    }
    switch letter {
    case "d", "D", "s", "S", "w", "W":
      if isRange { throw unknownEscape(letter) }
      atom(2)
    case "p", "P":
      if isRange { throw unknownEscape(letter) }
      try unicodeClass()
    case "A", "z", "b", "B", "C":
      if isInClass { throw unknownEscape(letter) }
      atom(2, size: 0)
    case "Q":
      if isInClass { throw unknownEscape(letter) }
      quotation()
    case "a", "f", "n", "r", "t", "v":
      code = Self.controls[letter]
      atom(2)
    case "x": try hexadecimal()
    case "1"..."7":
      guard let second = scalar(at: position + 2), ("0"..."7").contains(second) else {
        throw Fault(text: "\\\(letter), and RE2 cannot refer back to a group; leave it out")
      }
      octal()
    case "0": octal()
    case _ where letter.isASCII && !(letter.properties.isAlphabetic || ("0"..."9").contains(letter)):
      code = letter.value
      atom(2)
    default: throw unknownEscape(letter)
    }
  }

  private func unknownEscape(_ letter: Unicode.Scalar) -> Fault {
    Fault(text: "\\\(letter), which RE2 does not know there")
  }

  private mutating func octal() {
    var length = 2
    while length < 4, let next = scalar(at: position + length), ("0"..."7").contains(next) { length += 1 }
    code = UInt32(text(position + 1, position + length), radix: 8)
    atom(length)
  }

  private mutating func hexadecimal() throws(Fault) {
    func isDigit(_ scalar: Unicode.Scalar?) -> Bool { scalar?.properties.isASCIIHexDigit == true }
    if isDigit(scalar(at: position + 2)), isDigit(scalar(at: position + 3)) {
      code = UInt32(text(position + 2, position + 4), radix: 16)
      return atom(4)
    }
    var end = position + 3
    while isDigit(scalar(at: end)) { end += 1 }
    guard scalar(at: position + 2) == "{", scalar(at: end) == "}",
      let number = UInt32(text(position + 3, end), radix: 16), number <= 0x10FFFF
    else { throw Fault(text: "\\x without two digits; as in \\x41, or \\x{10FFFF}") }
    code = number
    atom(end + 1 - position)
  }

  private mutating func unicodeClass() throws(Fault) {
    guard scalar(at: position + 2) == "{" else {
      guard let letter = scalar(at: position + 2), "CLMNPSZ".unicodeScalars.contains(letter) else {
        throw Fault(text: "\\p without a class, as in \\p{Greek}")
      }
      return atom(3)
    }
    var end = position + 3
    while let next = scalar(at: end), next.properties.isAlphabetic || next == "_" || next == "^" { end += 1 }
    guard scalar(at: end) == "}", end > position + 3 else {
      throw Fault(text: "\\p{ without a class and a }, as in \\p{Greek}")
    }
    atom(end + 1 - position)
  }

  /// `\Qa+b\E`, or to the end.
  private mutating func quotation() {
    position += 2
    var isEmpty = true
    while let next = scalar(at: position) {
      if next == "\\", scalar(at: position + 1) == "E" {
        position += 2
        break
      }
      isEmpty = false
      position += 1
    }
    if !isEmpty { (hasAtom, isRepeated) = (true, false) }
  }

  private static let controls: [Unicode.Scalar: UInt32] = [
    "a": 0x07, "f": 0x0C, "n": 0x0A, "r": 0x0D, "t": 0x09, "v": 0x0B,
  ]

  private static let namedClasses: Set<String> = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
  ]

  private func scalar(at index: Int) -> Unicode.Scalar? {
    index >= 0 && index < scalars.count ? scalars[index] : nil
  }

  private func text(_ start: Int, _ end: Int) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars[max(0, start)..<max(start, min(end, scalars.count))])
    return String(text)
  }
}

/// How many steps a part of an expression takes at least. RE2 shares and leaves out steps where it can, so that what is
/// optional, and all but the longest of the branches, is not counted.
private struct RegularExpressionSize {
  /// More than anyone may use, and small enough to be multiplied.
  private static let maximum = 1 << 20

  private var branch = 0
  private var longestBranch = 0
  private var last = 0

  var least: Int { max(branch, longestBranch) }

  mutating func add(_ size: Int) {
    last = size
    branch = min(branch + size, Self.maximum)
  }

  mutating func repeatLast(_ count: Int) {
    branch -= min(last, branch)
    add(min(last * count, Self.maximum))
  }

  mutating func endBranch() {
    longestBranch = least
    (branch, last) = (0, 0)
  }
}
