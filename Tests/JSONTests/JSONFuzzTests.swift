import Foundation
import JSON
import Testing

/// Foundation's decoder is the trusted parser: the same documents are accepted, with the same values.
@Suite("JSON against a trusted parser")
struct JSONFuzzTests {
  /// A seeded generator (SplitMix64), so that a failure can be repeated.
  struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  /// Any JSON value as `JSONDecoder` sees it.
  enum Trusted: Decodable {
    case null, bool(Bool), number(Double), string(String), array([Trusted]), object([String: Trusted])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        self = .null
      } else if let value = try? container.decode(Bool.self) {
        self = .bool(value)
      } else if let value = try? container.decode(String.self) {
        self = .string(value)
      } else if let value = try? container.decode([Trusted].self) {
        self = .array(value)
      } else if let value = try? container.decode([String: Trusted].self) {
        self = .object(value)
      } else {
        self = .number(try container.decode(Double.self))
      }
    }
  }

  /// The rules in which Foundation is known to differ; documents that touch them are not compared.
  static func isKnownDifference(_ bytes: [UInt8], _ ours: Result<JSONValue, any Error>) -> Bool {
    // It takes UTF-16 and UTF-32, which it tells by zero bytes at the beginning, and passes over a byte order mark.
    if bytes.prefix(4).contains(0) || bytes.starts(with: [0xEF, 0xBB, 0xBF]) || bytes.first ?? 0 >= 0xFE {
      return true
    }
    switch ours {
    // It refuses lone surrogates, which this reader replaces as the API server does.
    case .success(let value): return containsReplacement(value)
    // It takes numbers beyond a double's range where nobody asks for their value.
    case .failure(let error): return (error as? JSONError)?.message.hasSuffix("is too large") ?? false
    }
  }

  /// Whether the replacement character stands anywhere; the documents themselves have none.
  static func containsReplacement(_ value: JSONValue) -> Bool {
    switch value {
    case .string(let text): text.contains("\u{FFFD}")
    case .array(let elements): elements.contains(where: containsReplacement)
    case .object(let members):
      members.contains { $0.key.contains("\u{FFFD}") || containsReplacement($0.value) }
    default: false
    }
  }

  static func matches(_ value: JSONValue, _ trusted: Trusted) -> Bool {
    switch (value, trusted) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.integer(let a), .number(let b)): Double(a) == b
    case (.number(let a), .number(let b)): a == b
    case (.string(let a), .string(let b)): Array(a.utf8) == Array(b.utf8)
    case (.array(let a), .array(let b)): a.count == b.count && zip(a, b).allSatisfy { matches($0, $1) }
    case (.object(let a), .object(let b)):
      a.count == b.count && a.allSatisfy { member in b[member.key].map { matches(member.value, $0) } ?? false }
    default: false
    }
  }

  static func read(_ bytes: [UInt8]) throws -> JSONValue {
    var reader = JSONReader(bytes)
    let value = try reader.readValue()
    try reader.readEnd()
    return value
  }

  static func skip(_ bytes: [UInt8]) throws {
    var reader = JSONReader(bytes)
    try reader.skipValue()
    try reader.readEnd()
  }

  /// Nil where both parsers agree, otherwise what they say.
  static func disagreement(on bytes: [UInt8]) -> String? {
    let ours = Result { try read(bytes) }
    let skipped = Result { try skip(bytes) }
    let trusted = try? JSONDecoder().decode(Trusted.self, from: Data(bytes))
    if isKnownDifference(bytes, ours) { return nil }
    switch (ours, skipped, trusted) {
    case (.success(let value), .success, .some(let trusted)) where matches(value, trusted): return nil
    case (.failure, .failure, .none): return nil
    default:
      let trustedText = trusted.map { "\($0)" } ?? "refused"
      return
        "\(String(decoding: bytes, as: UTF8.self)) \(bytes)\nread: \(ours)\nskipped: \(skipped)\ntrusted: \(trustedText)"
    }
  }

  // MARK: Documents

  static func document(depth: Int, using generator: inout Generator) -> String {
    switch Int.random(in: 0..<(depth > 0 ? 10 : 6), using: &generator) {
    case 0: return ["true", "false", "null"].randomElement(using: &generator) ?? "null"
    case 1: return "\(Int64.random(in: .min ... .max, using: &generator))"
    case 2: return "\(Double.random(in: -1e6...1e6, using: &generator))"
    case 3:
      return ["0", "-0", "1e5", "1E-5", "2.50", "-1.5e+10", "123456789012345678901234567890"]
        .randomElement(using: &generator) ?? "0"
    case 4, 5: return string(using: &generator)
    case 6, 7:
      let elements = (0..<Int.random(in: 0..<5, using: &generator)).map { _ in
        document(depth: depth - 1, using: &generator)
      }
      return "[" + elements.joined(separator: [",", " , ", ",\n"].randomElement(using: &generator) ?? ",") + "]"
    default:
      let members = (0..<Int.random(in: 0..<5, using: &generator)).map { index in
        // Numbered: of keys that stand twice Foundation does not say which counts.
        "\"\(index)\(string(using: &generator).dropFirst()):\(document(depth: depth - 1, using: &generator))"
      }
      return "{" + members.joined(separator: ",") + "}"
    }
  }

  static func string(using generator: inout Generator) -> String {
    let pieces = [
      "a", "key", "spec", #"\""#, #"\\"#, #"\/"#, #"\n"#, #"\t"#, #"\u0041"#, #"\u00e9"#, #"\u20ac"#, #"\ud83d\ude00"#,
      "é", "€", "😀", " ", "longer plain text", "{", "]", ",", ":", "\u{7f}",
    ]
    let text = (0..<Int.random(in: 0..<6, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }
    return "\"" + text.joined() + "\""
  }

  static func mutated(_ bytes: [UInt8], using generator: inout Generator) -> [UInt8] {
    var bytes = bytes
    let alphabet =
      Array(#"{}[]",:\ue+-.0123456789truefalsn /"#.utf8) + [0x00, 0x1F, 0x7F, 0x80, 0xC3, 0xED, 0xF0, 0xFF, 0x0A]
    for _ in 0..<Int.random(in: 1...3, using: &generator) {
      guard !bytes.isEmpty else { break }
      let place = Int.random(in: 0..<bytes.count, using: &generator)
      let byte = alphabet.randomElement(using: &generator) ?? 0
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: bytes[place] = byte
      case 1: bytes.insert(byte, at: place)
      case 2: bytes.remove(at: place)
      case 3: bytes.removeSubrange(place..<min(bytes.count, place + 8))
      default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 8)], at: place)
      }
    }
    return bytes
  }

  /// Whether some object has a key twice; Foundation does not say which value counts.
  static func hasDuplicateKeys(_ bytes: [UInt8]) -> Bool {
    var reader = JSONReader(bytes)
    func look(_ reader: inout JSONReader) throws(JSONError) -> Bool {
      var found = false
      switch try reader.peekKind() {
      case .object:
        var keys: Set<String> = []
        try reader.readObject { reader, key throws(JSONError) in
          if !keys.insert(key.string).inserted { found = true }
          if try look(&reader) { found = true }
        }
      case .array:
        try reader.readArray { reader, _ throws(JSONError) in
          if try look(&reader) { found = true }
        }
      default: try reader.skipValue()
      }
      return found
    }
    return (try? look(&reader)) ?? false
  }

  @Test(
    "random documents, and damaged ones, are read as the trusted parser reads them",
    arguments: 1...8 as ClosedRange<UInt64>)
  func agreement(seed: UInt64) {
    var generator = Generator(state: seed)
    for _ in 0..<400 {
      let document = Array(Self.document(depth: 4, using: &generator).utf8)
      #expect(Self.disagreement(on: document) == nil)
      for _ in 0..<5 {
        let damaged = Self.mutated(document, using: &generator)
        if !Self.hasDuplicateKeys(damaged) {
          #expect(Self.disagreement(on: damaged) == nil)
        }
      }
    }
  }

  @Test("random bytes never do more than fail")
  func garbage() {
    var generator = Generator(state: 99)
    for _ in 0..<3000 {
      let count = Int.random(in: 0..<40, using: &generator)
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      #expect(Self.disagreement(on: bytes) == nil)
    }
  }
}
