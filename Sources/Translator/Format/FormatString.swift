/// A format string of Envoy (access logs, header values), taken apart: `"%REQ(:METHOD)% took %DURATION% ms"`.
///
/// The grammar is that of Envoy 1.40's parser, tried on the real one: an operator is
/// `%NAME%`, `%NAME(ARGUMENT)%` or `%NAME(ARGUMENT):LENGTH%`; the argument ends at the first `)` that is followed by `%`
/// or by `:DIGITS%`, so it may itself have parentheses and percent signs, but no line break; `%%` is a percent sign.
package struct FormatString: Hashable, Sendable {
  package enum Segment: Hashable, Sendable {
    /// Text that stands as it is; `%%` is already one percent sign here.
    case literal(String)
    case operation(Operation)
  }

  /// One operator with what it was given.
  package struct Operation: Hashable, Sendable {
    /// `REQ`, without percent signs.
    package var name: String
    /// What stands between the parentheses. Nil where there is none, or nothing between them.
    package var argument: String?
    /// The number of bytes after which the value is cut off.
    package var length: UInt64?

    package init(name: String, argument: String? = nil, length: UInt64? = nil) {
      self.name = name
      self.argument = argument
      self.length = length
    }
  }

  package var segments: [Segment]

  /// Whether any of it depends on the request.
  package var hasOperations: Bool {
    segments.contains { if case .operation = $0 { true } else { false } }
  }

  /// Parses a format string, and checks every operator against the list of Envoy 1.40.
  package init(parsing text: String) throws(FormatStringError) {
    var parser = FormatStringParser(text)
    segments = try parser.parse()
  }
}

/// Why a string is no format string.
package struct FormatStringError: Error, Hashable, CustomStringConvertible {
  /// The place of the percent sign at which the fault begins, in characters from 0.
  package let position: Int
  /// What is wrong, the place, and what to write instead.
  package let description: String
}

private struct FormatStringParser {
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) {
    bytes = Array(text.utf8)
  }

  mutating func parse() throws(FormatStringError) -> [FormatString.Segment] {
    var segments: [FormatString.Segment] = []
    var literal: [UInt8] = []
    while position < bytes.count {
      guard bytes[position] == .percent else {
        literal.append(bytes[position])
        position += 1
        continue
      }
      if byte(at: position + 1) == .percent {
        literal.append(.percent)
        position += 2
        continue
      }
      if !literal.isEmpty {
        segments.append(.literal(String(decoding: literal, as: UTF8.self)))
        literal.removeAll(keepingCapacity: true)
      }
      segments.append(.operation(try parseOperation()))
    }
    if !literal.isEmpty { segments.append(.literal(String(decoding: literal, as: UTF8.self))) }
    return segments
  }

  /// Reads from a percent sign that begins an operator to the end of it.
  private mutating func parseOperation() throws(FormatStringError) -> FormatString.Operation {
    let start = position
    var end = start + 1
    while let next = byte(at: end), next.isInOperatorName { end += 1 }
    let name = string(start + 1, end)
    guard !name.isEmpty else {
      throw error(at: start) { "the % \($0) begins no operator; write %% for a literal percent sign" }
    }
    var operation = FormatString.Operation(name: name)
    if byte(at: end) == .openParenthesis {
      let argumentStart = end + 1
      guard let (argumentEnd, afterArgument) = endOfArgument(from: argumentStart) else {
        throw error(at: start) {
          "the operator %\(name)( \($0) is not closed; its argument ends with )% (or with ):LENGTH%) on the same line"
        }
      }
      if argumentEnd > argumentStart { operation.argument = string(argumentStart, argumentEnd) }
      end = afterArgument
    }
    if byte(at: end) == .colon {
      let digits = end + 1
      end = digits
      while let next = byte(at: end), next.isDigit { end += 1 }
      guard let length = UInt64(string(digits, end)) else {
        throw error(at: start) {
          "the length of the operator %\(name)% \($0) is not a number of characters, as in %REQ(:PATH):80%"
        }
      }
      operation.length = length
    }
    guard byte(at: end) == .percent else { throw unclosed(operation, from: start) }
    position = end + 1
    do throws(OperatorFault) {
      try FormatOperator.check(operation)
    } catch {
      throw self.error(at: start) { error.message(name, $0) }
    }
    return operation
  }

  /// Where an argument ends, and where the text goes on after its parenthesis.
  private func endOfArgument(from start: Int) -> (end: Int, next: Int)? {
    var index = start
    while let next = byte(at: index), next != .lineFeed {
      if next == .closeParenthesis {
        var after = index + 1
        if byte(at: after) == .percent { return (index, after) }
        if byte(at: after) == .colon {
          after += 1
          let digits = after
          while let digit = byte(at: after), digit.isDigit { after += 1 }
          if after > digits, byte(at: after) == .percent { return (index, index + 1) }
        }
      }
      index += 1
    }
    return nil
  }

  private func unclosed(_ operation: FormatString.Operation, from start: Int) -> FormatStringError {
    let looksLikeText = operation.argument == nil && FormatOperator.all[operation.name] == nil
    return error(at: start) {
      looksLikeText
        ? "unbalanced % \($0): %\(operation.name) is not closed by another %; write %% for a literal percent sign"
        : "the operator %\(operation.name) \($0) is not closed by a %; write %% for a literal percent sign"
    }
  }

  private func error(at offset: Int, _ message: (_ place: String) -> String) -> FormatStringError {
    let position = String(decoding: bytes[..<offset], as: UTF8.self).count
    return FormatStringError(position: position, description: message("at position \(position)"))
  }

  private func byte(at index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

  private func string(_ start: Int, _ end: Int) -> String { String(decoding: bytes[start..<end], as: UTF8.self) }
}

extension UInt8 {
  fileprivate static let percent = UInt8(ascii: "%")
  fileprivate static let openParenthesis = UInt8(ascii: "(")
  fileprivate static let closeParenthesis = UInt8(ascii: ")")
  fileprivate static let colon = UInt8(ascii: ":")
  fileprivate static let lineFeed = UInt8(ascii: "\n")

  fileprivate var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

  /// Small letters are no part of an operator's name; taken along so that `%req(x)%` is named whole in the error.
  fileprivate var isInOperatorName: Bool {
    isDigit || self == UInt8(ascii: "_") || (self | 0x20 >= UInt8(ascii: "a") && self | 0x20 <= UInt8(ascii: "z"))
  }
}
