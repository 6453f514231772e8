package import SwiftProtobuf

/// Durations in Go's form, as Kubernetes objects have them: `1h30m`, `500ms`.
package enum GoDuration {
  /// Reads a duration; nil if there was a fault in it.
  ///
  /// - Parameters:
  ///   - minimum: in milliseconds.
  ///   - example: what a sensible value looks like.
  package static func parse(
    _ text: String, at path: String, minimum: Int64 = 0, example: String, _ faults: inout [FieldFault]
  ) -> Google_Protobuf_Duration? {
    guard let milliseconds = milliseconds(text) else {
      faults.add(path, "\"\(text)\" is no duration; write numbers with the units h, m, s or ms, as \(example)")
      return nil
    }
    guard milliseconds >= minimum else {
      faults.add(path, "\(text) is too short; use at least \(minimum)ms, as \(example)")
      return nil
    }
    return .with {
      $0.seconds = milliseconds / 1000
      $0.nanos = Int32(milliseconds % 1000) * 1_000_000
    }
  }

  /// One to four numbers of at most five digits, each with its unit (Gateway API, GEP-2257).
  private static func milliseconds(_ text: String) -> Int64? {
    var rest = text.utf8[...]
    var total: Int64 = 0
    var parts = 0
    while !rest.isEmpty {
      let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      guard (1...5).contains(digits.count), let number = Int64(Substring(digits)) else { return nil }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      rest = rest.dropFirst(unit.count)
      guard let factor = factors[String(Substring(unit))] else { return nil }
      total += number * factor
      parts += 1
    }
    return (1...4).contains(parts) ? total : nil
  }

  private static let factors: [String: Int64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000]
}
