/// Finds out which resources a proxy refused.
package enum RefusalMessage {
  /// In bytes of UTF-8. Not in characters, one of which may be as long as a whole request.
  private static let maximumLength = 4096

  /// The message, or as much of its beginning as is kept.
  package static func shortened(_ message: String) -> String {
    guard message.utf8.count > maximumLength else { return message }
    var end = message.utf8.index(message.startIndex, offsetBy: maximumLength)
    while end.samePosition(in: message.unicodeScalars) == nil { end = message.utf8.index(before: end) }
    return String(message[..<end])
  }

  /// The resources that a proxy's message speaks of.
  ///
  /// Envoy names clusters and listeners (`Error adding/updating listener(s) listener~80: ...`), separated by commas or
  /// line ends, and not always the others. A name counts where it stands alone: `listener~80` is not in
  /// `listener~8080`.
  static func named(_ message: String, among resources: [EncodedResource]) -> [EncodedResource] {
    let text = Array(message.utf8)
    return resources.filter { contains(text, Array($0.name.utf8)) }
  }

  /// The resource of which Envoy says that a field has not the form that its API asks for, and why; nil where the message
  /// says something else.
  ///
  /// Such a message has all of the resource in it, which may name others, and not always where a short form of the message
  /// would end: `goo.gle/debugproto name: "listener~80" ... : Proto constraint validation failed (...)`.
  static func malformed(
    _ message: String, among resources: [EncodedResource]
  ) -> (resource: EncodedResource, reason: String)? {
    // What follows this is of the named resources alone, and the others were taken.
    guard !message.hasPrefix("Error adding/updating") else { return nil }
    let text = Array(message.utf8)
    guard let verdict = place(of: Array("Proto constraint validation failed".utf8), in: text, from: 0) else {
      return nil
    }
    let places = resources.compactMap { resource in
      ["name", "cluster_name"].compactMap { place(of: Array("\($0): \"\(resource.name)\"".utf8), in: text, from: 0) }
        .min()
        .map { (resource: resource, start: $0) }
    }
    guard let first = places.min(by: { $0.start < $1.start }) else { return nil }
    return (first.resource, first.start < verdict ? String(decoding: text[verdict...], as: UTF8.self) : message)
  }

  /// What a message says of one resource: what follows its name and a colon, up to the name of another one with a
  /// colon. The whole message where it does not have this form.
  static func part(of message: String, about name: String, among others: some Collection<String>) -> String {
    let text = Array(message.utf8)
    guard let start = place(of: Array("\(name): ".utf8), in: text, from: 0) else { return message }
    let begin = start + name.utf8.count + 2
    let ends = others.filter { $0 != name }.compactMap { place(of: Array("\($0): ".utf8), in: text, from: begin) }
    var part = text[begin..<(ends.min() ?? text.count)]
    while let last = part.last, last <= UInt8(ascii: " ") || (!ends.isEmpty && last == UInt8(ascii: ",")) {
      part.removeLast()
    }
    return part.isEmpty ? message : String(decoding: part, as: UTF8.self)
  }

  private static func contains(_ text: [UInt8], _ name: [UInt8]) -> Bool { place(of: name, in: text, from: 0) != nil }

  /// Where a name stands alone.
  private static func place(of name: [UInt8], in text: [UInt8], from: Int) -> Int? {
    guard let first = name.first, name.count <= text.count - from else { return nil }
    return (from...(text.count - name.count)).first { start in
      let end = start + name.count
      guard text[start] == first, text[start..<end].elementsEqual(name) else { return false }
      let startsAlone = start == 0 || !isOfName(text[start - 1])
      let endsAlone = end == text.count || !isOfName(text[end]) || name.last == UInt8(ascii: " ")
      return startsAlone && endsAlone
    }
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
