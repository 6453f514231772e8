import NIOCore

/// The value of the header `grpc-timeout`: at most eight digits and a unit.
enum GRPCTimeout {
  /// Longer waits than this are as good as none, and stay clear of what 64 bits of nanoseconds hold.
  static let longest = TimeAmount.hours(24 * 365)

  /// The time that a value stands for; `nil` if it is not well-formed.
  static func parse(_ value: String) -> TimeAmount? {
    let digits = value.utf8.dropLast()
    guard
      (1...8).contains(digits.count),
      digits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
      let count = Int64(value.dropLast()),
      let unit = value.utf8.last.flatMap(unit(of:))
    else { return nil }
    let (nanoseconds, overflow) = unit.nanoseconds.multipliedReportingOverflow(by: count)
    return overflow ? longest : min(.nanoseconds(nanoseconds), longest)
  }

  private static func unit(of letter: UInt8) -> TimeAmount? {
    switch letter {
    case UInt8(ascii: "H"): .hours(1)
    case UInt8(ascii: "M"): .minutes(1)
    case UInt8(ascii: "S"): .seconds(1)
    case UInt8(ascii: "m"): .milliseconds(1)
    case UInt8(ascii: "u"): .microseconds(1)
    case UInt8(ascii: "n"): .nanoseconds(1)
    default: nil
    }
  }
}
