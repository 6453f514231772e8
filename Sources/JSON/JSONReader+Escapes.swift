extension JSONReader {
  /// The text of a string, which the scanner has passed already, with its escapes resolved.
  func unescaped(_ range: Range<Int>) -> [UInt8] {
    let source = bytes.span
    var text: [UInt8] = []
    text.reserveCapacity(range.count)
    var index = range.lowerBound
    while index < range.upperBound {
      guard source[index] == UInt8(ascii: "\\"), index + 1 < range.upperBound else {
        text.append(source[index])
        index += 1
        continue
      }
      let escape = source[index + 1]
      index += 2
      switch escape {
      case UInt8(ascii: "b"): text.append(0x08)
      case UInt8(ascii: "f"): text.append(0x0C)
      case UInt8(ascii: "n"): text.append(0x0A)
      case UInt8(ascii: "r"): text.append(0x0D)
      case UInt8(ascii: "t"): text.append(0x09)
      case UInt8(ascii: "u"): text.append(contentsOf: scalar(at: &index).utf8)
      default: text.append(escape)
      }
    }
    return text
  }

  /// The scalar of a `\u` escape, or of two that are a surrogate pair; the index stands after the `u`.
  private func scalar(at index: inout Int) -> Unicode.Scalar {
    let replacement: Unicode.Scalar = "\u{FFFD}"
    let source = bytes.span
    guard let unit = source.codeUnit(at: index) else { return replacement }
    index += 4
    guard UTF16.isLeadSurrogate(unit) else { return Unicode.Scalar(unit) ?? replacement }
    guard source.byte(at: index) == UInt8(ascii: "\\"), source.byte(at: index + 1) == UInt8(ascii: "u"),
      let trail = source.codeUnit(at: index + 2), UTF16.isTrailSurrogate(trail)
    else { return replacement }
    index += 6
    let value = 0x10000 + (UInt32(unit) & 0x3FF) << 10 + UInt32(trail) & 0x3FF
    return Unicode.Scalar(value) ?? replacement
  }
}
