import Fuzzing
import JSON
import Testing
import YAML

@Suite("Fuzzing YAML")
struct YAMLFuzzTests {
  private static let source = """
    apiVersion: gateway.kgateway.dev/v1alpha1
    kind: HTTPListenerPolicy
    metadata: {name: "a", labels: &l {x: yes, 'y z': 0x1f, n: 1e3}}
    spec: &spec
      <<: *l
      text: |
        one
          two
      list: [1, [2, {a: b}], !!str 3, ~, "\\u00e9"]
      ? key
      : *l
    ---
    - *no
    - é: >-
        folded
    """

  private static let words = [
    "{", "}", "[", "]", ",", ": ", "- ", "? ", "&a ", "*a", "!!str ", "!<x> ", "|\n", ">-\n", "'", "\"", "%YAML 1.1\n",
    "# x\n", "---\n", "...\n", "<<: *a\n", "\\x41", "\n", "  ", "\t", "~", "a: b\n", "a: {", "- [", "0x", "1e3", "@",
    "`",
    "a: &a [*a, *a]\n", "\r", "\u{85}", "\u{2028}", "\u{FEFF}",
  ]

  private static let mutator = ByteMutator(
    corpus: [Array(source.utf8)] + FuzzCorpus.manifests(maximumLength: 4 << 10), dictionary: words)

  @Test("damaged text is an error at a place inside it, or JSON that can be read, and the same each time")
  func damaged() {
    let findings = Fuzzer("yaml", cases: 2_000).run(Self.mutator.mutant) { bytes, _ in try Self.verdict(on: bytes) }
    #expect(findings == [])
  }

  private static func verdict(on bytes: [UInt8]) throws -> FuzzVerdict {
    let first: [YAMLDocument]
    do throws(YAMLError) {
      first = try YAML.documents(in: bytes)
    } catch {
      guard !error.message.isEmpty else { return .fault("an error without words") }
      let isInside = (1...lineCount(bytes) + 1).contains(error.line) && (1...bytes.count + 1).contains(error.column)
      return isInside ? .refused : .fault("an error outside of the text, at \(error.position)")
    }
    if try YAML.documents(in: bytes).map(\.json) != first.map(\.json) { return .fault("not the same a second time") }
    for document in first {
      var reader = JSONReader(document.json)
      guard let value = try? reader.readValue(), (try? reader.readEnd()) != nil else {
        return .fault("no JSON: \(String(decoding: document.json, as: UTF8.self))")
      }
      guard (1...lineCount(bytes) + 1).contains(document.position.line) else { return .fault("begins outside") }
      if let fault = faultOfReading(again: value) { return .fault(fault) }
    }
    return .accepted
  }

  /// JSON is YAML: what a document became is read as the same.
  private static func faultOfReading(again value: JSONValue) -> String? {
    // What libyaml refuses of it: control characters, and keys of over 1024 bytes.
    guard let documents = try? YAML.documents(in: value.fuzzBytes) else { return nil }
    // A document that is null is none.
    if value == .null { return documents.isEmpty ? nil : "null is a document" }
    guard documents.count == 1 else { return "\(documents.count) documents of one" }
    var reader = JSONReader(documents[0].json)
    let again = try? reader.readValue()
    return again == value ? nil : "read again as YAML it is \(String(decoding: documents[0].json, as: UTF8.self))"
  }

  /// By every kind of line break that libyaml knows.
  private static func lineCount(_ bytes: [UInt8]) -> Int {
    String(decoding: bytes, as: UTF8.self).unicodeScalars.count {
      "\n\r\u{85}\u{2028}\u{2029}".unicodeScalars.contains($0)
    } + 1
  }

  @Test("no repetition costs more than its length")
  func scaling() {
    let findings = ScalingProbe(words: Self.words, length: 2_000).findings { text in
      _ = try? YAML.documents(in: Array(text.utf8))
    }
    #expect(findings == [])
  }
}
