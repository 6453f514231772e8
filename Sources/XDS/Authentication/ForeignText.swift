/// Text of a client before it is logged: of one line, and not longer than its use.
enum ForeignText {
  private static let limit = 256

  /// At most 256 bytes of it, with its control characters, which a terminal could obey, as question marks.
  static func line(_ text: String) -> String {
    var line = String.UnicodeScalarView()
    var length = 0
    for scalar in text.unicodeScalars {
      length += UTF8.width(scalar)
      guard length <= limit else { break }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: line.append("?")
      default: line.append(scalar)
      }
    }
    return String(line)
  }
}
