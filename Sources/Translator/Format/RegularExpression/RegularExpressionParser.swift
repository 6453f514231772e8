/// Reads a regular expression in RE2's syntax, with the switches that Envoy sets (those of Perl).
///
/// It keeps its own stack of open groups, so that no depth of them is a danger.
struct RegularExpressionParser {
  typealias Cost = RegularExpressionCost
  typealias Fault = RegularExpressionFault

  /// The alternatives between two parentheses, as far as they were read.
  private struct Alternatives {
    var cost = Cost(size: 0)
    var count = 1
    /// What a repetition operator would repeat; it is not in the cost yet.
    var last: Cost?
    /// The last character, if it is several bytes, of which an operator would repeat the last one only.
    var lastWideCharacter: Unicode.Scalar?

    mutating func append(_ part: Cost, wideCharacter: Unicode.Scalar? = nil) {
      if let last { cost.append(last) }
      last = part
      lastWideCharacter = wideCharacter
    }

    mutating func beginNext() {
      append(Cost(size: 0))
      last = nil
      count += 1
    }

    var whole: Cost {
      var whole = cost
      if let last { whole.append(last) }
      if count > 1 { whole.append(Cost(size: count)) }
      return whole
    }
  }

  private struct Group {
    let index: Int
    let isCapturing: Bool
    /// Those around the group, to go on with after it.
    let around: Alternatives
    /// The switch as it was before the group.
    let ignoredCase: Bool
  }

  let scalars: [Unicode.Scalar]
  let use: RegularExpressionUse
  var index = 0
  /// The switch `i`.
  var ignoresCase = false
  private var alternatives = Alternatives()
  private var groups: [Group] = []

  init(_ pattern: String, for use: RegularExpressionUse) {
    scalars = Array(pattern.unicodeScalars)
    self.use = use
  }

  /// Reads it all.
  ///
  /// - Returns: what the whole comes to.
  /// - Throws: for the first thing that is wrong.
  mutating func parse() throws(Fault) -> Cost {
    /// The operator right before, if one is.
    var operatorBefore: Int?
    while let scalar = peek() {
      let start = index
      let times = repetition()
      if let times {
        try apply(times, after: operatorBefore)
        operatorBefore = start
        continue
      }
      operatorBefore = nil
      switch scalar {
      case "(": try open()
      case ")": try close()
      case "|":
        index += 1
        alternatives.beginNext()
      case "[": alternatives.append(try characterClass())
      case "\\": try escape()
      case "^", "$": single(size: 1)
      case ".": single(size: everyCharacter.size)
      default: literal()
      }
    }
    if let group = groups.last {
      throw Fault(
        subject: "the (", index: group.index, complaint: "is not closed; add a ), or write \\( for the character itself"
      )
    }
    return alternatives.whole
  }

  // MARK: Looking

  /// The scalar at a distance from where the reading is.
  func peek(_ distance: Int = 0) -> Unicode.Scalar? {
    scalars.indices.contains(index + distance) ? scalars[index + distance] : nil
  }

  func text(_ range: Range<Int>) -> String {
    String(String.UnicodeScalarView(scalars[range.clamped(to: scalars.indices)]))
  }

  /// The place of a text at or after one.
  func firstIndex(of text: String, from start: Int) -> Int? {
    let wanted = Array(text.unicodeScalars)
    guard start + wanted.count <= scalars.count else { return nil }
    return (start...(scalars.count - wanted.count)).first {
      scalars[$0..<($0 + wanted.count)].elementsEqual(wanted)
    }
  }

  func fault(_ subject: String, at index: Int, _ complaint: String) -> Fault {
    Fault(subject: subject, index: index, complaint: complaint)
  }

  // MARK: Single parts

  private mutating func single(size: Int) {
    index += 1
    alternatives.append(Cost(size: size))
  }

