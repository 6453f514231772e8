import FoundationEssentials

/// RFC 3339 times, brought to the one form in which an API server writes them.
enum Timestamp {
  /// A time in UTC to the second (`2026-11-23T09:01:45Z`), so that times compare as text; nil for what is no RFC 3339
  /// time of the years 0000 to 9999.
  static func normalized(_ text: String) -> String? {
    isNormal(text.utf8.span) ? text : normalizedByCalendar(text.uppercased())
  }

  /// Whether the text is in the form of API servers, and a time that exists. All times of a server are, and there is one
  /// in each object, so that nothing but this may be done for them: what other forms need takes a hundred times as long.
  private static func isNormal(_ bytes: Span<UInt8>) -> Bool {
    guard bytes.count == 20, let year = number(bytes, 0..<4), bytes[4] == UInt8(ascii: "-"),
      let month = number(bytes, 5..<7), bytes[7] == UInt8(ascii: "-"),
      let day = number(bytes, 8..<10), bytes[10] == UInt8(ascii: "T"),
      let hour = number(bytes, 11..<13), bytes[13] == UInt8(ascii: ":"),
      let minute = number(bytes, 14..<16), bytes[16] == UInt8(ascii: ":"),
      let second = number(bytes, 17..<19), bytes[19] == UInt8(ascii: "Z")
    else { return false }
    return (1...12).contains(month) && (1...days(in: month, of: year)).contains(day) && hour < 24 && minute < 60
      && second < 60
  }

  /// How many days a month of the Gregorian calendar has.
  private static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  private static func number(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
    var value = 0
    for index in range {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) else { return nil }
      value = value * 10 + Int(bytes[index] - UInt8(ascii: "0"))
    }
    return value
  }

  private static func normalizedByCalendar(_ text: String) -> String? {
    let rfc3339 = /(?<local>.{19})(?:\.[0-9]+)?(?<zone>Z|[+-][0-9]{2}:[0-5][0-9])/
    guard let parts = text.wholeMatch(of: rfc3339) else { return nil }
    // Foundation takes February 30 for March 2, so a time that exists is one that comes back as it was.
    let local = "\(parts.local)Z"
    guard formatted(local) == local, let normal = formatted("\(parts.local)\(parts.zone)") else { return nil }
    // The offset can lead into the year before 0000 or after 9999.
    return normal.utf8.count == local.utf8.count ? normal : nil
  }

  private static func formatted(_ text: String) -> String? {
    (try? Date(text, strategy: .iso8601))?.formatted(.iso8601)
  }
}
