import JSON
import Testing
import YAML

@Suite("YAML from damaged files")
struct YAMLFuzzTests {
  /// A seeded generator (xorshift), so that a failure can be repeated.
  struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
  }

  static let source = """
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

  @Test(
    "damaged text is an error at a place inside it, or JSON that can be read", arguments: 1...4 as ClosedRange<UInt64>)
  func damaged(seed: UInt64) throws {
    var generator = Generator(state: seed)
    let alphabet = Array("{}[],:&*!|>'\"%@`#?-<~ \t\n\\aé0.".utf8) + [0x00, 0x80, 0xFF]
    for _ in 0..<300 {
      var bytes = Array(Self.source.utf8)
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[place] = alphabet.randomElement(using: &generator) ?? 0
        case 1: bytes.insert(alphabet.randomElement(using: &generator) ?? 0, at: place)
        case 2: bytes.removeSubrange(place..<min(bytes.count, place + 10))
        default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 10)], at: place)
        }
      }
      let lineCount = bytes.count { $0 == UInt8(ascii: "\n") } + 1
      do throws(YAMLError) {
        for document in try YAML.documents(in: bytes) {
          var reader = JSONReader(document.json)
          let isReadable = (try? reader.readValue()) != nil && (try? reader.readEnd()) != nil
          #expect(isReadable, "\(String(decoding: bytes, as: UTF8.self))")
        }
      } catch {
        #expect((1...lineCount + 1).contains(error.line) && error.column >= 1)
      }
    }
  }
}