  private mutating func literal() {
    guard let scalar = peek() else { return }
    index += 1
    guard use == .header, !scalar.isASCII else {
      return alternatives.append(Cost(size: use.size(of: scalar.value, ignoringCase: ignoresCase)))
    }
    let bytes = UTF8.width(scalar)
    alternatives.append(Cost(size: bytes * (ignoresCase ? 2 : 1)), wideCharacter: scalar)
  }

  private mutating func escape() throws(Fault) {
    switch peek(1) {
    case "b", "B", "A", "z":
      index += 2
      alternatives.append(Cost(size: 1))
    // Any byte.
    case "C":
      index += 2
      alternatives.append(Cost(size: 1))
    case "Q": quotation()
    default:
      if let group = try escapedClass() {
        alternatives.append(Cost(size: group.size))
      } else {
        let character = try escapedCharacter()
        alternatives.append(Cost(size: use.size(of: character, ignoringCase: ignoresCase)))
      }
    }
  }

  /// `\Q...\E`, or to the end of the text.
  private mutating func quotation() {
    index += 2
    while peek() != nil {
      if peek() == "\\", peek(1) == "E" {
        index += 2
        return
      }
      literal()
    }
  }

  // MARK: Repetitions

  private struct Repetition {
    let range: Range<Int>
    let minimum: Int
    let maximum: Int?
    let isCounted: Bool
  }

  /// Reads an operator of repetition, if one is here. Braces that do not read as one stand for themselves.
  private mutating func repetition() -> Repetition? {
    let start = index
    var times: (minimum: Int, maximum: Int?)
    var isCounted = false
    switch peek() {
    case "*": times = (0, nil)
    case "+": times = (1, nil)
    case "?": times = (0, 1)
    case "{":
      guard let counted = countedTimes() else {
        index = start
        return nil
      }
      times = counted
      isCounted = true
    default: return nil
    }
    if !isCounted { index += 1 }
    let end = index
    if peek() == "?" { index += 1 }
    return Repetition(range: start..<end, minimum: times.minimum, maximum: times.maximum, isCounted: isCounted)
  }

  private mutating func countedTimes() -> (minimum: Int, maximum: Int?)? {
    index += 1
    guard let minimum = number() else { return nil }
    var maximum: Int? = minimum
    if peek() == "," {
      index += 1
      if peek() == "}" {
        maximum = nil
      } else {
        guard let number = number() else { return nil }
        maximum = number
      }
    }
    guard peek() == "}" else { return nil }
    index += 1
    return (minimum, maximum)
  }

  /// As RE2 reads it: without leading zeros, and of nine digits at most.
  private mutating func number() -> Int? {
    let start = index
    while let scalar = peek(), ("0"..."9").contains(scalar) { index += 1 }
    guard (1...9).contains(index - start), index - start == 1 || scalars[start] != "0" else { return nil }
    return Int(text(start..<index))
  }

  private mutating func apply(_ times: Repetition, after operatorBefore: Int?) throws(Fault) {
    let written = text(times.range)
    let start = times.range.lowerBound
    let limit = Cost.maximumRepetitions
    if let operatorBefore {
      let both = text(operatorBefore..<times.range.upperBound)
      throw fault(
        "the \(both)", at: operatorBefore,
        "repeats what is repeated already; keep one of the two, or put the first with what it repeats into (?: )")
    }
    if let maximum = times.maximum, maximum < times.minimum {
      throw fault("the \(written)", at: start, "ends below its beginning; write the smaller number first")
    }
    guard times.minimum <= limit, times.maximum ?? 0 <= limit else {
      throw fault("the \(written)", at: start, "is more than RE2's limit of \(limit); repeat less")
    }
    guard let last = alternatives.last else {
      throw fault(
        "the \(written)", at: start,
        "has nothing before it to repeat; write .\(written) for any text, or \\\(written) for the character itself")
    }
    if let wide = alternatives.lastWideCharacter {
      throw fault(
        "the \(written)", at: start,
        "repeats the last byte of \(wide) only, since Envoy matches bytes; write (?:\(wide))\(written)")
    }
    let cost = last.repeated(times.minimum, times.maximum, isCounted: times.isCounted)
    let isPlural = times.minimum > 1 || times.maximum ?? 0 > 1
    guard !isPlural || cost.repetitions <= limit else {
      throw fault(
        "the \(written)", at: start,
        "repeats what is repeated in it, \(cost.repetitions) times in all; RE2's limit is \(limit), repeat less")
    }
    alternatives.last = cost
  }

