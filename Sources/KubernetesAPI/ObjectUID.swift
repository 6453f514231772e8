/// An object's `metadata.uid`, which is a UUID in every release of Kubernetes: 16 bytes of the object itself, where its
/// text takes 80 bytes of the heap.
struct ObjectUID: Hashable, Sendable {
  private enum Form: Hashable, Sendable {
    case uuid(UInt64, UInt64)
    /// What is no UUID as an API server writes it.
    case text(String)
  }

  private let form: Form

  init(_ text: String) {
    form = Self.uuid(text.utf8.span) ?? .text(text)
  }

  var text: String {
    switch form {
    case .text(let text): text
    case .uuid(let high, let low): Self.text(high, low)
    }
  }

  /// Lower-case hexadecimal digits in groups of 8, 4, 4, 4 and 12.
  private static func uuid(_ text: Span<UInt8>) -> Form? {
    guard text.count == 36 else { return nil }
    var (high, low): (UInt64, UInt64) = (0, 0)
    for index in 0..<36 {
      guard !isHyphen(index) else {
        guard text[index] == UInt8(ascii: "-") else { return nil }
        continue
      }
      guard let digit = digit(text[index]) else { return nil }
      if index < 18 { high = high << 4 | digit } else { low = low << 4 | digit }
    }
    return .uuid(high, low)
  }

  private static func text(_ high: UInt64, _ low: UInt64) -> String {
    String(unsafeUninitializedCapacity: 36) { text in
      var (high, low) = (high, low)
      for index in (0..<36).reversed() {
        // Each of the 36 bytes is initialized once, within the capacity that was asked for.
        guard !isHyphen(index) else {
          text[index] = UInt8(ascii: "-")
          continue
        }
        let digit = UInt8(truncatingIfNeeded: (index < 18 ? high : low) & 15)
        text[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
        if index < 18 { high >>= 4 } else { low >>= 4 }
      }
      return 36
    }
  }

  /// The third hyphen is the middle: there are 16 digits on each of its sides.
  private static func isHyphen(_ index: Int) -> Bool { index == 8 || index == 13 || index == 18 || index == 23 }

  private static func digit(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
    default: nil
    }
  }
}
