/// Finds out which resources a proxy refused.
enum RefusalMessage {
  static let maximumLength = 4096

  /// The resources that a proxy's message speaks of.
  ///
  /// Envoy names clusters and listeners (`Error adding/updating listener(s) listener~80: ...`), separated by commas or
  /// line ends, and not always the others. A name counts where it stands alone: `listener~80` is not in
  /// `listener~8080`.
  static func named(_ message: String, among resources: [EncodedResource]) -> [EncodedResource] {
    let text = Array(message.utf8)
    return resources.filter { contains(text, Array($0.name.utf8)) }
  }

  private static func contains(_ text: [UInt8], _ name: [UInt8]) -> Bool {
    guard !name.isEmpty, name.count <= text.count else { return false }
    for start in 0...(text.count - name.count) where text[start] == name[0] {
      let end = start + name.count
      guard text[start..<end].elementsEqual(name) else { continue }
      let startsAlone = start == 0 || !isOfName(text[start - 1])
      let endsAlone = end == text.count || !isOfName(text[end])
      if startsAlone && endsAlone { return true }
    }
    return false
  }

  private static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "~"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
