import Foundation
import Fuzzing
import JSON
import Testing

/// Foundation's decoder is the trusted parser: the same documents are accepted, with the same values.
@Suite("JSON against a trusted parser")
struct JSONFuzzTests {
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
    if isReadOtherwise(bytes) { return true }
    switch ours {
    // It refuses lone surrogates, which this reader replaces as the API server does.
    case .success(let value): return containsReplacement(value)
    // It takes numbers beyond a double's range where nobody asks for their value.
    case .failure(let error): return (error as? JSONError)?.message.hasSuffix("is too large") ?? false
    }
  }

  /// Whether the replacement character stands anywhere; the documents themselves have none.
  static func containsReplacement(_ value: JSONValue) -> Bool {
    // Not by characters: what follows may make another one of it.
    func contains(_ text: String) -> Bool { text.unicodeScalars.contains("\u{FFFD}") }
    switch value {
    case .string(let text): return contains(text)
    case .array(let elements): return elements.contains(where: containsReplacement)
    case .object(let members): return members.contains { contains($0.key) || containsReplacement($0.value) }
    default: return false
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

  static func document(depth: Int, using generator: inout FuzzRandom) -> String {
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

  static func string(using generator: inout FuzzRandom) -> String {
    let pieces = [
      "a", "key", "spec", #"\""#, #"\\"#, #"\/"#, #"\n"#, #"\t"#, #"\u0041"#, #"\u00e9"#, #"\u20ac"#, #"\ud83d\ude00"#,
      "é", "€", "😀", " ", "longer plain text", "{", "]", ",", ":", "\u{7f}",
    ]
    let text = (0..<Int.random(in: 0..<6, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }
    return "\"" + text.joined() + "\""
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

  /// Whether some number is too small for a Double: it is read as zero, as the API server's Go reads it, and Foundation
  /// refuses it.
  static func hasUnderflow(_ bytes: [UInt8]) -> Bool {
    let numbers = bytes.split { !"0123456789+-.eE".utf8.contains($0) }
    return numbers.map { String(decoding: $0, as: UTF8.self).lowercased() }.contains { text in
      let mantissa = text.split(separator: "e", omittingEmptySubsequences: false)[0]
      return text.contains("e-") && mantissa.contains { ("1"..."9").contains($0) } && Double(text) == 0
    }
  }

  /// Whether Foundation reads it other than RFC 8259 has it: it takes a comma behind the last element of an array or an
  /// object, and refuses a zero with an exponent.
  static func isReadOtherwise(_ bytes: [UInt8]) -> Bool {
    let visible = bytes.filter { !" \t\r\n".utf8.contains($0) }
    let endsWithComma = zip(visible, visible.dropFirst()).contains {
      $0 == UInt8(ascii: ",") && ($1 == UInt8(ascii: "]") || $1 == UInt8(ascii: "}"))
    }
    let numbers = bytes.split { !"0123456789+-.eE".utf8.contains($0) }
    return endsWithComma
      || numbers.contains { number in
        let digits = number.first == UInt8(ascii: "-") ? number.dropFirst() : number
        return digits.first == UInt8(ascii: "0")
          && (digits.dropFirst().first == UInt8(ascii: "e") || digits.dropFirst().first == UInt8(ascii: "E"))
      }
  }

  private static let words =
    "{ } [ ] : , \" \\ \\u \\ud800 \\n true false null 0 - 1e 1.5 -0.0 {\"a\": [1,".split(separator: " ").map(
      String.init)
    + [" ", "\n", "\u{FEFF}"]

  @Test("random documents, and damaged ones, are read as the trusted parser reads them")
  func agreement() {
    var random = FuzzRandom(seed: 7)
    let documents = (0..<200).map { _ in Array(Self.document(depth: 4, using: &random).utf8) }
    let mutator = ByteMutator(corpus: documents, dictionary: Self.words)
    let findings = Fuzzer("json", cases: 6_000).run { random in
      random.chance(20) ? Array(Self.document(depth: 4, using: &random).utf8) : mutator.mutant(using: &random)
    } check: { bytes, _ in
      if Self.hasDuplicateKeys(bytes) || Self.hasUnderflow(bytes) { return .refused }
      if let disagreement = Self.disagreement(on: bytes) { return .fault(disagreement) }
      return Self.verdictOfWriting(bytes)
    }
    #expect(findings == [])
  }

  /// What was read is written and read again as the same; an error names a place in the document.
  private static func verdictOfWriting(_ bytes: [UInt8]) -> FuzzVerdict {
    var reader = JSONReader(bytes)
    do throws(JSONError) {
      let value = try reader.readValue()
      try reader.readEnd()
      let written = value.fuzzBytes
      guard let again = try? read(written), again.fuzzBytes == written else { return .fault("changes when written") }
      return .accepted
    } catch {
      let isInside = (0...bytes.count).contains(error.offset) && !error.message.isEmpty
      return isInside ? .refused : .fault("an error outside of the document: \(error) at \(error.offset)")
    }
  }

  @Test("random bytes never do more than fail")
  func garbage() {
    let findings = Fuzzer("json-garbage", cases: 2_000).run { random in
      (0..<random.below(40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    } check: { bytes, _ in
      Self.disagreement(on: bytes).map { .fault($0) } ?? .refused
    }
    #expect(findings == [])
  }

  @Test("no repetition costs more than its length")
  func scaling() {
    let findings = ScalingProbe(words: Self.words + [#"{"a":"#, #""a":1,"#]).findings { text in
      _ = try? Self.read(Array(text.utf8))
      _ = try? Self.skip(Array(text.utf8))
    }
    #expect(findings == [])
  }
}
