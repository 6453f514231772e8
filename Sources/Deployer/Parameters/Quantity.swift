/// A Kubernetes quantity: an amount of a resource, such as `500m` of a processor or `1Gi` of memory.
///
/// The API server stores each in one canonical form, whatever was sent, so that is what is sent: else an object would
/// never be as it is wanted (apimachinery, "Quantity").
struct Quantity: Hashable, Sendable, Comparable {
  /// In billionths; finer amounts are rounded up, as in Kubernetes.
  private let nanos: Int128
  private let form: Form

  /// How the canonical form is written; it stays as it was in the text.
  private enum Form {
    case decimal
    case binary
    case exponent
  }

  private static let billion: Int128 = 1_000_000_000
  private static let maximum = Int128(Int64.max) * billion

  /// Reads a quantity; nil for anything else, and for negative ones, which no resource can have.
  init?(_ text: String) {
    var rest = text.utf8[...]
    if rest.first == UInt8(ascii: "+") { rest.removeFirst() }
    let whole = Self.digits(&rest)
    var fraction: Substring.UTF8View = "".utf8[...]
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      fraction = Self.digits(&rest)
    }
    // The largest amount has 28 digits in billionths, which is how a canonical form may have it.
    guard whole.count + fraction.count > 0, whole.count <= 28, fraction.count <= 18, whole.count + fraction.count <= 37
    else { return nil }
    guard let suffix = Self.suffix(String(Substring(rest))),
      let mantissa = Int128(String(Substring(whole) + Substring(fraction)))
    else { return nil }
    var value = mantissa
    var scale = 9 - fraction.count
    switch suffix {
    case .binary(let power):
      for _ in 0..<power {
        guard value <= Self.maximum << 16 else { return nil }
        value *= 1024
      }
    case .decimal(let exponent), .exponent(let exponent):
      scale += exponent
    }
    while scale > 0 {
      guard value <= Self.maximum << 16 else { return nil }
      value *= 10
      scale -= 1
    }
    var isRounded = false
    while scale < 0 {
      if value % 10 != 0 { isRounded = true }
      value /= 10
      scale += 1
    }
    if isRounded { value += 1 }
    guard value <= Self.maximum else { return nil }
    nanos = value
    form =
      switch suffix {
      case .binary: .binary
      case .decimal: .decimal
      case .exponent: .exponent
      }
  }

  static func < (left: Self, right: Self) -> Bool { left.nanos < right.nanos }

  /// The whole amount, rounded up: bytes of memory, or processors.
  var roundedUp: Int64 { Int64(clamping: (nanos + Self.billion - 1) / Self.billion) }

  /// The canonical form: no fraction, and the largest suffix with which there is none.
  var canonical: String {
    if nanos == 0 { return "0" }
    let isWhole = nanos % Self.billion == 0
    if form == .binary, isWhole, nanos >= 1024 * Self.billion { return binaryText }
    var value = nanos
    var exponent = -9
    while value % 1000 == 0, exponent < 18 {
      value /= 1000
      exponent += 3
    }
    if form == .exponent { return exponent == 0 ? "\(value)" : "\(value)e\(exponent)" }
    return "\(value)\(Self.decimalSuffixes[exponent] ?? "")"
  }

  private var binaryText: String {
    var value = nanos / Self.billion
    var power = 0
    while value % 1024 == 0, power < Self.binarySuffixes.count {
      value /= 1024
      power += 1
    }
    return power == 0 ? "\(value)" : "\(value)\(Self.binarySuffixes[power - 1])"
  }

  private enum Suffix {
    case binary(Int)
    case decimal(Int)
    case exponent(Int)
  }

  private static let binarySuffixes = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
  private static let decimalSuffixes = [
    -9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E",
  ]

  private static func suffix(_ text: String) -> Suffix? {
    if let power = binarySuffixes.firstIndex(of: text) { return .binary(power + 1) }
    if let exponent = decimalSuffixes.first(where: { $0.value == text })?.key { return .decimal(exponent) }
    guard let mark = text.first, mark == "e" || mark == "E", let exponent = Int(text.dropFirst()),
      (-9...18).contains(exponent)
    else { return nil }
    return .exponent(exponent)
  }

  private static func digits(_ rest: inout Substring.UTF8View) -> Substring.UTF8View {
    let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    rest = rest.dropFirst(digits.count)
    return digits
  }
}