  // MARK: Groups

  private mutating func close() throws(Fault) {
    guard let group = groups.popLast() else {
      throw fault("the )", at: index, "closes nothing; remove it, or write \\) for the character itself")
    }
    index += 1
    var cost = alternatives.whole
    if group.isCapturing { cost.append(Cost(size: 2)) }
    alternatives = group.around
    alternatives.append(cost)
    ignoresCase = group.ignoredCase
  }

  private mutating func begin(at start: Int, isCapturing: Bool, ignoredCase: Bool) {
    groups.append(
      Group(index: start, isCapturing: isCapturing, around: alternatives, ignoredCase: ignoredCase))
    alternatives = Alternatives()
  }

  private mutating func open() throws(Fault) {
    let start = index
    guard peek(1) == "?" else {
      index += 1
      return begin(at: start, isCapturing: true, ignoredCase: ignoresCase)
    }
    try refuseLookingAround()
    if peek(2) == "<" || (peek(2) == "P" && peek(3) == "<") {
      try name()
      return begin(at: start, isCapturing: true, ignoredCase: ignoresCase)
    }
    try switches()
  }

  private func refuseLookingAround() throws(Fault) {
    let isBehind = peek(2) == "<"
    let sign = peek(isBehind ? 3 : 2)
    guard sign == "=" || sign == "!" else { return }
    throw fault(
      "the \(text(index..<(index + (isBehind ? 4 : 3))))", at: index,
      "looks \(isBehind ? "behind" : "ahead"), which RE2 cannot; write what is to match, or \(use == .header ? "use a celFilter" : "combine several with && and !")"
    )
  }

  /// `(?<NAME>` or `(?P<NAME>`.
  private mutating func name() throws(Fault) {
    let start = index
    let first = start + (peek(2) == "P" ? 4 : 3)
    guard let end = firstIndex(of: ">", from: first) else {
      throw fault("the \(text(start..<first))", at: start, "has no > after the group's name; add it")
    }
    let name = text(first..<end)
    guard !name.isEmpty, scalars[first..<end].allSatisfy(\.isWordCharacter) else {
      throw fault(
        "the name \"\(name)\" of the group", at: start, "is none; use letters, digits and _, or leave it out: ( )")
    }
    index = end + 1
  }

  /// `(?i)`, `(?i-s:`, `(?:`.
  private mutating func switches() throws(Fault) {
    let start = index
    let ignoredCase = ignoresCase
    index += 2
    var isNegated = false
    var needsSwitch = false
    while let scalar = peek() {
      index += 1
      switch scalar {
      case "i", "m", "s", "U":
        needsSwitch = false
        if scalar == "i" { ignoresCase = !isNegated }
        continue
      case "-" where !isNegated:
        isNegated = true
        needsSwitch = true
        continue
      case ")" where !needsSwitch: return
      case ":" where !needsSwitch: return begin(at: start, isCapturing: false, ignoredCase: ignoredCase)
      default: break
      }
      break
    }
    throw fault(
      "the \(text(start..<index))", at: start,
      "is nothing that RE2 has; it has (?: ), the switches i, m, s and U as (?i) or (?i: ), and names as (?<name> )")
  }
}

extension Unicode.Scalar {
  /// An ASCII letter, a digit or `_`.
  var isWordCharacter: Bool {
    switch self {
    case "a"..."z", "A"..."Z", "0"..."9", "_": true
    default: false
    }
  }
}
