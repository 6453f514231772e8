/// RFC 3339 times, brought to the one form in which an API server writes them.
enum Timestamp {
  /// A time in UTC to the second (`2026-11-23T09:01:45Z`), so that times compare as text; nil for what is no RFC 3339
  /// time of the years 0000 to 9999.
  static func normalized(_ text: String) -> String? {
    let bytes = text.utf8.span
    guard let time = parse(bytes) else { return nil }
    // API servers write nothing else.
    if bytes.count == 20, bytes[10] == UInt8(ascii: "T"), bytes[19] == UInt8(ascii: "Z") { return text }
    return format(time)
  }

  /// Seconds since 0000-03-01T00:00:00Z in the proleptic Gregorian calendar.
  private static func parse(_ bytes: Span<UInt8>) -> Int? {
    guard bytes.count >= 20,
      let year = number(bytes, 0..<4), bytes[4] == UInt8(ascii: "-"),
      let month = number(bytes, 5..<7), bytes[7] == UInt8(ascii: "-"),
      let day = number(bytes, 8..<10), bytes[10] | 0x20 == UInt8(ascii: "t"),
      let hour = number(bytes, 11..<13), bytes[13] == UInt8(ascii: ":"),
      let minute = number(bytes, 14..<16), bytes[16] == UInt8(ascii: ":"),
      let second = number(bytes, 17..<19),
      (1...12).contains(month), (1...daysIn(month: month, year: year)).contains(day),
      hour < 24, minute < 60, second <= 60, let offset = offset(bytes, from: 19)
    else { return nil }
    return days(year: year, month: month, day: day) * 86400 + hour * 3600 + minute * 60 + second - offset
  }

  /// The offset from UTC in seconds, which stands at the end after an optional fraction of the second.
  private static func offset(_ bytes: Span<UInt8>, from index: Int) -> Int? {
    var index = index
    if bytes[index] == UInt8(ascii: ".") {
      index += 1
      let first = index
      while index < bytes.count, isDigit(bytes[index]) { index += 1 }
      guard index > first, index < bytes.count else { return nil }
    }
    if bytes[index] | 0x20 == UInt8(ascii: "z") { return index + 1 == bytes.count ? 0 : nil }
    guard bytes.count == index + 6, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-"),
      let hours = number(bytes, index + 1..<index + 3), bytes[index + 3] == UInt8(ascii: ":"),
      let minutes = number(bytes, index + 4..<index + 6), hours < 24, minutes < 60
    else { return nil }
    let offset = hours * 3600 + minutes * 60
    return bytes[index] == UInt8(ascii: "-") ? -offset : offset
  }

  private static func number(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
    var value = 0
    for index in range {
      guard isDigit(bytes[index]) else { return nil }
      value = value * 10 + Int(bytes[index] - UInt8(ascii: "0"))
    }
    return value
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  // MARK: The calendar

  private static func daysIn(month: Int, year: Int) -> Int {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return switch month {
    case 2: isLeap ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days since 0000-03-01. A year is counted from March, so that the leap day is its last.
  private static func days(year: Int, month: Int, day: Int) -> Int {
    let year = month > 2 ? year : year - 1
    let monthFromMarch = (month + 9) % 12
    // Negative only for January and February of the year 0.
    let leapDays = (year >= 0 ? year / 4 - year / 100 + year / 400 : -1)
    return year * 365 + leapDays + (monthFromMarch * 153 + 2) / 5 + day - 1
  }

  private static func format(_ time: Int) -> String? {
    guard time >= 0 else { return nil }
    let (day, second) = time.quotientAndRemainder(dividingBy: 86400)
    var year = day / 365
    while days(year: year, month: 3, day: 1) > day { year -= 1 }
    let dayOfYear = day - days(year: year, month: 3, day: 1)
    let monthFromMarch = (dayOfYear * 5 + 2) / 153
    let dayOfMonth = dayOfYear - (monthFromMarch * 153 + 2) / 5 + 1
    let month = (monthFromMarch + 2) % 12 + 1
    if month <= 2 { year += 1 }
    guard year <= 9999 else { return nil }
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))T"
      + "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))Z"
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
