extension YAMLScalar {
  /// The text of a scalar that is a key: JSON has no other keys than strings. Nil for null.
  func keyText(_ text: String) -> String? {
    switch self {
    case .null: nil
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .unsigned(let value): String(value)
    case .float(let value): Self.keyText(of: Float(value))
    case .string: text
    }
  }

  /// Fractions have single precision in keys, and the notation of C's `%g`: so sigs.k8s.io/yaml writes them.
  private static func keyText(of value: Float) -> String {
    if value.isNaN { return ".nan" }
    if value.isInfinite { return value < 0 ? "-.inf" : ".inf" }
    let (digits, exponent) = shortestDigits(of: value.magnitude)
    let sign = value.sign == .minus ? "-" : ""
    if exponent < -4 || exponent >= 6 {
      let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
      let power = String(exponent.magnitude)
      return sign + digits.prefix(1) + fraction + (exponent < 0 ? "e-" : "e+") + (power.count < 2 ? "0" : "") + power
    }
    if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
    let whole = digits.prefix(exponent + 1)
    let padding = String(repeating: "0", count: exponent + 1 - whole.count)
    let fraction = digits.dropFirst(exponent + 1)
    return sign + whole + padding + (fraction.isEmpty ? "" : "." + fraction)
  }

  /// The fewest digits that name the number, and the power of ten of the first one.
  private static func shortestDigits(of value: Float) -> (digits: String, exponent: Int) {
    let parts = value.description.split(separator: "e")
    let power = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let number = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let whole = number[0]
    let all = whole + (number.count > 1 ? number[1] : "")
    let leadingZeros = all.prefix { $0 == "0" }.count
    var digits = String(all.dropFirst(leadingZeros))
    while digits.hasSuffix("0") { digits.removeLast() }
    guard !digits.isEmpty else { return ("0", 0) }
    return (digits, power + whole.count - 1 - leadingZeros)
  }
}
