/// Classes in brackets, and what a backslash can stand for.
extension RegularExpressionParser {
  /// `[a-z]`, `[^[:digit:]_]`.
  mutating func characterClass() throws(Fault) -> Cost {
    let start = index
    index += 1
    var characters = RegularExpressionClass(for: use)
    let isInverted = peek() == "^"
    if isInverted { index += 1 }
    // The first ] of a class stands for itself.
    var isFirst = true
    while let scalar = peek(), scalar != "]" || isFirst {
      isFirst = false
      if let named = try posixClass() {
        characters.insert(named)
      } else if scalar == "\\", let escaped = try escapedClass() {
        characters.insert(escaped)
      } else {
        characters.insert(try range(inClassAt: start), ignoringCase: ignoresCase)
      }
    }
    guard peek() == "]" else { throw unclosed(at: start) }
    index += 1
    if isInverted { characters.invert() }
    return Cost(size: characters.size)
  }

  private func unclosed(at start: Int) -> Fault {
    fault("the [", at: start, "is not closed; add a ], or write \\[ for the character itself")
  }

  /// `[:alpha:]` within a class.
  private mutating func posixClass() throws(Fault) -> RegularExpressionClass? {
    // Wherever the :] is, even after the class's own end, as RE2 looks for it.
    guard peek() == "[", peek(1) == ":", let end = firstIndex(of: ":]", from: index + 2) else { return nil }
    let name = text((index + 2)..<end)
    guard let named = RegularExpressionClass(posix: name, for: use, ignoringCase: ignoresCase) else {
      let known = RegularExpressionClass.names
      let question = nearestName(to: name.lowercased(), among: known).map { "did you mean [:\($0):]? " } ?? ""
      throw fault(
        "[:\(name):]", at: index, "is no class; \(question)known: \(known.joined(separator: ", "))")
    }
    index = end + 2
    return named
  }

  /// One character of a class, or a range of them.
  private mutating func range(inClassAt start: Int) throws(Fault) -> ClosedRange<UInt32> {
    let first = index
    let low = try character(inClassAt: start)
    // A - before the ] stands for itself.
    guard peek() == "-", let next = peek(1), next != "]" else { return low...low }
    index += 1
    let high = try character(inClassAt: start)
    guard low <= high else {
      throw fault(
        "the range \(text(first..<index))", at: first,
        "ends before it begins; exchange its two ends, or write \\- for the character itself")
    }
    return low...high
  }

  private mutating func character(inClassAt start: Int) throws(Fault) -> UInt32 {
    guard let scalar = peek() else { throw unclosed(at: start) }
    if scalar == "\\" {
      let isClass =
        peek(1).map {
          RegularExpressionClass(perl: $0, for: use, ignoringCase: false) != nil || "pP".unicodeScalars.contains($0)
        } ?? false
      guard !isClass else {
        throw fault(text(index..<(index + 2)), at: index, "is a class and cannot end a range; write \\- before it")
      }
      return try escapedCharacter()
    }
    guard scalar.isASCII || use != .header else {
      throw fault(
        "the \(scalar)", at: index,
        "in [ ] stands for its single bytes, since Envoy matches bytes; write the alternatives out, as (?:a|\(scalar))")
    }
    index += 1
    return scalar.value
  }

  // MARK: Escapes

  /// `\d`, `\pL`, `\p{Lu}`; nil if something else is here.
  mutating func escapedClass() throws(Fault) -> RegularExpressionClass? {
    guard peek() == "\\", let letter = peek(1) else { return nil }
    if let known = RegularExpressionClass(perl: letter, for: use, ignoringCase: ignoresCase) {
      index += 2
      return known
    }
    guard letter == "p" || letter == "P" else { return nil }
    let start = index
    let name: String
    if peek(2) == "{" {
      guard let end = firstIndex(of: "}", from: start + 3) else {
        throw fault("the \(text(start..<(start + 3)))", at: start, "is not closed; add a }")
      }
      name = text((start + 3)..<end)
      index = end + 1
    } else {
      name = text((start + 2)..<(start + 3))
      index = min(start + 3, scalars.count)
    }
    guard use == .header else {
      throw fault(
        text(start..<index), at: start,
        "is a class of Unicode, and too large for Envoy here; write a part of it, as [a-zA-Z]")
    }
    guard RegularExpressionClass.unicodeNames.contains(name.hasPrefix("^") ? String(name.dropFirst()) : name) else {
      throw fault(
        text(start..<index), at: start,
        "is no category of Latin-1, whose characters Envoy's bytes are; use one as \\pL, \\p{Lu} or \\p{Latin}")
    }
    var characters = RegularExpressionClass(for: use)
    characters.insertCategory()
    return characters
  }

  /// Every character but the line feed.
  var everyCharacter: RegularExpressionClass {
    var characters = RegularExpressionClass(for: use)
    characters.insert(0x0A...0x0A)
    characters.invert()
    return characters
  }

  /// An escape that stands for one character, which to a header's match is a byte.
  mutating func escapedCharacter() throws(Fault) -> UInt32 {
    let start = index
    guard let letter = peek(1) else {
      throw fault("the \\", at: start, "escapes nothing; write \\\\ for the character itself")
    }
    index += 2
    switch letter {
    case "a": return 0x07
    case "t": return 0x09
    case "n": return 0x0A
    case "v": return 0x0B
    case "f": return 0x0C
    case "r": return 0x0D
    case "x": return try hexadecimal(from: start)
    case "0"..."7": return try octal(from: start)
    case "8", "9": throw backReference(from: start)
    default: break
    }
    guard letter.isASCII, !letter.isWordCharacter || letter == "_" else {
      let question = letter == "Z" ? "write \\z for the end" : "write \(letter) for the character itself"
      throw fault("\\\(letter)", at: start, "means nothing here; \(question)")
    }
    return letter.value
  }

  private func backReference(from start: Int) -> Fault {
    fault(
      text(start..<(start + 2)), at: start,
      "refers back to a group, which RE2 cannot; write out what is to come again")
  }

  /// `\0`, `\12`, `\012`.
  private mutating func octal(from start: Int) throws(Fault) -> UInt32 {
    index = start + 1
    while index < start + 4, let digit = peek(), ("0"..."7").contains(digit) { index += 1 }
    guard scalars[start + 1] == "0" || index > start + 2 else { throw backReference(from: start) }
    guard let value = UInt32(text((start + 1)..<index), radix: 8), value <= use.largestCharacter else {
      throw tooLarge(text(start..<index), at: start)
    }
    return value
  }

  /// `\x41`, `\x{41}`.
  private mutating func hexadecimal(from start: Int) throws(Fault) -> UInt32 {
    let isBraced = peek() == "{"
    if isBraced { index += 1 }
    let first = index
    while let digit = peek(), digit.properties.isASCIIHexDigit, isBraced || index < first + 2 { index += 1 }
    let digits = text(first..<index)
    let isWhole = isBraced ? !digits.isEmpty && peek() == "}" : digits.count == 2
    guard isWhole else {
      throw fault(text(start..<index), at: start, "is no number; write two hexadecimal digits, as \\x41 or \\x{41}")
    }
    if isBraced { index += 1 }
    guard let value = UInt32(digits, radix: 16), value <= use.largestCharacter else {
      throw tooLarge(text(start..<index), at: start)
    }
    return value
  }

  private func tooLarge(_ escape: String, at start: Int) -> Fault {
    fault(
      escape, at: start,
      use == .header
        ? "is more than a byte, and Envoy matches bytes; write the character itself"
        : "is more than the last character, \\x{10FFFF}")
  }
}
