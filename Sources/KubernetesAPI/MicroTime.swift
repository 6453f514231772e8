package import FoundationEssentials

/// The times of Events and Leases: RFC 3339 with microseconds (`MicroTime` of the Kubernetes API).
package enum MicroTime {
  /// A time as text, in UTC.
  package static func text(of date: Date) -> String {
    let micros = Int64((date.timeIntervalSince1970 * 1_000_000).rounded(.down))
    // Also before 1970, where a clock may be that was never set.
    let part = (micros % 1_000_000 + 1_000_000) % 1_000_000
    let seconds = Date(timeIntervalSince1970: Double((micros - part) / 1_000_000)).formatted(.iso8601)
    let fraction = String(part)
    return seconds.dropLast() + "." + String(repeating: "0", count: 6 - fraction.count) + fraction + "Z"
  }
}
