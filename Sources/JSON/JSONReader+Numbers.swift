extension JSONReader {
  /// Reads a whole number.
  ///
  /// `80.0` and `8e1` are whole too: an API server lets them through where a custom resource's schema says `integer`.
  package mutating func readInt() throws(JSONError) -> Int {
    Int(try readInteger(Int64.self))
  }

  /// Reads a whole number of 32 bits, as most of Kubernetes' counts and ports are.
  package mutating func readInt32() throws(JSONError) -> Int32 {
    try readInteger(Int32.self)
  }

  /// Reads any number; one that is too large for a double is an error.
  package mutating func readDouble() throws(JSONError) -> Double {
    let token = try readNumberToken()
    return try double(token.range)
  }

  /// A whole number where it has neither fraction nor exponent and fits in 64 bits, otherwise a double: the API
  /// server's own rule.
  mutating func readNumber() throws(JSONError) -> JSONValue {
    let token = try readNumberToken()
    if token.isInteger, let integer = integer(token.range) { return .integer(integer) }
    return .number(try double(token.range))
  }

  private mutating func readInteger<Integer: FixedWidthInteger>(_ type: Integer.Type) throws(JSONError) -> Integer {
    let (range, isInteger) = try readNumberToken()
    if isInteger {
      guard let value = integer(range).flatMap(Integer.init(exactly:)) else { throw overflow(range, type) }
      return value
    }
    let value = try double(range)
    guard value == value.rounded() else {
      throw JSONError(offset: range.lowerBound, message: "expected a whole number, found \(excerpt(range))")
    }
    guard let value = Integer(exactly: value) else { throw overflow(range, type) }
    return value
  }

  private mutating func readNumberToken() throws(JSONError) -> (range: Range<Int>, isInteger: Bool) {
    guard try peekKind() == .number else { throw mismatch(.number) }
    let start = position
    let (end, isInteger) = try bytes.span.endOfNumber(from: start)
    advance(to: end)
    return (start..<end, isInteger)
  }

  /// The value of digits with an optional minus; nil where it does not fit.
  private func integer(_ range: Range<Int>) -> Int64? {
    let source = bytes.span
    let isNegative = source[range.lowerBound] == UInt8(ascii: "-")
    var value: Int64 = 0
    for index in (isNegative ? range.lowerBound + 1 : range.lowerBound)..<range.upperBound {
      let digit = Int64(source[index] &- UInt8(ascii: "0"))
      let (product, productOverflows) = value.multipliedReportingOverflow(by: 10)
      // Downwards for negative numbers: the least Int64 has no positive counterpart.
      let (next, overflows) =
        isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
      if productOverflows || overflows { return nil }
      value = next
    }
    return value
  }

  private func double(_ range: Range<Int>) throws(JSONError) -> Double {
    guard let value = Double(String(decoding: slice(range), as: UTF8.self)), value.isFinite else {
      throw JSONError(offset: range.lowerBound, message: "the number \(excerpt(range)) is too large")
    }
    return value
  }

  private func overflow(_ range: Range<Int>, _ type: (some FixedWidthInteger).Type) -> JSONError {
    JSONError(
      offset: range.lowerBound, message: "the number \(excerpt(range)) does not fit in \(type.bitWidth) bits")
  }

  /// A number as it stands in the document, cut if it is absurdly long.
  private func excerpt(_ range: Range<Int>) -> String {
    let limit = 40
    let text = String(decoding: slice(range.prefix(limit)), as: UTF8.self)
    return range.count > limit ? text + "…" : text
  }
}
